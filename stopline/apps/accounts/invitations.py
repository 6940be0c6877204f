"""Joining an account by a single-use link that expires. The link holds the token; we keep its digest."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from stopline.apps.accounts import users
from stopline.apps.accounts.live import announce
from stopline.apps.accounts.members import deciding
from stopline.apps.accounts.models import Invitation, Member, User
from stopline.apps.accounts.tenancy import account_of_token, new_token
from stopline.rules import addresses
from stopline.rules.errors import Conflict, NotAllowed, NotFound
from stopline.rules.words import Role

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

VALID = timedelta(days=7)


def invite(by: Member, email: str, role: Role) -> tuple[Invitation, str]:
    """The invitation and its token, which can't be had again later. An open one to the same address ends.

    Raises NotAllowed for agents, InvalidInput for the address, Conflict where the person is a member already.
    """
    email = addresses.email(email)
    with deciding(by, "invite members"):
        if Member.objects.filter(account_id=by.account_id, user__email=email).exists():
            raise Conflict(f"{email} is already a member of this account", title="Nobody was invited")
        pending(by.account_id).filter(email=email).delete()
        token = new_token(by.account_id)
        invitation = Invitation.objects.create(
            account_id=by.account_id,
            email=email,
            role=role,
            token_digest=_digest(token),
            invited_by_id=by.id,
            expires_at=timezone.now() + VALID,
        )
        announce(by.account_id, "members")
    return invitation, token


def revoke(by: Member, invitation_id: UUID) -> None:
    """Its link stops working. Raises NotAllowed for agents, NotFound where it was used or revoked already."""
    with deciding(by, "revoke invitations"):
        count, _ = pending(by.account_id).filter(id=invitation_id).delete()
        if not count:
            raise NotFound("This invitation was used or revoked already", "Reload the list of members")
        announce(by.account_id, "members")


def pending(account_id: UUID) -> QuerySet[Invitation]:
    """Not used yet. Expired ones stay listed, so that an admin sees why nobody came."""
    return Invitation.objects.filter(account_id=account_id, used_at=None)


def find(token: str) -> Invitation:
    """The invitation that this link opens. Raises NotFound: one answer for every link that doesn't work."""
    return _usable(token, Invitation.objects.all())


def has_sign_in(invitation: Invitation) -> bool:
    return User.objects.filter(email=invitation.email).exists()


@transaction.atomic
def accept(token: str, user: User) -> Member:
    """`user` joins. Raises NotFound for a link that doesn't work, NotAllowed where it is somebody else's."""
    invitation = _usable(token, Invitation.objects.select_for_update(of=("self",)))
    if user.email != invitation.email:
        raise NotAllowed(
            f"This invitation is for {invitation.email}, and you are signed in as {user.email}",
            "Sign out, then open the link again",
        )
    return _join(invitation, user)


@transaction.atomic
def accept_as_new(token: str, name: str, password: str) -> Member:
    """Somebody new gets a sign-in and joins. Raises NotFound, InvalidInput, Conflict (has a sign-in)."""
    invitation = _usable(token, Invitation.objects.select_for_update(of=("self",)))
    return _join(invitation, users.register(name, invitation.email, password))


def _join(invitation: Invitation, user: User) -> Member:
    member, _ = Member.objects.get_or_create(
        account_id=invitation.account_id, user=user, defaults={"role": invitation.role}
    )
    Member.objects.filter(account_id=member.account_id, id=member.id).update(last_used_at=timezone.now())
    invitation.used_at = timezone.now()
    invitation.save(update_fields=["used_at"])
    announce(invitation.account_id, "members")
    return member


def _usable(token: str, invitations: QuerySet[Invitation]) -> Invitation:
    if account_id := account_of_token(token):
        usable = invitations.filter(
            account_id=account_id,
            token_digest=_digest(token),
            used_at=None,
            expires_at__gt=timezone.now(),
        )
        if invitation := usable.select_related("account").first():
            return invitation
    raise NotFound(
        "It was used already, was revoked, or is older than seven days",
        "Ask the person who sent it for a new one",
        title="This invitation doesn't work",
    )


def _digest(token: str) -> str:
    """Tokens hold 24 random bytes: nothing to guess, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
