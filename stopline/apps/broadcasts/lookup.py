"""Finding one broadcast of an account, to show it, to change its state, or to change what it says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet

from stopline.apps.broadcasts.models import Broadcast
from stopline.rules.errors import Conflict, NotFound

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account


def everything(account: Account) -> QuerySet[Broadcast]:
    """The newest first."""
    return Broadcast.objects.filter(account_id=account.id).order_by("-id")


def find(account_id: UUID, broadcast_id: UUID) -> Broadcast:
    """Raises NotFound."""
    found = Broadcast.objects.select_related("account", "created_by__user", "sent_by__user")
    return _one(found, account_id, broadcast_id)


def names(account_id: UUID, ids: Iterable[UUID]) -> dict[UUID, str]:
    """For messages that say which broadcast they are of."""
    wanted = Broadcast.objects.filter(account_id=account_id, id__in=set(ids))
    return dict(wanted.values_list("id", "name"))


def page(account: Account, size: int, after: UUID | None = None) -> tuple[list[Broadcast], UUID | None]:
    """The next behind `after`, the newest first, and where the page after it begins. Keyset."""
    found = everything(account).select_related("created_by__user")
    rows = list((found.filter(id__lt=after) if after else found)[: size + 1])
    return rows[:size], rows[size - 1].id if len(rows) > size else None


def locked(broadcast: Broadcast) -> Broadcast:
    """As it is now, and nobody else changes it while the transaction lasts. Raises NotFound."""
    found = Broadcast.objects.select_for_update(of=("self",)).select_related("account")
    return _one(found, broadcast.account_id, broadcast.id)


def draft(broadcast: Broadcast) -> Broadcast:
    """As `locked`. Raises Conflict for one that is no draft (any more)."""
    current = locked(broadcast)
    if not current.is_draft:
        raise Conflict(
            "This broadcast was sent or scheduled, so it can't be changed.",
            "Copy it and change the copy; a scheduled one can be made a draft again",
        )
    return current


def _one(found: QuerySet[Broadcast], account_id: UUID, broadcast_id: UUID) -> Broadcast:
    one = found.filter(account_id=account_id, id=broadcast_id).first()
    if one is None:
        raise NotFound("This broadcast doesn't exist (any more)", "Reload the list of broadcasts")
    return one
