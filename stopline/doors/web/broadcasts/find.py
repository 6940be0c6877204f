"""Look-ups that start at the member, so that another account's broadcasts don't exist."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from stopline.apps.broadcasts import lookup
from stopline.rules.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Member
    from stopline.apps.broadcasts.models import Broadcast


def broadcast(member: Member, broadcast_id: UUID) -> Broadcast:
    """Raises NotFound."""
    found = lookup.find(member.account_id, broadcast_id)
    found.account = member.account
    return found


def draft(member: Member, broadcast_id: UUID) -> Broadcast:
    """Raises NotFound, and Conflict for one that isn't a draft (any more)."""
    found = broadcast(member, broadcast_id)
    if not found.is_draft:
        raise Conflict(
            "This broadcast is no draft any more.", "Open it to see how it is", title="It was sent"
        )
    return found


def place(text: str) -> UUID | None:
    """Where a page of a list begins, from its URL. Raises InvalidInput."""
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise InvalidInput(f"“{text[:40]}” is no place in the list.", "Start at the first page") from error
