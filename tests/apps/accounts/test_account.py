"""An account's name, time zone, country and support address, and the people who sign in."""

import pytest
from allauth.account.models import EmailAddress

from stopline.apps.accounts import account, users
from stopline.apps.accounts.models import User
from stopline.rules.errors import Conflict, InvalidInput, NotAllowed
from tests import make

pytestmark = pytest.mark.django_db
GOOD = {"name": "Larkspur", "time_zone": "Asia/Tokyo", "default_country": "JP", "support_url": ""}


def test_an_admin_describes_the_account():
    admin = make.member(make.account())

    changed = account.change(admin, **{**GOOD, "name": "  Lark   spur "})

    assert (changed.name, changed.time_zone, changed.default_country) == ("Lark spur", "Asia/Tokyo", "JP")


@pytest.mark.parametrize(
    "bad",
    [
        {"name": " "},
        {"name": "x" * 121},
        {"time_zone": "Mars/Base"},
        {"time_zone": "../../etc/passwd"},
        {"default_country": "XX"},
        {"support_url": "javascript:alert(1)"},
        {"support_url": "help.example.com"},
    ],
)
def test_what_cannot_be_is_refused(bad):
    admin = make.member(make.account(is_operator=True))

    with pytest.raises(InvalidInput):
        account.change(admin, **{**GOOD, **bad})


def test_only_the_operator_sends_people_to_a_support_page():
    admin = make.member(make.account())

    changed = account.change(admin, **{**GOOD, "support_url": "https://elsewhere.example"})

    assert changed.support_url == ""


def test_agents_change_no_settings():
    agent = make.member(make.account(), "agent")

    with pytest.raises(NotAllowed, match="Only admins can change settings"):
        account.change(agent, **GOOD)


def test_every_offered_zone_and_country_can_be_chosen():
    admin = make.member(make.account())

    assert {"Europe/Berlin", "UTC"} < set(account.TIME_ZONES)
    assert ("DE", "Germany") in account.COUNTRIES
    for code, name in account.COUNTRIES:
        assert name
        assert account.change(admin, **{**GOOD, "default_country": code})


def test_an_address_belongs_to_one_sign_in_whatever_its_case():
    users.register("Ana", "ana@example.com", make.PASSWORD)

    with pytest.raises(Conflict, match="already signs in"):
        users.register("Ana", "ANA@Example.com", make.PASSWORD)


def test_a_new_address_needs_the_password_and_ends_the_former():
    user = users.register("Ana", "ana@example.com", make.PASSWORD)
    EmailAddress.objects.create(user=user, email="ana@example.com", primary=True, verified=True)

    with pytest.raises(InvalidInput, match="password is not correct"):
        users.change_email(user, "new@example.com", "wrong")
    users.change_email(user, "new@example.com", make.PASSWORD)

    assert User.objects.get().email == "new@example.com"
    assert not EmailAddress.objects.filter(email="ana@example.com").exists()
