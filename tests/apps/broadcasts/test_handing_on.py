"""A connection that goes while broadcasts wait for it: their messages leave by another one, or by none."""

import pytest

from stopline.apps.broadcasts import broadcast as broadcasts
from stopline.apps.broadcasts import running, writing
from stopline.apps.sending import connections, routes
from stopline.apps.sending.models import Connection, Message, Stream
from tests import make
from tests.apps.broadcasts.conftest import draft, fresh, hand_over, sent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def former(account):
    return account.connections.get()


@pytest.fixture
def later(account, former):
    return make.connection(account, name="Later")


def states(broadcast):
    return dict(
        Stream.objects.filter(broadcast_id=broadcast.id).values_list("connection__name", "state").order_by()
    )


def ways_of(broadcast):
    found = Message.objects.filter(broadcast_id=broadcast.id)
    return {each.connection.name for each in found.select_related("connection")}


def test_what_waits_for_a_removed_connection_leaves_by_another_as_fast(
    account, admin, provider, former, later
):
    make.contact(account)
    window = {"days": [1, 2, 3, 4, 5, 6, 7], "start": "00:00", "end": "23:59"}
    broadcast = sent(admin, rate=5, window=window)

    connections.remove(admin, former.id)

    moved = Stream.objects.get(broadcast_id=broadcast.id, connection_id=later.id)
    assert ways_of(broadcast) == {"Later"}
    assert (moved.state, moved.rate, moved.window) == ("running", 5, window)


@pytest.mark.parametrize("move", ["pause", "cancel"])
def test_what_was_paused_or_cancelled_stays_so_on_its_new_way(account, admin, provider, former, later, move):
    make.contact(account)
    broadcast = sent(admin)
    getattr(broadcasts, move)(broadcast)

    connections.remove(admin, former.id)

    assert hand_over() == []
    assert states(broadcast)["Later"] == {"pause": "paused", "cancel": "stopped"}[move]


def test_it_is_done_only_when_what_was_handed_on_has_left(account, admin, provider, former, later):
    make.contact(account)
    broadcast = sent(admin)
    connections.remove(admin, former.id)

    running.look()
    before = fresh(broadcast).state
    hand_over()
    running.look()

    assert (before, fresh(broadcast).state, len(provider.got)) == ("sending", "done", 1)


def test_messages_of_several_broadcasts_each_find_their_own_stream(account, admin, provider, former, later):
    make.contact(account)
    running_one, paused = sent(admin), sent(admin)
    broadcasts.pause(paused)

    assert routes.hand_on(account.id, former.id) == 0  # it still is the way they take
    Connection.objects.filter(id=former.id).update(state="paused")
    assert routes.hand_on(account.id, former.id) == 2

    assert (states(running_one)["Later"], states(paused)["Later"]) == ("running", "paused")
    hand_over()
    assert Message.objects.get(broadcast_id=running_one.id).state == "sent"
    assert Message.objects.get(broadcast_id=paused.id).state == "queued"


def test_a_stream_that_is_there_already_takes_the_state_of_the_broadcast(
    account, admin, provider, former, later
):
    make.contact(account)
    broadcast = sent(admin)
    stopped = Stream.objects.get(broadcast_id=broadcast.id)
    Stream.objects.create(
        account_id=account.id,
        broadcast_id=broadcast.id,
        channel="sms",
        connection_id=later.id,
        state="stopped",
    )

    connections.remove(admin, former.id)

    assert stopped.state == "running"
    assert states(broadcast)["Later"] == "running"


def test_a_way_that_changes_while_messages_are_written_has_a_stream_for_the_rest(
    account, admin, provider, former
):
    for _ in range(4):
        make.contact(account)
    broadcast = draft(admin)
    broadcasts.send(admin, broadcast)
    writing.advance(account.id, broadcast.id, size=2)
    make.connection(account, name="Later")
    Connection.objects.filter(id=former.id).update(state="paused")

    writing.run(account.id, broadcast.id)
    hand_over()

    assert states(broadcast) == {"Sandbox": "running", "Later": "running"}
    assert len(provider.got) == 2
    Connection.objects.filter(id=former.id).update(state="active")
    hand_over()
    running.look()
    assert (len(provider.got), fresh(broadcast).state) == (4, "done")
