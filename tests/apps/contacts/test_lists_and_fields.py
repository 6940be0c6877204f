"""Lists of contacts, and what an account keeps about them besides."""

import pytest

from stopline.apps.contacts import fields, lists
from stopline.rules.errors import Conflict, InvalidInput, NotAllowed
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return make.account()


@pytest.fixture
def admin(account):
    return make.member(account, "admin")


def test_a_contact_joins_a_list_once(account):
    ada, vips = make.contact(account), lists.create(account, "  VIP   guests ")

    assert (lists.add(vips, [ada]), lists.add(vips, [ada])) == (1, 0)
    assert [(each.name, size) for each, size in lists.with_sizes(account)] == [("VIP guests", 1)]
    assert lists.of_contacts(account.id, [ada]) == {ada.id: ["VIP guests"]}


def test_leaving_and_deleting_a_list_keeps_the_contact(account):
    ada, vips = make.contact(account), lists.create(account, "VIP")
    lists.add(vips, [ada])

    lists.remove(vips, [ada])
    assert lists.with_sizes(account)[0][1] == 0

    lists.delete(vips)
    assert account.contacts.get(id=ada.id) and not account.lists.exists()


def test_two_lists_never_have_one_name(account):
    lists.create(account, "VIP")
    other = lists.create(account, "Other")

    for verb in (lambda: lists.create(account, "vip"), lambda: lists.rename(other, "Vip")):
        with pytest.raises(Conflict, match="already"):
            verb()
    lists.create(make.account("Elsewhere"), "VIP")


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_list_needs_a_name_that_fits(account, name):
    with pytest.raises(InvalidInput):
        lists.create(account, name)


def test_a_field_has_a_key_of_its_own_for_ever(account, admin):
    first = fields.create(admin, "Customer number", "number")
    fields.rename(admin, first, "Client number")
    second = fields.create(admin, "Customer number", "text")

    assert (first.key, second.key) == ("customer_number", "customer_number_2")


def test_a_field_in_any_script_gets_a_key(admin):
    assert fields.create(admin, "生日", "date").key == "field"


def test_what_people_type_is_read_by_kind(account, admin):
    fields.create(admin, "Points", "number")
    fields.create(admin, "Birthday", "date")

    read = fields.read(account, {"points": "12.5", "birthday": "2026-5-3"})

    assert read == {"points": 12.5, "birthday": "2026-05-03"}
    assert fields.read(account, {"points": " "}) == {"points": None}


@pytest.mark.parametrize("texts", [{"points": "many"}, {"shoe_size": "42"}])
def test_what_can_not_be_read_is_told(account, admin, texts):
    fields.create(admin, "Points", "number")

    with pytest.raises(InvalidInput):
        fields.read(account, texts)


def test_deleting_a_field_takes_its_values_and_no_others(account, admin):
    points, shoe = fields.create(admin, "Points", "number"), fields.create(admin, "Shoe", "text")
    ada = make.contact(account, custom={points.key: 3, shoe.key: "42"})
    stranger = make.contact(make.account("Elsewhere"), custom={"points": 9})

    fields.delete(admin, points)

    ada.refresh_from_db()
    stranger.refresh_from_db()
    assert (ada.custom, stranger.custom) == ({"shoe": "42"}, {"points": 9})


def test_agents_change_no_fields(account, admin):
    agent, points = make.member(account, "agent"), fields.create(admin, "Points", "number")

    for verb in (
        lambda: fields.create(agent, "Shoe", "text"),
        lambda: fields.rename(agent, points, "Shoe"),
        lambda: fields.delete(agent, points),
    ):
        with pytest.raises(NotAllowed, match="Ask Ana Ruiz"):
            verb()


def test_two_fields_never_have_one_name(admin):
    fields.create(admin, "Points", "number")

    with pytest.raises(Conflict, match="already"):
        fields.create(admin, "POINTS", "text")
