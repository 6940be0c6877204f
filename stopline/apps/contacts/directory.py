"""All contacts of an account, narrowed by what people filter by: one query for the list, its count, its pages,
the export and everything done to "all that match"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from stopline.apps.consent.models import Subscription
from stopline.apps.contacts import search
from stopline.apps.contacts.models import Contact
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CHANNELS, CONSENT_CHANNELS, AddressKind, Channel, Standing

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account

Word = TypeVar("Word", Standing, Channel)
STATUSES = (Standing.SUBSCRIBED, Standing.UNSUBSCRIBED)
KINDS = (AddressKind.PHONE, AddressKind.EMAIL)  # each also the name of the contact's column
COUNTED = 100_000  # counted exactly up to here; above, the planner's estimate is told as one
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Filters:
    """Blank means not narrowed. Unsubscribed: on `channel`, or without one on at least one channel. Subscribed: on
    `channel`, or without one on all the contact's channels (and there is at least one)."""

    text: str = ""
    status: Standing | None = None
    channel: Channel | None = None
    list_id: UUID | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        """From a URL's parameters q, status, channel and list.

        Raises InvalidInput for a value that doesn't exist: ignored, it would silently widen what an export or a
        change reaches.
        """
        return cls(
            query.get("q", "").strip()[:200],
            _one_of(query.get("status", ""), STATUSES, "status"),
            _one_of(query.get("channel", ""), CONSENT_CHANNELS, "channel"),
            _uuid(query.get("list", "")),
        )

    @property
    def query(self) -> dict[str, str]:
        """The parameters `read` takes; only those that narrow."""
        given = {"q": self.text, "status": self.status, "channel": self.channel, "list": self.list_id}
        return {name: str(value) for name, value in given.items() if value}


def find(account: Account, filters: Filters) -> QuerySet[Contact]:
    """Newest first: ids are time-ordered and unique, so the primary key gives a stable order and its pages."""
    found = Contact.objects.filter(account_id=account.id)
    found = search.matching(found, filters.text, account.default_country)
    if filters.list_id:
        found = found.filter(memberships__account_id=account.id, memberships__contact_list_id=filters.list_id)
    if filters.channel:
        found = found.filter(**{f"{CHANNELS[filters.channel].address_kind}__isnull": False})
    if filters.status:
        found = found.filter(_stands(filters.status, filters.channel))
    return found.order_by("-id")


@dataclass(frozen=True, slots=True)
class Page:
    """Some contacts, and where the neighbours begin: ids for `before` (newer) and `after` (older), or None."""

    contacts: list[Contact]
    newer: UUID | None
    older: UUID | None


def page(
    found: QuerySet[Contact], size: int, *, after: UUID | None = None, before: UUID | None = None
) -> Page:
    """`size` contacts behind `after` or in front of `before`. Keyset: page 10,000 costs what page 1 does."""
    rows = found.defer("search", "custom", "notes")
    if before:
        nearest = list(rows.filter(id__gt=before).order_by("id")[: size + 1])
        contacts = nearest[:size][::-1]
        more_newer, more_older = len(nearest) > size, True
    else:
        nearest = list(rows.filter(id__lt=after)[: size + 1] if after else rows[: size + 1])
        contacts = nearest[:size]
        more_newer, more_older = after is not None, len(nearest) > size
    if not contacts:
        return Page([], None, None)
    return Page(contacts, contacts[0].id if more_newer else None, contacts[-1].id if more_older else None)


def count(found: QuerySet[Contact]) -> tuple[int, bool]:
    """How many, and whether that is exact: up to COUNTED it is, above it is what the planner expects."""
    exact = found.order_by().values("id")[: COUNTED + 1].count()
    if exact <= COUNTED:
        return exact, True
    return max(_expected(found), COUNTED), False


def batches(found: QuerySet[Contact], size: int = BATCH) -> Iterator[list[Contact]]:
    """All of them in keyset batches, for work on everybody who matches; each batch is read when it is its turn."""
    last: UUID | None = None
    while contacts := page(found, size, after=last).contacts:
        yield contacts
        last = contacts[-1].id


def _stands(status: Standing, channel: Channel | None) -> Q:
    """Contacts in `status`; written as EXISTS so that the planner may probe the subscription or hash it whole."""
    kinds = (CHANNELS[channel].address_kind,) if channel else KINDS
    if status is Standing.UNSUBSCRIBED:
        return _any(_decided(kind, channel, standing=Standing.UNSUBSCRIBED) for kind in kinds)
    reachable = _any(Q(**{f"{kind}__isnull": False}) for kind in kinds)
    return reachable & ~_any(
        _decided(kind, channel, standing__in=[Standing.UNSUBSCRIBED, Standing.PENDING]) for kind in kinds
    )


def _decided(kind: AddressKind, channel: Channel | None, **standing: object) -> Q:
    rows = Subscription.objects.filter(account_id=OuterRef("account_id"), address=OuterRef(kind), **standing)
    return Q(Exists(rows.filter(channel=channel) if channel else rows))


def _any(conditions: Iterator[Q]) -> Q:
    joined = Q()
    for condition in conditions:
        joined |= condition
    return joined


def _expected(found: QuerySet[Contact]) -> int:
    query, parameters = found.order_by().values("id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {query}", parameters)
        return int(cursor.fetchone()[0][0]["Plan"]["Plan Rows"])


def _one_of(value: str, known: tuple[Word, ...], name: str) -> Word | None:
    found = next((word for word in known if word == value), None)
    if value and found is None:
        raise InvalidInput(
            f"The {name} “{value[:40]}” doesn't exist.", f"Use one of {', '.join(known)}, or leave it out"
        )
    return found


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError as error:
        raise InvalidInput(f"“{value[:40]}” is no list.", "Choose a list on the Lists page") from error
