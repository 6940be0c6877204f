"""Signing in and out, and what keeps others from doing it in your name."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from stopline.apps.accounts.models import User
from tests import make

pytestmark = pytest.mark.django_db
SIGN_IN = "/account/sign-in/"
FORGOTTEN = "/account/password/forgotten/"


@pytest.fixture(autouse=True)
def _forget_limits():
    cache.clear()


@pytest.fixture
def user(account) -> User:
    return make.member(account, name="Ana Ruiz", user=make.user("Ana", email="ana@example.com")).user


def sign_in(client: Client, email: str = "ana@example.com", password: str = make.PASSWORD, **kwargs):
    return client.post(SIGN_IN, {"login": email, "password": password}, **kwargs)


def words(response) -> str:
    """What a page says, without what differs between any two pages."""
    return re.sub(r'value="[^"]*"|"X-CSRFToken": "[^"]*"', "", response.content.decode())


@pytest.mark.parametrize("email", ["ana@example.com", "Ana@Example.COM", " ana@example.com "])
def test_a_member_signs_in_however_the_address_is_written(client, user, email):
    response = sign_in(client, email)

    assert response["Location"] == "/"
    assert client.get("/settings/general/").status_code == 200


def test_signing_in_leads_back_to_the_page_asked_for(client, user):
    asked = client.get("/settings/members/?x=1")
    response = client.post(asked["Location"], {"login": "ana@example.com", "password": make.PASSWORD})

    assert response["Location"] == "/settings/members/?x=1"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "http://127.0.0.1/",
        "http://localhost:9999/",
        "/\\evil.example",
        "javascript:alert(1)",
        "https:///evil.example",
        " //evil.example",
        "\thttps://evil.example",
    ],
)
def test_signing_in_leads_nowhere_else(client, user, elsewhere):
    response = client.post(
        SIGN_IN, {"login": "ana@example.com", "password": make.PASSWORD, "next": elsewhere}
    )

    assert response["Location"] == "/"


def test_signing_out_leads_nowhere_else_and_needs_a_post(client, user):
    client.force_login(user)

    asked = client.get("/account/sign-out/")
    assert asked.status_code == 200 and "_auth_user_id" in client.session
    response = client.post("/account/sign-out/", {"next": "https://evil.example/"})

    assert response["Location"] == SIGN_IN
    assert client.get("/settings/general/")["Location"].startswith(SIGN_IN)


def test_the_session_changes_with_the_sign_in(client, user):
    client.get(SIGN_IN)
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies[client.session.session_key] = "x"
    before = session.session_key

    sign_in(client)

    assert client.session.session_key != before


def test_wrong_and_unknown_look_the_same(client, user):
    wrong, unknown = (
        sign_in(client, password="not this one"),
        sign_in(client, "nobody@example.com", "not this one"),
    )

    assert words(wrong).replace("ana@example.com", "") == words(unknown).replace("nobody@example.com", "")
    assert "The e-mail address or the password is not correct." in words(wrong)
    assert wrong.status_code == unknown.status_code


def test_guessing_ends_after_ten_failures_and_says_when_to_try_again(client, user):
    for _ in range(10):
        assert "not correct" in words(sign_in(client, password="not this one"))

    refused = sign_in(Client())

    assert "Wait five minutes, then try again." in words(refused)
    assert "sessionid" not in refused.cookies and "_auth_user_id" not in client.session


def test_the_limit_counts_for_an_unknown_address_just_the_same(client, user):
    for _ in range(10):
        sign_in(client, "nobody@example.com")

    assert "Wait five minutes" in words(sign_in(client, "nobody@example.com"))


def test_one_address_locked_does_not_lock_the_others(client, user):
    for _ in range(10):
        sign_in(client, "nobody@example.com")

    assert sign_in(client)["Location"] == "/"


def test_signing_in_rightly_uses_nothing_up(user):
    for _ in range(15):
        assert sign_in(Client())["Location"] == "/"


def test_a_made_up_forwarded_address_does_not_dodge_the_limit_of_a_network(user):
    for number in range(30):
        sign_in(Client(), f"nobody{number}@example.com", headers={"X-Forwarded-For": f"203.0.113.{number}"})

    refused = sign_in(Client(), headers={"X-Forwarded-For": "198.51.100.7"})

    assert "Wait five minutes" in words(refused)


def test_behind_a_proxy_of_ours_networks_are_told_apart(user, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(30):
        # What a guesser writes stands in front of what our proxy adds.
        forwarded = f"192.0.2.{number}, 203.0.113.9"
        sign_in(Client(), f"nobody{number}@example.com", headers={"X-Forwarded-For": forwarded})

    guesser = sign_in(Client(), headers={"X-Forwarded-For": "192.0.2.77, 203.0.113.9"})
    neighbour = sign_in(Client(), headers={"X-Forwarded-For": "198.51.100.7"})

    assert "Wait five minutes" in words(guesser)
    assert neighbour["Location"] == "/"


def test_a_flood_of_addresses_does_not_push_the_limit_out(client, user):
    for _ in range(10):
        sign_in(client, password="not this one")
    for number in range(400):  # Django keeps 300 entries unless told otherwise
        cache.set(f"flood{number}", 1)

    assert "Wait five minutes" in words(sign_in(client))


def test_forms_of_other_sites_are_refused_in_words(user):
    browser = Client(enforce_csrf_checks=True)

    response = sign_in(browser)

    assert response.status_code == 403
    assert "This form is out of date" in words(response)


def test_nobody_signs_up_by_themselves(client, user):
    response = client.post("/account/sign-up/", {"email": "eve@example.com", "password1": make.PASSWORD})

    assert User.objects.count() == 1
    assert response["Location"] == SIGN_IN


def test_the_demo_shows_its_sign_ins_and_nothing_else_does(client, user, settings):
    plain = words(client.get(SIGN_IN))
    settings.DEMO = True
    demo = words(client.get(SIGN_IN))

    assert "demo.test" not in plain and "stopline-demo" not in plain
    assert "admin@demo.test" in demo and "agent@demo.test" in demo and "stopline-demo" in demo


def test_one_click_enters_the_demo(client, account, settings):
    settings.DEMO = True
    demo = User.objects.create_user("agent@demo.test", "stopline-demo", name="Agent")
    make.member(account, "agent", user=demo)

    assert sign_in(client, "agent@demo.test", "stopline-demo")["Location"] == "/"


def test_asking_for_a_new_password_does_not_tell_who_signs_in(client, user, settings):
    settings.EMAIL_HOST = "mail.example.com"

    known = client.post(FORGOTTEN, {"email": "ana@example.com"}, follow=True)
    unknown = client.post(FORGOTTEN, {"email": "nobody@example.com"}, follow=True)

    assert words(known) == words(unknown)
    assert known.redirect_chain == unknown.redirect_chain
    assert [message.to for message in mail.outbox] == [["ana@example.com"], ["nobody@example.com"]]


def test_the_mailed_link_sets_a_new_password_once(client, user, settings):
    settings.EMAIL_HOST, settings.PUBLIC_URL = "mail.example.com", "https://stopline.example"
    client.post(FORGOTTEN, {"email": "ana@example.com"}, headers={"Host": "localhost"})
    link = re.search(r"https://stopline\.example(/\S+)", mail.outbox[0].body)[1]

    form = client.get(link)
    new = {"password1": "another good password", "password2": "another good password"}
    client.post(form["Location"], new)
    again = Client().get(link)

    assert sign_in(Client(), password="another good password")["Location"] == "/"
    assert "This link doesn" in words(again)


def test_a_new_password_signs_other_browsers_out(client, user):
    other = Client()
    client.force_login(user), other.force_login(user)
    new = {
        "oldpassword": make.PASSWORD,
        "password1": "another good password",
        "password2": "another good password",
    }

    response = client.post("/account/password/", new)

    assert response["Location"] == "/settings/profile/"
    assert client.get("/settings/profile/").status_code == 200
    assert other.get("/settings/profile/")["Location"].startswith(SIGN_IN)


def test_without_mail_the_page_says_how_a_password_is_set(client, user):
    response = client.get(FORGOTTEN)

    assert "changepassword" in words(response)
    assert "Forgotten password" not in words(client.get(SIGN_IN))
