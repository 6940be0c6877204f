"""Look-ups that start at the member, so that another account's rows don't exist."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from stopline.rules.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Member
    from stopline.apps.contacts.models import Contact, ContactList, CustomField


def contact(member: Member, contact_id: UUID) -> Contact:
    found = member.account.contacts.filter(id=contact_id).first()
    if found is None:
        raise NotFound(
            "This contact has been deleted, or it belongs to another account", "Look for it in All contacts"
        )
    found.account = member.account
    return found


def contact_list(member: Member, list_id: UUID) -> ContactList:
    found = member.account.lists.filter(id=list_id).first()
    if found is None:
        raise NotFound("This list has been deleted, or it belongs to another account", "Look at Lists")
    return found


def custom_field(member: Member, field_id: UUID) -> CustomField:
    found = member.account.custom_fields.filter(id=field_id).first()
    if found is None:
        raise NotFound("This custom field has been deleted", "Look at Settings, Custom fields")
    return found


def uuid(text: str, what: str) -> UUID:
    """An id sent in a form. Raises InvalidInput."""
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInput(f"No {what} is chosen.", f"Choose a {what} and try again") from error
