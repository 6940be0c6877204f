"""The first start: whoever comes first sets the installation up, once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from stopline.apps.accounts.models import Account, Member, User
from stopline.apps.sending import installation
from stopline.apps.sending.models import Connection
from stopline.rules.errors import Conflict
from tests import make

pytestmark = pytest.mark.django_db
FIRST = {
    "account_name": "Larkspur Garden",
    "time_zone": "Europe/Madrid",
    "default_country": "ES",
    "name": "Ana Ruiz",
    "email": "Ana@Example.com",
    "password": make.PASSWORD,
}


@pytest.mark.parametrize("page", ["/", "/settings/", "/settings/members/", "/account/sign-in/"])
def test_on_an_empty_installation_every_page_leads_to_the_first_run_page(client: Client, page):
    response = client.get(page, follow=True)

    assert response.redirect_chain[-1][0] == "/welcome/"
    assert "Welcome to Stopline" in response.content.decode()


def test_the_first_person_becomes_admin_of_the_account_that_runs_the_installation(client: Client):
    response = client.post("/welcome/", FIRST)

    member = Member.objects.select_related("account", "user").get()
    assert response["Location"] == "/"
    assert (member.role, member.user.email, member.account.is_operator) == ("admin", "ana@example.com", True)
    assert client.get("/settings/general/").status_code == 200


def test_there_is_a_sandbox_to_try_things_with(client: Client):
    client.post("/welcome/", FIRST)

    connected = Connection.objects.get()
    assert connected.provider == "sandbox"
    assert connected.channels == ["sms", "mms", "whatsapp", "rcs", "email"]
    assert connected.token.startswith(connected.account_id.hex)


def test_no_sandbox_where_it_is_switched_off(client: Client, settings):
    settings.SANDBOX = False

    client.post("/welcome/", FIRST)

    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("password", "short", "at least 10 characters"),
        ("password", "password123", "too common"),
        ("email", "ana", "exactly one @"),
        ("time_zone", "Nowhere", "no time zone “Nowhere”"),
        ("default_country", "XX", "not one of the available choices"),
        ("account_name", " ", "This field is required"),
    ],
)
def test_what_cannot_be_is_told_in_the_form_and_makes_nothing(client: Client, field, value, said):
    response = client.post("/welcome/", {**FIRST, field: value})

    assert response.status_code == 422
    assert said in response.content.decode()
    assert not User.objects.exists()
    assert not Account.objects.exists()


def test_it_happens_once(client: Client, admin):
    shown, sent = client.get("/welcome/"), client.post("/welcome/", FIRST)

    assert shown["Location"] == sent["Location"] == "/"
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_come_at_once_one_is_first():
    def set_up(number: int) -> bool:
        try:
            installation.set_up(**{**FIRST, "email": f"ana{number}@example.com"})
            return True
        except Conflict:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(set_up, range(4)))

    assert sum(done) == 1
    assert (User.objects.count(), Account.objects.count(), Connection.objects.count()) == (1, 1, 1)
