"""The verbs of a list of contacts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet

from stopline.apps.accounts import live
from stopline.apps.contacts.models import Contact, ContactList, ListMembership
from stopline.rules.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account

LONGEST = 80  # characters of a name
MOST_NAMED = 50  # contacts in one live notice


def everything(account: Account) -> QuerySet[ContactList]:
    return account.lists.order_by("name", "id")


def with_sizes(account: Account) -> list[tuple[ContactList, int]]:
    """Every list with the number of its members."""
    sizes = dict(
        ListMembership.objects.filter(account_id=account.id)
        .values_list("contact_list_id")
        .annotate(size=Count("contact_id"))
    )
    return [(each, sizes.get(each.id, 0)) for each in everything(account)]


def of_contacts(account_id: UUID, contacts: Iterable[Contact]) -> dict[UUID, list[str]]:
    """The names of each contact's lists, by the contact's id."""
    found: dict[UUID, list[str]] = {contact.id: [] for contact in contacts}
    memberships = ListMembership.objects.filter(account_id=account_id, contact_id__in=list(found))
    for contact_id, name in memberships.order_by("contact_list__name").values_list(
        "contact_id", "contact_list__name"
    ):
        found[contact_id].append(name)
    return found


def create(account: Account, name: str) -> ContactList:
    """Raises InvalidInput for a name that can't be used, Conflict for one that is."""
    made = ContactList(account=account, name=_readable(name))
    _save(made)
    return made


def rename(contact_list: ContactList, name: str) -> None:
    """Raises as `create` does."""
    contact_list.name = _readable(name)
    _save(contact_list)


def delete(contact_list: ContactList) -> None:
    """The list goes, its contacts stay."""
    ContactList.objects.filter(account_id=contact_list.account_id, id=contact_list.id).delete()
    live.announce(contact_list.account_id, "contacts")


def add(contact_list: ContactList, contacts: Sequence[Contact]) -> int:
    """How many weren't members before."""
    before = _members(contact_list, contacts).count()
    ListMembership.objects.bulk_create(
        [
            ListMembership(
                account_id=contact_list.account_id, contact_list_id=contact_list.id, contact_id=contact.id
            )
            for contact in contacts
        ],
        ignore_conflicts=True,
    )
    live.announce(contact_list.account_id, "contacts", *_topics(contacts))
    return len(contacts) - before


def remove(contact_list: ContactList, contacts: Sequence[Contact]) -> None:
    _members(contact_list, contacts).delete()
    live.announce(contact_list.account_id, "contacts", *_topics(contacts))


def _members(contact_list: ContactList, contacts: Sequence[Contact]) -> QuerySet[ListMembership]:
    return ListMembership.objects.filter(
        account_id=contact_list.account_id,
        contact_list_id=contact_list.id,
        contact_id__in=[contact.id for contact in contacts],
    )


def _topics(contacts: Sequence[Contact]) -> list[str]:
    return [f"contact:{contact.id}" for contact in contacts] if len(contacts) <= MOST_NAMED else []


def _readable(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise InvalidInput("A list needs a name.", "Write one")
    if len(name) > LONGEST:
        raise InvalidInput(
            f"The name has {len(name)} characters, and at most {LONGEST} are kept.", "Shorten it"
        )
    return name


def _save(contact_list: ContactList) -> None:
    try:
        with transaction.atomic():
            contact_list.save()
    except IntegrityError as error:
        raise Conflict(
            f"There is a list named “{contact_list.name}” already.", "Choose another name, or use that list"
        ) from error
    live.announce(contact_list.account_id, "contacts")
