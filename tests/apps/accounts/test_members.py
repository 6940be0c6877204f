"""Roles, removal and the last admin."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from stopline.apps.accounts import members
from stopline.apps.accounts.models import Member
from stopline.rules.errors import Conflict, NotAllowed, NotFound
from stopline.rules.words import Role
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return make.account()


def test_an_admin_makes_an_agent_an_admin(account):
    admin, agent = make.member(account), make.member(account, "agent")

    members.change_role(admin, agent.id, Role.ADMIN)

    assert Member.objects.get(account=account, id=agent.id).is_admin


def test_the_last_admin_cannot_be_demoted_and_is_told_what_to_do(account):
    admin = make.member(account)
    make.member(account, "agent")

    with pytest.raises(Conflict, match=r"only admin.*Make another member an admin first"):
        members.change_role(admin, admin.id, Role.AGENT)

    assert Member.objects.get(account=account, id=admin.id).is_admin


def test_the_last_admin_cannot_be_removed(account):
    admin = make.member(account)

    with pytest.raises(Conflict, match="only admin"):
        members.remove(admin, admin.id)

    assert Member.objects.filter(account=account, id=admin.id).exists()


def test_an_agent_changes_nobody_and_reads_whom_to_ask(account):
    admin, agent = make.member(account, name="Zoe Frank"), make.member(account, "agent")

    with pytest.raises(NotAllowed, match=r"Only admins can change roles. Ask Zoe Frank"):
        members.change_role(agent, agent.id, Role.ADMIN)
    with pytest.raises(NotAllowed, match=r"Only admins can remove members. Ask Zoe Frank"):
        members.remove(agent, admin.id)


def test_the_admin_of_another_account_finds_nobody(account):
    agent, outsider = make.member(account, "agent"), make.member(make.account("Elsewhere"))

    with pytest.raises(NotFound):
        members.change_role(outsider, agent.id, Role.ADMIN)
    with pytest.raises(NotFound):
        members.remove(outsider, agent.id)


def test_an_admin_who_was_removed_meanwhile_decides_nothing(account):
    admin, other = make.member(account), make.member(account)
    members.remove(other, admin.id)

    with pytest.raises(NotAllowed, match="no longer a member"):
        members.remove(admin, other.id)


def test_a_removed_member_works_in_the_account_that_is_left(account):
    admin, agent = make.member(account), make.member(account, "agent")
    elsewhere = make.member(make.account("Elsewhere"), "agent", user=agent.user)

    members.remove(admin, agent.id)

    assert members.current(agent.user, str(account.id)) == elsewhere


def test_nobody_switches_to_an_account_that_is_not_theirs(account):
    member, elsewhere = make.member(account), make.account("Elsewhere")

    with pytest.raises(NotFound):
        members.switch(member.user, elsewhere.id)


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_demote_each_other_at_once_one_stays(account):
    one, two = make.member(account), make.member(account)

    def demote(by: Member, whom: Member) -> str:
        try:
            members.change_role(by, whom.id, Role.AGENT)
            return "done"
        except (Conflict, NotAllowed) as refusal:
            return type(refusal).__name__
        finally:
            connection.close()

    for _ in range(10):
        Member.objects.filter(account=account).update(role=Role.ADMIN)
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(demote, (one, two), (two, one)))
        assert Member.objects.filter(account=account, role=Role.ADMIN).count() == 1
        assert sorted(answers) == ["NotAllowed", "done"]
