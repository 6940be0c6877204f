"""An invitation's link, from the dialog that makes it to the account it opens."""

import re

import pytest
from django.core import mail
from django.test import Client

from stopline.apps.accounts.models import Member, User
from tests import make

pytestmark = pytest.mark.django_db


def link_for(admin: Client, email: str, role: str = "agent") -> str:
    shown = admin.htmx.post("/settings/members/invite/", {"email": email, "role": role})
    assert shown.status_code == 200, shown.content.decode()
    return re.search(r'value="http://127\.0\.0\.1:\d+(/invitation/[^"]+)"', shown.content.decode())[1]


def test_somebody_new_gives_name_and_password_and_is_in(client, admin):
    link = link_for(admin, "carol@example.com")

    shown = client.get(link).content.decode()
    client.post(link, {"name": "Carol Chen", "password": make.PASSWORD})

    assert "Join Larkspur" in shown and "carol@example.com" in shown
    page = client.get("/settings/members/").content.decode()
    assert "Carol Chen" in page and "(you)" in page
    assert Member.objects.get(user__email="carol@example.com").role == "agent"


def test_a_link_used_twice_says_what_to_do(client, admin):
    link = link_for(admin, "carol@example.com")
    client.post(link, {"name": "Carol Chen", "password": make.PASSWORD})

    response = Client().get(link)

    assert response.status_code == 404
    assert "Ask the person who sent it for a new one" in response.content.decode()


def test_a_weak_password_is_told_in_the_form(client, admin):
    link = link_for(admin, "carol@example.com")

    response = client.post(link, {"name": "Carol", "password": "short"})

    assert response.status_code == 422
    assert "at least 10 characters" in response.content.decode()
    assert not User.objects.filter(email="carol@example.com").exists()


def test_who_has_a_sign_in_signs_in_first_and_joins_with_it(client, admin, outsider):
    link = link_for(admin, outsider.member.user.email)

    before = client.get(link).content.decode()
    joined = outsider.post(link)

    assert "Sign in with it, then join" in before
    assert joined["Location"] == "/"
    assert "Larkspur" in outsider.get("/settings/general/").content.decode()


def test_who_is_signed_in_as_somebody_else_is_told_so(admin, outsider):
    link = link_for(admin, "carol@example.com")

    shown, sent = outsider.get(link), outsider.post(link)

    assert "Sign out first" in shown.content.decode()
    assert sent.status_code == 403
    assert not Member.objects.filter(account=admin.account, user=outsider.member.user).exists()


def test_the_link_is_mailed_where_mail_is_set_up(admin, settings):
    settings.EMAIL_HOST = "mail.example.com"

    link = link_for(admin, "carol@example.com", "admin")

    (message,) = mail.outbox
    assert message.to == ["carol@example.com"]
    assert link in message.body and "as admin" in message.body


def test_a_mail_server_that_fails_loses_nothing(admin, settings):
    settings.EMAIL_HOST = "mail.example.com"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    assert link_for(admin, "carol@example.com")


def test_the_link_is_in_no_list(admin):
    link = link_for(admin, "carol@example.com")

    assert link.split("/")[2][32:] not in admin.get("/settings/members/").content.decode()
