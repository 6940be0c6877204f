"""A single-use link that expires, and what of it is kept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from stopline.apps.accounts import invitations
from stopline.apps.accounts.models import Invitation, Member
from stopline.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound
from stopline.rules.words import Role
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return make.member(make.account())


def test_somebody_new_joins_with_the_role_they_were_invited_to(admin):
    _, token = invitations.invite(admin, "Carol@Example.com ", Role.AGENT)

    member = invitations.accept_as_new(token, " Carol  Chen ", make.PASSWORD)

    assert (member.account_id, member.role) == (admin.account_id, "agent")
    assert (member.user.name, member.user.email) == ("Carol Chen", "carol@example.com")
    assert member.user.check_password(make.PASSWORD)


def test_a_link_works_once(admin):
    _, token = invitations.invite(admin, "carol@example.com", Role.AGENT)
    member = invitations.accept_as_new(token, "Carol", make.PASSWORD)

    with pytest.raises(NotFound, match="used already"):
        invitations.accept(token, member.user)


def test_a_link_expires_after_seven_days(admin):
    _, token = invitations.invite(admin, "carol@example.com", Role.AGENT)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(NotFound, match="older than seven days"):
        invitations.find(token)


def test_a_revoked_link_is_dead(admin):
    invitation, token = invitations.invite(admin, "carol@example.com", Role.AGENT)

    invitations.revoke(admin, invitation.id)

    with pytest.raises(NotFound):
        invitations.find(token)


def test_inviting_again_ends_the_former_link(admin):
    _, first = invitations.invite(admin, "carol@example.com", Role.AGENT)
    _, second = invitations.invite(admin, "carol@example.com", Role.ADMIN)

    with pytest.raises(NotFound):
        invitations.find(first)
    assert invitations.find(second).role == "admin"


def test_the_database_holds_nothing_that_opens_the_door(admin):
    _, token = invitations.invite(admin, "carol@example.com", Role.AGENT)

    kept = Invitation.objects.get()

    assert token[32:] not in str(vars(kept))
    assert len(kept.token_digest) == 64


@pytest.mark.parametrize("token", ["", "x", "0" * 32, "é" * 40, "0" * 2000])
def test_a_made_up_link_opens_nothing(admin, token):
    with pytest.raises(NotFound):
        invitations.find(token)


def test_a_link_does_not_open_another_account(admin):
    _, token = invitations.invite(admin, "carol@example.com", Role.AGENT)
    elsewhere = make.account("Elsewhere")

    with pytest.raises(NotFound):
        invitations.find(elsewhere.id.hex + token[32:])


def test_an_existing_user_joins_with_the_same_sign_in(admin):
    user = make.member(make.account("Elsewhere")).user
    _, token = invitations.invite(admin, user.email, Role.ADMIN)

    member = invitations.accept(token, user)

    assert member.user == user
    assert user.memberships.count() == 2


def test_a_forwarded_link_is_no_use_to_another_user(admin):
    somebody = make.user("Mallory")
    _, token = invitations.invite(admin, "carol@example.com", Role.ADMIN)

    with pytest.raises(NotAllowed, match=r"for carol@example.com"):
        invitations.accept(token, somebody)


def test_a_link_does_not_set_a_new_password_for_somebody_who_has_one(admin):
    user = make.user("Carol")
    _, token = invitations.invite(admin, user.email, Role.AGENT)

    with pytest.raises(Conflict, match="Sign in with that address"):
        invitations.accept_as_new(token, "Carol", "another good password")

    user.refresh_from_db()
    assert user.check_password(make.PASSWORD)
    assert invitations.find(token)


def test_a_weak_password_is_refused_with_the_reason(admin):
    _, token = invitations.invite(admin, "carol@example.com", Role.AGENT)

    with pytest.raises(InvalidInput, match="at least 10 characters"):
        invitations.accept_as_new(token, "Carol", "short")

    assert invitations.find(token)


def test_members_are_not_invited_again(admin):
    with pytest.raises(Conflict, match="already a member"):
        invitations.invite(admin, admin.user.email.upper(), Role.AGENT)


def test_agents_and_outsiders_neither_invite_nor_revoke(admin):
    agent, outsider = make.member(admin.account, "agent"), make.member(make.account("Elsewhere"))
    invitation, _ = invitations.invite(admin, "carol@example.com", Role.AGENT)

    with pytest.raises(NotAllowed, match="Only admins can invite members"):
        invitations.invite(agent, "dora@example.com", Role.ADMIN)
    with pytest.raises(NotAllowed, match="Only admins can revoke invitations"):
        invitations.revoke(agent, invitation.id)
    with pytest.raises(NotFound):
        invitations.revoke(outsider, invitation.id)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_one_link_at_once_one_joins(admin):
    _, token = invitations.invite(admin, "carol@example.com", Role.AGENT)

    def join(_: int) -> bool:
        try:
            return bool(invitations.accept_as_new(token, "Carol", make.PASSWORD))
        except (NotFound, Conflict):
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        joined = list(pool.map(join, range(4)))

    assert sum(joined) == 1
    assert Member.objects.filter(account=admin.account).count() == 2
