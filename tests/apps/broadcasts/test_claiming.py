"""Which messages a worker takes up next, with real claimers side by side."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from stopline.apps.broadcasts import broadcast as broadcasts
from stopline.apps.sending import gate, queries
from stopline.apps.sending.models import Connection, Message, Stream
from tests import make
from tests.apps.broadcasts.conftest import hand_over, sent
from tests.apps.sending.test_handover import run

pytestmark = pytest.mark.django_db(transaction=True)


def people(account, number):
    return [make.contact(account) for _ in range(number)]


def claims(*, busy=(), batch=100):
    """One claim, as a worker makes it."""

    async def once(handover):
        handover.batch = batch
        return await handover.claim_stream(busy)

    return run(once)


def next_look(busy=()):
    return run(lambda handover: handover.next_stream(busy))


def rest_over():
    Stream.objects.update(free_at=timezone.now())


def rest(broadcast):
    """Seconds from its last turn to the next."""
    stream = Stream.objects.get(broadcast_id=broadcast.id)
    return round((stream.free_at - stream.served_at).total_seconds(), 1)


def test_two_claimers_never_take_the_same_message(account, admin):
    people(account, 60)
    sent(admin), sent(admin)

    async def race(handover):
        handover.batch = 7

        async def claimer():
            mine = []
            while claimed := await handover.claim_stream():
                mine += [each.id for each in claimed]
            return mine

        return await asyncio.gather(*(claimer() for _ in range(4)))

    found = [message for mine in run(race) for message in mine]

    assert len(found) == len(set(found))
    rest_over()
    left = claims()
    while left:  # a claimer that lost the race for a stream may have gone home early
        found += [each.id for each in left]
        rest_over()
        left = claims()
    assert len(found) == len(set(found)) == 120


@pytest.mark.parametrize("state", ["paused", "removed"])
def test_nothing_is_taken_for_a_connection_out_of_use(account, admin, state):
    people(account, 1)
    sent(admin)
    Connection.objects.update(state=state)

    assert claims() == []
    assert next_look() is None


@pytest.mark.parametrize("state", ["paused", "stopped"])
def test_nothing_is_taken_of_a_stream_at_rest(account, admin, state):
    people(account, 1)
    sent(admin)
    Stream.objects.update(state=state)

    assert claims() == []
    assert next_look() is None


def test_nothing_is_taken_before_it_is_due(account, admin):
    people(account, 2)
    broadcast = sent(admin)
    first = Message.objects.filter(broadcast_id=broadcast.id).first()
    Message.objects.filter(id=first.id).update(due_at=timezone.now() + timedelta(hours=1))

    assert first.id not in [each.id for each in claims()]
    rest_over()
    assert claims() == []


def test_a_busy_connection_is_passed_over(account, admin):
    people(account, 1)
    sent(admin)
    way = account.connections.get()

    assert claims(busy=[way.id]) == []
    assert next_look(busy=[way.id]) is None
    assert len(claims()) == 1


def test_a_stream_in_which_nothing_is_due_rests_a_moment_and_lets_others_be_looked_at(account, admin):
    people(account, 1)
    broadcast = sent(admin)
    claims()

    assert claims() == []

    assert rest(broadcast) == 1


def test_the_pace_of_a_connection_is_one_for_all_its_streams(account, admin):
    Connection.objects.update(rate=0.02)
    people(account, 5)
    sent(admin), sent(admin)

    first, second = claims(), claims()

    assert (len(first), second) == (1, [])  # whichever stream asks
    assert 20 < next_look() <= 50
    Connection.objects.update(free_at=timezone.now())
    then = claims()
    assert len(then) == 1
    assert then[0].broadcast_id != first[0].broadcast_id


def test_a_pace_is_kept_by_claimers_that_come_at_the_same_moment(account, admin):
    people(account, 5)
    sent(admin, rate=0.02)

    async def race(handover):
        rounds = [await asyncio.gather(*(handover.claim_stream() for _ in range(3))) for _ in range(5)]
        return [len(claimed) for each in rounds for claimed in each]

    assert sum(run(race)) == 1


def test_the_slower_of_two_paces_counts(account, admin):
    Connection.objects.update(rate=100)
    people(account, 5)
    sent(admin, rate=6)

    assert len(claims()) == 3  # half a second's worth


def test_a_pace_below_one_still_takes_one(account, admin):
    people(account, 2)
    broadcast = sent(admin, rate=0.02)

    assert len(claims()) == 1
    assert claims() == []  # though the connection would be free
    assert rest(broadcast) == 50


def test_replies_never_wait_in_a_stream_and_broadcasts_never_in_the_queue(account, admin):
    people(account, 1)
    sent(admin)

    assert run(lambda handover: handover.claim()) == []


def test_what_a_worker_claimed_and_never_handed_over_is_not_claimed_again(account, admin):
    people(account, 1)
    sent(admin)
    claims()
    rest_over()

    assert claims() == []


def test_a_batch_of_somebody_else_by_now_is_not_handed_over(account, admin, provider):
    """We slept past the lease; another worker has taken the messages up."""
    people(account, 3)
    broadcast = sent(admin)
    claimed = claims()
    Message.objects.filter(id=claimed[0].id).update(attempt_id=make.account("Other").id)

    run(lambda handover: handover.hand_over(claimed))

    assert sorted(body["id"] for body in provider.got) == sorted(str(each.id) for each in claimed[1:])
    assert Message.objects.get(broadcast_id=broadcast.id, id=claimed[0].id).state == "handing_over"


def test_a_pause_ends_nothing_that_is_in_hand_and_begins_nothing_else(account, admin, provider, monkeypatch):
    people(account, 4)
    broadcast = sent(admin)
    in_hand = claims(batch=2)

    broadcasts.pause(broadcast)
    run(lambda handover: handover.hand_over(in_hand))

    assert hand_over() == []
    assert len(provider.got) == 2


def test_two_workers_never_have_more_marketing_reach_somebody_than_the_cap(account, admin, provider):
    """They judge side by side: what one of them counts must stay true until it has handed over."""
    from stopline.apps.sending.models import SendingRules

    SendingRules.objects.create(account=account, cap=1, cap_days=7, keeps_hours=False)
    people(account, 10)
    sent(admin, purpose="marketing"), sent(admin, purpose="marketing")

    async def side_by_side(handover):
        batches = [await handover.claim_stream(), await handover.claim_stream()]
        assert [len(each) for each in batches] == [10, 10]
        await asyncio.gather(*(handover.hand_over(each) for each in batches))

    run(side_by_side)

    assert len(provider.got) == len({body["to"] for body in provider.got}) == 10


def test_the_locks_of_a_judgement_are_held_until_its_hand_offs_have_ended(account, admin, provider):
    """An unsubscribe that comes meanwhile waits; gate.judge alone would be no promise."""
    (ada,) = people(account, 1)
    sent(admin)

    async def judge(handover):
        claimed = await handover.claim_stream()
        async with handover.pool.connection() as preparing, preparing.cursor() as cursor:
            await gate.ensure(cursor, claimed)
        async with handover.pool.connection() as holding, holding.transaction(), holding.cursor() as cursor:
            judged = await gate.judge(cursor, claimed)
            assert [each.verdict.allowed for each in judged] == [True]
            async with handover.pool.connection() as other:
                stops = "SELECT FROM consent_subscription WHERE address = %s FOR NO KEY UPDATE SKIP LOCKED"
                return (await other.execute(stops, [ada.phone])).rowcount

    assert run(judge) == 0


def test_a_claim_reads_no_more_of_a_long_queue_than_it_takes(account, admin):
    """With a million waiting, reading them all for each batch would take longer than sending it."""
    people(account, 300)
    sent(admin)
    with connection.cursor() as cursor:
        for table in ("sending_message", "sending_stream", "sending_connection"):
            cursor.execute(f"ANALYZE {table}")
        cursor.execute("SET enable_seqscan = off")  # so few rows are read whole, whatever the indexes

        told = {"attempt": uuid4(), "lease": 30.0, "limit": 5, "busy": [], "look_again": 1.0}
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {queries.CLAIM_STREAM}", told)
        (((plan,),),) = cursor.fetchall()
        cursor.execute("RESET enable_seqscan")

    queue = [node for node in nodes(plan["Plan"]) if node.get("Index Name") == "queue_of_connection"]
    assert [node["Actual Rows"] for node in queue] == [5]


def nodes(plan):
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)
