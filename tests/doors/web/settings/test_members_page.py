"""Settings → Members: what admins do there, what agents read, what the outsider never sees."""

import pytest

from stopline.apps.accounts import invitations
from stopline.apps.accounts.models import Invitation, Member
from stopline.rules.words import Role

pytestmark = pytest.mark.django_db
PAGE = "/settings/members/"


def role_of(browser) -> str:
    return Member.objects.get(account=browser.account, id=browser.member.id).role


def test_everybody_reads_who_works_here_and_nobody_elses(admin, agent, outsider):
    for browser in (admin, agent):
        page = browser.get(PAGE).content.decode()
        assert admin.member.user.email in page and agent.member.user.email in page
        assert outsider.member.user.email not in page


def test_agents_read_why_there_is_nothing_to_click(admin, agent):
    page = agent.get(PAGE).content.decode()

    assert f"Only admins can change members. Ask {admin.member.user.name}." in page
    assert "More actions" not in page and "Invite member" not in page


def test_an_admin_changes_a_role_in_place(admin, agent):
    response = admin.htmx.post(f"{PAGE}{agent.member.id}/role/", {"role": "admin"})

    assert response.status_code == 204
    assert "is now an admin" in response["HX-Trigger"] and "live:members" in response["HX-Trigger"]
    assert role_of(agent) == "admin"


def test_without_javascript_it_is_a_redirect(admin, agent):
    response = admin.post(f"{PAGE}{agent.member.id}/role/", {"role": "admin"}, follow=True)

    assert "is now an admin" in response.content.decode()


def test_the_last_admin_is_told_why_not(admin, agent):
    demoted = admin.htmx.post(f"{PAGE}{admin.member.id}/role/", {"role": "agent"})
    removed = admin.post(f"{PAGE}{admin.member.id}/remove/")

    assert demoted.status_code == removed.status_code == 409
    assert "Make another member an admin first" in demoted.content.decode()
    assert "Make another member an admin first" in removed.content.decode()
    assert role_of(admin) == "admin"


def test_removing_asks_first(admin, agent):
    asked = admin.htmx.get(f"{PAGE}{agent.member.id}/remove/")
    done = admin.htmx.post(f"{PAGE}{agent.member.id}/remove/")

    assert "loses access to Larkspur at once" in asked.content.decode()
    assert done.status_code == 204
    assert not Member.objects.filter(id=agent.member.id).exists()


def test_an_admin_who_becomes_an_agent_gets_the_page_anew(admin, agent):
    Member.objects.filter(id=agent.member.id).update(role=Role.ADMIN)

    response = admin.htmx.post(f"{PAGE}{admin.member.id}/role/", {"role": "agent"})

    assert response["HX-Redirect"] == PAGE


def test_agents_are_refused_at_every_door(admin, agent):
    invitation, _ = invitations.invite(admin.member, "carol@example.com", Role.AGENT)

    answers = [
        agent.get(f"{PAGE}invite/"),
        agent.post(f"{PAGE}invite/", {"email": "dora@example.com", "role": "admin"}),
        agent.post(f"{PAGE}{agent.member.id}/role/", {"role": "admin"}),
        agent.post(f"{PAGE}{admin.member.id}/remove/"),
        agent.post(f"/settings/invitations/{invitation.id}/revoke/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert all(f"Ask {admin.member.user.name}." in answer.content.decode() for answer in answers)
    assert role_of(agent) == "agent" and Invitation.objects.count() == 1


def test_the_outsider_finds_nobody(admin, agent, outsider):
    invitation, _ = invitations.invite(admin.member, "carol@example.com", Role.AGENT)

    answers = [
        outsider.post(f"{PAGE}{agent.member.id}/role/", {"role": "admin"}),
        outsider.get(f"{PAGE}{agent.member.id}/remove/"),
        outsider.post(f"{PAGE}{agent.member.id}/remove/"),
        outsider.post(f"/settings/invitations/{invitation.id}/revoke/"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert not any(agent.member.user.name in answer.content.decode() for answer in answers)
    assert role_of(agent) == "agent" and Invitation.objects.count() == 1


def test_an_invitation_is_listed_until_it_is_revoked(admin):
    invitation, _ = invitations.invite(admin.member, "carol@example.com", Role.AGENT)
    before = admin.get(PAGE).content.decode()

    admin.post(f"/settings/invitations/{invitation.id}/revoke/")

    assert "carol@example.com" in before
    assert "carol@example.com" not in admin.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("email", "said"),
    [("carol", "exactly one @"), ("", "This field is required"), ("a b@c.org", "before the @")],
)
def test_an_address_that_cannot_be_is_told_in_the_dialog(admin, email, said):
    response = admin.htmx.post(f"{PAGE}invite/", {"email": email, "role": "agent"})

    assert response.status_code == 422
    assert said in response.content.decode()


def test_a_role_that_is_none_is_refused(admin, agent):
    assert admin.post(f"{PAGE}{agent.member.id}/role/", {"role": "owner"}).status_code == 422
