"""The promise while a broadcast runs, with real processes: STOP over HTTP, and everything that can go wrong with it."""

import asyncio
import threading
import time

import psutil
import pytest

from tests import loopback
from tests.doors.cli.copies import wait_until
from tests.promise.colleague import CONFIRMATION
from tests.promise.skewed import WORKS_HERE, SkewedClock

PEOPLE = 3000
OTHERS = 400  # of a second account
AT_ONCE = 1.0  # seconds in which pause and cancel take effect
SLACK = 1.5  # seconds more for a machine that does much else
BOUND = 15.0  # seconds: gate.START_WITHIN, and what a provider may take to answer


def test_people_say_stop_while_a_broadcast_leaves(calm, record_property):
    sending = calm(PEOPLE).send()
    # From the last to the first: however fast either is, the broadcast meets some before their STOP, some after it.
    people = sending.stops(100, pause=0.02)
    people.addresses = people.addresses[::-1]

    sending.wait_until_left(100)
    people.start()
    people.join(120)

    late = sending.prove(people)
    assert late is not None and sending.states.get("refused", 0) > 0
    assert len([each for each in sending.receipts if each.text == CONFIRMATION]) == 100
    record_property("measured: last hand-off − acknowledged STOP, during a broadcast", f"{late:.3f} s")


@pytest.mark.parametrize("verb", ["pause", "cancel"])
def test_it_rests_within_a_second(calm, verb):
    sending = calm(PEOPLE).send()
    sending.wait_until_left(100)

    acknowledged = sending.order(verb)
    time.sleep(AT_ONCE + SLACK + 0.5)

    late = (AT_ONCE + SLACK) * 1e9
    before, waiting = sending.left(), sending.states.get("queued", 0) + sending.states.get("cancelled", 0)
    assert [each for each in sending.receipts if each.started_ns > acknowledged + late] == []
    assert waiting > 0
    if verb == "pause":
        sending.order("resume")
        sending.settle()
        assert sending.left() == PEOPLE
    else:
        cleared = {"cancelled": PEOPLE - before, "delivered": before}
        wait_until(lambda: sending.states == cleared, 30, lambda: f": {sending.states}, wanted {cleared}")


def test_the_worker_and_the_database_are_killed_while_a_broadcast_leaves(rough):
    sending = rough(PEOPLE).send()
    people = sending.stops(80, pause=0.1)
    people.start()
    sending.wait_until_left(100)

    sending.copy.part("worker").kill()
    time.sleep(2)
    sending.copy.part("postgres").kill()
    people.join(120)

    sending.prove(people)


def test_the_worker_is_killed_while_messages_are_written_and_everybody_has_one(rough):
    sending = rough(40_000)
    held = "UPDATE sending_connection SET state = %s WHERE account_id = %s RETURNING 1"
    sending.ask(held, "paused", sending.account)  # so that all are still there to be counted
    sending.send()
    written = "SELECT looked_at, written_at IS NOT NULL FROM broadcasts_broadcast WHERE id = %s"

    wait_until(lambda: sending.ask(written, sending.broadcast)[0][0] > 0, 60)
    sending.copy.part("worker").kill()
    killed_at, whole = sending.ask(written, sending.broadcast)[0]
    # Its job is missed a minute later; here as if that had passed.
    lost = (
        "UPDATE broadcasts_broadcast SET progress_at = now() - interval '2 minutes' WHERE id = %s RETURNING 1"
    )
    sending.ask(lost, sending.broadcast)

    wait_until(
        lambda: sending.ask(written, sending.broadcast)[0][1], 120, lambda: sending.copy.said()[-3000:]
    )
    counts = "SELECT count(*), count(DISTINCT contact_id) FROM sending_message WHERE broadcast_id = %s"
    assert sending.ask(counts, sending.broadcast) == [(40_000, 40_000)]
    assert 0 < killed_at < 40_000 and not whole


@pytest.mark.skipif(not WORKS_HERE, reason="needs libfaketime")
def test_a_worker_frozen_past_its_lease_whose_clock_jumps_hands_nothing_over_when_it_wakes(rough, tmp_path):
    """It shares a broadcast with another worker, its clock jumps a day ahead while it sends, and two days back while it
    is frozen. Only the gateway's clock is believed."""
    sending = rough(PEOPLE * 2)  # so that the other doesn't send them all before this one has begun
    clock = SkewedClock(tmp_path / "clock")
    odd = psutil.Process(sending.copy.spawn("worker", **clock.environment).pid)
    wait_until(lambda: workers(sending) == 2, 60, sending.copy.said)

    sending.send()
    clock.jump("+1d")
    wait_until(lambda: ahead(sending) > 0, 120, lambda: f": {sending.states}\n{sending.copy.said()[-3000:]}")
    odd.suspend()
    clock.jump("-1d")
    frozen_at = time.time_ns()
    people = sending.stops(60, pause=0.1)
    people.start()
    time.sleep(33)  # longer than its lease, and than the server lets a transaction sit idle
    people.join(120)
    odd.resume()

    sending.prove(people, moment=lambda receipt: receipt.received_ns)
    assert {each.received_ns > frozen_at for each in sending.receipts if each.text != CONFIRMATION} == {
        True,
        False,
    }
    odd.terminate()


def test_two_workers_side_by_side_hand_nothing_over_twice(calm):
    sending = calm(PEOPLE)
    second = sending.copy.spawn("worker")
    wait_until(lambda: workers(sending) == 2, 60)
    try:
        people = sending.send().stops(40, pause=0.02)
        people.start()
        people.join(120)

        sending.prove(people)
    finally:
        second.terminate()
        second.wait(30)


def test_a_provider_that_hangs_holds_up_neither_the_others_nor_a_stop_for_long(rough):
    tokens = []

    async def answer(request):
        while request.headers["Authorization"].endswith(tuple(tokens)):  # noqa: ASYNC110 (another thread ends it)
            await asyncio.sleep(0.1)
        return await loopback.accepts(request)

    with loopback.provider(answer) as provider:
        hanging = rough(PEOPLE, STOPLINE_SANDBOX_URL=provider.url)
        other = rough(OTHERS)
        tokens.append(hanging.token)
        hanging.send()
        wait_until(lambda: len(provider.got) >= 100, 60)
        asked = provider.got[0]["to"]  # somebody in the hands of the provider that hangs

        stopper = threading.Thread(target=lambda: took.append(stop(hanging, asked)))
        took: list[float] = []
        stopper.start()
        other.send()
        wait_until(lambda: other.states.get("sent", 0) == OTHERS, 120, lambda: f": {other.states}")
        stopper.join(120)

        assert hanging.states.get("sent", 0) == 0
        assert took[0] < BOUND * 2  # twice: for a machine that does much else
        tokens.clear()


def stop(sending, address):
    started = time.monotonic()
    people = sending.stops(1, pause=0)
    people.addresses = [address]
    people.run()
    return time.monotonic() - started


def ahead(sending):
    """Receipts whose sender's clock had jumped."""
    return sum(receipt.started_ns > receipt.received_ns + 3600e9 for receipt in sending.receipts)


def workers(sending):
    found = sending.ask(
        "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds'"
    )
    return found[0][0]
