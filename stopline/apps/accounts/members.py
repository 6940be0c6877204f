"""Who is a member, what they may do, and which of their accounts a user is working in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from stopline.apps.accounts.live import LEFT, announce
from stopline.apps.accounts.models import Account, Member
from stopline.rules.consent import ask
from stopline.rules.errors import Conflict, NotAllowed, NotFound
from stopline.rules.words import Role

if TYPE_CHECKING:
    from uuid import UUID

    from stopline.apps.accounts.models import User


def current(user: User, account_id: str | None) -> Member | None:
    """The user's place in `account_id`; where that is not theirs (any more), in the account used last."""
    mine = Member.objects.filter(user=user).select_related("account", "user")
    chosen = mine.filter(account_id=account_id).first() if account_id else None
    return chosen or mine.order_by("-last_used_at", "created_at").first()


def switch(user: User, account_id: UUID) -> Member:
    """Work in another account, here and wherever the user signs in next. Raises NotFound: not theirs."""
    found = Member.objects.filter(user=user, account_id=account_id)
    if not found.update(last_used_at=timezone.now()):
        raise NotFound("You are not a member of this account", "Ask one of its admins for an invitation")
    return found.select_related("account", "user").get()


def admin_names(account_id: UUID) -> list[str]:
    """Whom to ask, for every "only admins can" message."""
    admins = Member.objects.filter(account_id=account_id, role=Role.ADMIN).select_related("user")
    return [str(admin.user) for admin in admins.order_by("created_at")]


def require_admin(member: Member, what: str) -> None:
    """`what` completes "Only admins can …". Raises NotAllowed, naming whom to ask."""
    if refusal := whom_to_ask(member, what):
        raise NotAllowed(refusal)


def whom_to_ask(member: Member, what: str) -> str:
    """Why this member can't, and whom to ask; "" for admins."""
    return "" if member.is_admin else f"Only admins can {what}.{ask(admin_names(member.account_id))}"


def find(account_id: UUID, member_id: UUID) -> Member:
    member = Member.objects.filter(account_id=account_id, id=member_id).select_related("user").first()
    if member is None:
        raise NotFound("This person is not a member of the account (any more)", "Reload the list of members")
    return member


def change_role(by: Member, member_id: UUID, role: Role) -> Member:
    """Raises NotAllowed for agents, NotFound, and Conflict where the account would have no admin left."""
    with deciding(by, "change roles"):
        member = find(by.account_id, member_id)
        if role != Role.ADMIN:
            _keep_an_admin(member, "be made an agent")
        member.role = role
        member.save(update_fields=["role"])
        announce(by.account_id, "members", f"member:{member.id}")
    return member


def remove(by: Member, member_id: UUID) -> Member:
    """Out at once, in every open browser. What they wrote and decided stays, under their name.

    Raises NotAllowed for agents, NotFound, and Conflict where the account would have no admin left.
    """
    with deciding(by, "remove members"):
        member = find(by.account_id, member_id)
        _keep_an_admin(member, "be removed")
        Member.objects.filter(account_id=by.account_id, id=member_id).delete()
        announce(by.account_id, "members", f"member:{member_id}")
        announce(member.user_id, LEFT)
    return member


@contextmanager
def deciding(by: Member, what: str) -> Iterator[None]:
    """A transaction in which one admin at a time decides about the members of an account.

    Two admins demoting each other at once would otherwise leave none. The lock holds back no other work of
    the account, and `by` is read again behind it: an admin may have stopped being one while waiting.
    """
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(id=by.account_id)
        now = Member.objects.filter(account_id=by.account_id, id=by.id).first()
        if now is None:
            raise NotAllowed("You are no longer a member of this account", "Ask an admin for an invitation")
        require_admin(now, what)
        yield


def _keep_an_admin(member: Member, what: str) -> None:
    others = Member.objects.filter(account_id=member.account_id, role=Role.ADMIN).exclude(id=member.id)
    if member.is_admin and not others.exists():
        raise Conflict(
            f"{member} is the only admin and can't {what}: nobody could manage the account any more",
            "Make another member an admin first",
            title="An account needs an admin",
        )
