"""Who is a member, and which of their accounts a user is working in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopline.apps.accounts.models import Member
from stopline.rules.consent import ask
from stopline.rules.errors import NotAllowed
from stopline.rules.words import Role

if TYPE_CHECKING:
    from uuid import UUID

    from stopline.apps.accounts.models import User


def current(user: User, account_id: str | None) -> Member | None:
    """The user's place in `account_id`; where that is not theirs (any more), in the account used last."""
    mine = Member.objects.filter(user=user).select_related("account", "user")
    chosen = mine.filter(account_id=account_id).first() if account_id else None
    return chosen or mine.order_by("-last_used_at", "created_at").first()


def admin_names(account_id: UUID) -> list[str]:
    """Whom to ask, for every "only admins can" message."""
    admins = Member.objects.filter(account_id=account_id, role=Role.ADMIN).select_related("user")
    return [str(admin.user) for admin in admins.order_by("created_at")]


def require_admin(member: Member, what: str) -> None:
    """`what` completes "Only admins can …". Raises NotAllowed, naming whom to ask."""
    if not member.is_admin:
        raise NotAllowed(f"Only admins can {what}.{ask(admin_names(member.account_id))}")
