"""Which connection takes a message: the longest beginning wins, and a paused one keeps its own."""

import pytest

from stopline.apps.sending import queue, routes
from stopline.apps.sending.models import Connection, Route
from stopline.rules.errors import InvalidInput, NotFound
from stopline.rules.words import Channel
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return make.member(make.account())


@pytest.fixture
def ways(admin):
    return {
        name: make.connection(admin.account, name=name, channels=["sms"])
        for name in ("first", "de", "berlin")
    }


def taken_by(admin, address, channel=Channel.SMS):
    return queue.connection_for(admin.account_id, channel, address).name


def test_without_routes_the_oldest_active_connection_takes_it(admin, ways):
    before = taken_by(admin, "+14155550123")

    Connection.objects.filter(id=ways["first"].id).update(state="paused")

    assert (before, taken_by(admin, "+14155550123")) == ("first", "de")


def test_the_longest_beginning_wins_and_the_empty_one_takes_the_rest(admin, ways):
    routes.put(admin, "sms", "+49", ways["de"].id)
    routes.put(admin, "sms", "0049 30", ways["berlin"].id)
    routes.put(admin, "sms", "", ways["first"].id)

    found = [taken_by(admin, address) for address in ("+4915112345678", "+493012345678", "+14155550123")]

    assert found == ["de", "berlin", "first"]


def test_a_route_to_a_paused_connection_keeps_its_messages(admin, ways):
    routes.put(admin, "sms", "+49", ways["de"].id)

    Connection.objects.filter(id=ways["de"].id).update(state="paused")

    assert taken_by(admin, "+4915112345678") == "de"


def test_a_route_of_the_same_beginning_replaces_the_former(admin, ways):
    routes.put(admin, "sms", "+49", ways["de"].id)
    routes.put(admin, "sms", "+49", ways["berlin"].id)

    assert Route.objects.get().connection_id == ways["berlin"].id


def test_a_removed_route_takes_nothing_any_more(admin, ways):
    routes.put(admin, "sms", "+49", ways["de"].id)

    routes.remove(admin, "sms", "+49")

    assert taken_by(admin, "+4915112345678") == "first"
    with pytest.raises(NotFound):
        routes.remove(admin, "sms", "+49")


@pytest.mark.parametrize(
    ("channel", "prefix", "said"),
    [
        ("sms", "49", "not how an international number begins"),
        ("sms", "+0", "not how an international number begins"),
        ("sms", "+4930123456789", "not how an international number begins"),
        ("email", "+49", "has no numbers"),
        ("chat", "", "no channel"),
        ("whatsapp", "", "doesn't carry WhatsApp"),
    ],
)
def test_a_route_that_could_never_take_anything_is_refused(admin, ways, channel, prefix, said):
    email = make.connection(admin.account, name="mail", channels=["email"])

    with pytest.raises(InvalidInput, match=said):
        routes.put(admin, channel, prefix, email.id if channel == "email" else ways["de"].id)


def test_nothing_carries_it(admin):
    with pytest.raises(InvalidInput, match="No connection sends SMS"):
        queue.connection_for(admin.account_id, Channel.SMS, "+14155550123")
