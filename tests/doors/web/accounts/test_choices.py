"""Switching accounts, the theme, and who is let in where."""

import pytest
from django.test import Client

from stopline.apps.accounts import members
from tests import make

pytestmark = pytest.mark.django_db


def test_a_member_of_two_accounts_switches_between_them(admin):
    elsewhere = make.member(make.account("Elsewhere"), "agent", user=admin.member.user)

    admin.post("/account/switch/", {"account": elsewhere.account_id})

    page = admin.get("/settings/general/").content.decode()
    assert 'value="Elsewhere"' in page and "Only admins can change settings" in page


@pytest.mark.parametrize("account_id", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_nobody_switches_to_what_is_not_theirs(admin, account_id):
    response = admin.post("/account/switch/", {"account": account_id})

    assert response.status_code == 404


def test_an_account_of_others_stays_closed(admin, outsider):
    response = admin.post("/account/switch/", {"account": outsider.account.id})

    assert response.status_code == 404
    assert 'value="Larkspur"' in admin.get("/settings/general/").content.decode()


def test_a_removed_member_is_out_with_the_next_click(admin, agent):
    members.remove(admin.member, agent.member.id)

    response = agent.get("/settings/general/")

    assert response.status_code == 403
    assert "You are not a member of any account" in response.content.decode()


def test_an_open_page_of_a_removed_member_leaves_as_a_whole(admin, agent):
    members.remove(admin.member, agent.member.id)

    assert agent.htmx.get("/settings/members/")["HX-Redirect"] == "/"


def test_an_open_page_of_somebody_signed_out_leads_to_the_sign_in(client, account):
    response = client.get("/settings/members/", headers={"HX-Request": "true"})

    assert response["HX-Redirect"].startswith("/account/sign-in/?next=")


@pytest.mark.parametrize(
    ("theme", "kept"), [("dark", "dark"), ("light", "light"), ("system", ""), ("<x>", "")]
)
def test_a_theme_is_kept_in_a_cookie(client: Client, theme, kept):
    response = client.post(
        "/account/theme/", {"theme": theme}, headers={"Referer": "http://testserver/settings/"}
    )

    assert response["Location"] == "/settings/"
    assert response.cookies["theme"].value == kept


def test_choosing_a_theme_leads_nowhere_else(client: Client):
    response = client.post(
        "/account/theme/", {"theme": "dark"}, headers={"Referer": "https://evil.example/x"}
    )

    assert response["Location"] == "/"
