"""Whom a dialog is about: the contacts it names, or all that match a filter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import QueryDict

from stopline.apps.contacts import directory, search
from stopline.apps.contacts.directory import Filters
from stopline.rules.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account
    from stopline.apps.contacts.models import Contact

MOST_NAMED = 500
MOST_MATCHING = 10_000  # changed while the person waits: a few seconds
FOUND = 6


@dataclass(slots=True)
class Chosen:
    account: Account
    contacts: list[Contact] = field(default_factory=list)  # those named, in the order chosen
    filters: Filters | None = None  # or: all that match
    matching: int = 0

    @property
    def count(self) -> int:
        return self.matching if self.filters else len(self.contacts)

    @property
    def one(self) -> Contact | None:
        return self.contacts[0] if self.count == 1 and self.contacts else None

    @property
    def words(self) -> str:
        """For messages: the contact's name, or how many."""
        return self.one.name if self.one else f"{self.count:,} contacts"

    def batches(self) -> Iterator[list[Contact]]:
        """Everybody, in parts that one statement can change."""
        if self.filters:
            yield from directory.batches(directory.find(self.account, self.filters))
        elif self.contacts:
            yield self.contacts


def read(account: Account, sent: QueryDict) -> Chosen:
    """From `contact` (ids; with `add` and `remove`), or from `all` with the parameters of a filter.

    Raises NotFound for a contact the account doesn't have, InvalidInput for too many at once.
    """
    if sent.get("all"):
        return _matching(account, Filters.read(sent))
    ids = list(dict.fromkeys(_uuid(text) for text in [*sent.getlist("contact"), *sent.getlist("add")]))
    ids = [each for each in ids if str(each) != sent.get("remove")]
    if len(ids) > MOST_NAMED:
        raise InvalidInput(
            f"At most {MOST_NAMED} contacts can be chosen one by one.", "Choose all that match"
        )
    known = {contact.id: contact for contact in account.contacts.filter(id__in=ids).defer("search")}
    if len(known) < len(ids):
        raise NotFound(
            "One of the contacts has been deleted, or belongs to another account", "Reload the page"
        )
    return Chosen(account, [known[each] for each in ids])


def suggestions(account: Account, text: str, but: list[Contact]) -> list[Contact]:
    """Contacts to add, for what somebody has typed so far."""
    if not text.strip():
        return []
    others = account.contacts.exclude(id__in=[contact.id for contact in but]).defer(
        "search", "custom", "notes"
    )
    return list(search.matching(others, text, account.default_country).order_by("-id")[:FOUND])


def _matching(account: Account, filters: Filters) -> Chosen:
    number, _ = directory.count(account, filters)
    if number > MOST_MATCHING:
        raise InvalidInput(
            f"{number:,} contacts match, and at most {MOST_MATCHING:,} can be changed at once.",
            "Narrow the filter, for example to a list",
        )
    return Chosen(account, filters=filters, matching=number)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInput(f"“{text[:40]}” is no contact.", "Reload the page and choose again") from error
