"""The way out, against a real provider on loopback and a real PostgreSQL."""

import asyncio
import threading
import time
from datetime import timedelta

import psycopg
import pytest
from aiohttp import web
from django.db import connection as database
from django.utils import timezone
from psycopg_pool import AsyncConnectionPool

from stopline.apps.accounts import live
from stopline.apps.consent import subscription
from stopline.apps.consent.models import Entry
from stopline.apps.inbox import receive, stored
from stopline.apps.sending import gate, outcome, queue
from stopline.apps.sending.handover import Handover
from stopline.apps.sending.models import InboundEvent, Message
from stopline.providers.base import Receipt
from stopline.providers.errors import OptedOutAtProvider, PermitLapsed
from stopline.providers.sandbox.sender import SandboxSender
from stopline.rules.words import Channel, MessageKind, MessageState, Source
from tests import loopback, make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def provider(monkeypatch):
    with loopback.provider() as playing:
        monkeypatch.setenv("STOPLINE_SANDBOX_URL", playing.url)
        yield playing


@pytest.fixture
def account():
    made = make.account()
    make.connection(made)
    return made


def queued(account, contact=None, kind=MessageKind.REPLY, text="Your bike is ready."):
    """A message waiting to leave, in the contact's conversation."""
    contact = contact or make.contact(account)
    taken = receive.take(account.connections.get(), make.received("Is it ready?", sender=contact.phone))
    return queue.put(
        account.id,
        conversation_id=taken.conversation_id,
        contact_id=contact.id,
        channel=Channel.SMS,
        address=contact.phone,
        text=text,
        kind=kind,
    )


def run(work):
    """Runs `work(handover)` in a worker of its own."""

    async def worker():
        async with AsyncConnectionPool(
            kwargs=live.connection_parameters(), min_size=1, max_size=4, open=False
        ) as pool:
            handover = Handover(pool)
            try:
                return await work(handover)
            finally:
                await handover.close()

    return asyncio.run(worker())


async def one_batch(handover):
    await handover.hand_over(await handover.claim())


def stop(account, contact):
    return subscription.unsubscribe(
        account.id, [("sms", contact.phone)], source=Source.ADMIN, actor=make.system(), contact_id=contact.id
    )


def fresh(message):
    return Message.objects.get(account_id=message.account_id, id=message.id)


def test_a_queued_message_is_handed_over_once_and_keeps_the_providers_id(account, provider):
    message = queued(account)

    run(one_batch)
    run(one_batch)

    sent = fresh(message)
    assert (sent.state, sent.provider_id) == (MessageState.SENT, f"p-{message.id}")
    assert [body["to"] for body in provider.got] == [message.address]


def test_a_message_queued_before_the_opt_out_is_refused_with_its_reason_and_entry(account, provider):
    contact = make.contact(account)
    message = queued(account, contact)
    stop(account, contact)

    run(one_batch)

    refused = fresh(message)
    entry = Entry.objects.get(account=account, channel="sms", address=contact.phone)
    assert (refused.state, refused.refusal, refused.entry_id) == ("refused", "unsubscribed", entry.id)
    assert refused.checked_at is not None
    assert provider.got == []


def test_one_refused_or_failing_message_never_sinks_its_batch(account, provider):
    stopped = make.contact(account)
    messages = [queued(account), queued(account, stopped), queued(account, text="bad"), queued(account)]
    stop(account, stopped)

    async def picky(request):
        body = await request.json()
        return web.Response(status=500) if body["text"] == "bad" else await loopback.accepts(request)

    provider.answer = picky
    run(one_batch)

    assert [fresh(message).state for message in messages] == ["sent", "refused", "handing_over", "sent"]
    # Also what came to nothing says when the gate looked: a report holds every hand-off against the ledger.
    assert all(fresh(message).checked_at for message in messages)


def test_an_opt_out_waits_for_the_hand_off_in_flight_and_nothing_starts_behind_it(account, provider):
    contact = make.contact(account)
    first = queued(account, contact)
    in_flight, acknowledged = threading.Event(), []

    async def slow(request):
        in_flight.set()
        await asyncio.sleep(0.6)
        acknowledged.append(("answered", time.monotonic()))
        return await loopback.accepts(request)

    def opt_out():
        in_flight.wait(5)
        stop(account, contact)
        acknowledged.append(("acknowledged", time.monotonic()))
        database.close()

    provider.answer = slow
    person = threading.Thread(target=opt_out)
    person.start()
    run(one_batch)
    person.join(5)
    second = queued(account, contact)
    run(one_batch)

    assert [what for what, _ in acknowledged] == ["answered", "acknowledged"]
    assert (fresh(first).state, fresh(second).state) == ("sent", "refused")
    assert len(provider.got) == 1


def test_who_waits_for_the_connections_row_keeps_nobody_waiting_who_says_stop(account, provider):
    """A worker that is frozen while it notes how the connection fared holds that row for as long as the server lets it;
    the batches of all others want it too."""
    contact = make.contact(account)
    message = queued(account, contact)
    in_flight = threading.Event()

    async def taken(request):
        in_flight.set()
        return await loopback.accepts(request)

    async def frozen_in_between(handover):
        claimed = await handover.claim()
        async with asyncio.timeout(15), handover.pool.connection() as frozen:
            await frozen.execute("SELECT FROM sending_connection FOR NO KEY UPDATE")
            sending = asyncio.create_task(handover.hand_over(claimed))
            await asyncio.to_thread(in_flight.wait, 15)
            await asyncio.to_thread(lambda: (stop(account, contact), database.close()))
            assert not sending.done()
            await frozen.rollback()
        await sending

    provider.answer = taken
    run(frozen_in_between)

    assert Entry.objects.get(account_id=account.id).standing == "unsubscribed"
    assert fresh(message).state == "sent"
    assert account.connections.get().last_sent_at


def test_an_opt_out_committed_between_claim_and_judgement_stops_the_message(account, provider):
    contact = make.contact(account)
    message = queued(account, contact)

    async def interrupted(handover):
        claimed = await handover.claim()
        await asyncio.to_thread(lambda: (stop(account, contact), database.close()))
        await handover.hand_over(claimed)

    run(interrupted)

    assert fresh(message).refusal == "unsubscribed"
    assert provider.got == []


def test_a_worker_that_slept_past_its_deadline_sends_nothing_and_gives_the_message_back(
    account, provider, monkeypatch
):
    message = queued(account)
    monkeypatch.setattr(gate, "START_WITHIN", -1)

    run(one_batch)

    back = fresh(message)
    assert (back.state, back.attempts) == ("queued", 0)
    assert provider.got == []


def test_a_permit_lapses_with_the_connection_that_holds_its_lock(account, provider):
    queued(account)

    async def lose_the_lock(handover):
        claimed = await handover.claim()
        async with handover.pool.connection() as connection, connection.cursor() as cursor:
            await gate.ensure(cursor, claimed)
            (judged,) = await gate.judge(cursor, claimed)
            judged.permit.check()  # good while the lock is held
            await asyncio.to_thread(terminate, connection.info.backend_pid)
            with pytest.raises(PermitLapsed):
                judged.permit.check()

    def terminate(pid):
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 2000)", [pid])
        database.close()

    with pytest.raises(psycopg.errors.AdminShutdown):  # what leaving the transaction meets
        run(lose_the_lock)


def test_an_outcome_is_written_down_although_the_database_went_away_meanwhile(account, provider):
    message = queued(account)

    async def cuts_the_worker_off(request):
        await asyncio.to_thread(cut)
        return await loopback.accepts(request)

    def cut():
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity "
                "WHERE state = 'idle in transaction' AND datname = current_database()"
            )
        database.close()

    provider.answer = cuts_the_worker_off
    run(one_batch)

    assert (fresh(message).state, len(provider.got)) == ("sent", 1)


@pytest.mark.parametrize(
    ("answer", "state", "waits"),
    [
        (loopback.answers(429, headers={"Retry-After": "120"}), "queued", True),
        (loopback.answers(503), "queued", True),
        (loopback.answers(422, {"detail": "No such number."}), "failed", False),
        (loopback.answers(401), "queued", False),  # held: its connection is paused
        (loopback.answers(500), "handing_over", False),  # until the provider was asked
        (loopback.answers(202, ["not", "an", "object"]), "handing_over", False),
        (loopback.hangs_up, "handing_over", False),
    ],
    ids=["429", "503", "422", "401", "500", "gibberish", "hang-up"],
)
def test_each_answer_of_a_provider_has_its_outcome(account, provider, answer, state, waits):
    message = queued(account)
    provider.answer = answer

    run(one_batch)

    after = fresh(message)
    assert after.state == state
    assert after.failure
    assert (after.due_at > timezone.now()) == waits


def test_retry_after_is_honoured(account, provider):
    message = queued(account)
    provider.answer = loopback.answers(429, headers={"Retry-After": "120"})

    run(one_batch)

    assert timedelta(seconds=110) < fresh(message).due_at - timezone.now() < timedelta(seconds=190)


def test_a_provider_out_of_reach_is_tried_again_and_given_up_in_the_end(account, monkeypatch):
    monkeypatch.setenv("STOPLINE_SANDBOX_URL", "http://127.0.0.1:9")
    message = queued(account)

    for _ in range(9):
        Message.objects.filter(id=message.id).update(due_at=timezone.now())
        run(one_batch)

    given_up = fresh(message)
    assert (given_up.state, given_up.attempts) == ("failed", 8)
    assert "Given up after 8 attempts" in given_up.failure


def test_an_unknown_outcome_stays_unknown_where_the_provider_cannot_be_asked(account, provider, monkeypatch):
    monkeypatch.setattr(SandboxSender, "can_be_asked", False)
    message = queued(account)
    provider.answer = loopback.answers(500)

    run(one_batch)
    run(one_batch)

    assert (fresh(message).state, len(provider.got)) == ("unknown", 1)


def abandoned(message):
    Message.objects.filter(id=message.id).update(
        state="handing_over", attempt_id=message.id, lease_until=timezone.now() - timedelta(seconds=1)
    )


async def resolve(handover):
    return await handover.resolve_abandoned()


def test_what_a_dead_worker_handed_over_is_found_at_the_provider(account, provider):
    message = queued(account)
    abandoned(message)
    provider.answer = loopback.answers(200, {"id": "p-known"})

    run(resolve)

    assert (fresh(message).state, fresh(message).provider_id) == ("sent", "p-known")


def test_what_a_dead_worker_never_handed_over_goes_back_to_the_queue(account, provider):
    message = queued(account)
    abandoned(message)
    provider.answer = loopback.answers(404)

    run(resolve)

    assert fresh(message).state == "queued"


def test_an_outcome_nobody_can_tell_stays_unknown_and_is_never_sent_again_blindly(account, provider):
    message = queued(account)
    account.connections.update(provider="gone")
    abandoned(message)

    run(resolve)
    account.connections.update(provider="sandbox")
    run(one_batch)

    assert fresh(message).state == "unknown"
    assert provider.got == []


def test_a_worker_that_slept_past_its_lease_between_claim_and_judgement_sends_nothing(account, provider):
    message = queued(account)

    async def slept(handover):
        claimed = await handover.claim()
        await Message.objects.filter(id=message.id).aupdate(lease_until=timezone.now() - timedelta(seconds=1))
        provider.answer = loopback.answers(404)  # asked by another worker: it never arrived there
        await handover.resolve_abandoned()
        provider.answer = loopback.accepts
        await one_batch(handover)  # the other worker sends it
        await handover.hand_over(claimed)  # the first one wakes

    run(slept)

    assert (fresh(message).state, len(provider.got)) == ("sent", 1)


def test_a_message_in_flight_is_not_taken_for_abandoned_whatever_its_lease_says(account, provider):
    message = queued(account)
    resolved = []

    async def both(handover):
        claimed = await handover.claim()
        await Message.objects.filter(id=message.id).aupdate(lease_until=timezone.now() - timedelta(seconds=1))

        async def slow(request):
            await asyncio.sleep(0.5)
            return await loopback.accepts(request)

        provider.answer = slow
        sending = asyncio.create_task(handover.hand_over(claimed))
        await asyncio.sleep(0.2)
        resolved.append(await handover.resolve_abandoned())
        await sending

    run(both)

    assert (resolved, fresh(message).state, len(provider.got)) == ([0], "sent", 1)


def test_a_late_acceptance_replaces_an_outcome_that_was_given_up(account, provider):
    message = queued(account)

    async def slow(handover):
        claimed = await handover.claim()
        await Message.objects.filter(id=message.id).aupdate(state="unknown", attempt_id=account.id)
        await handover._record_later([outcome.accepted(claimed[0], Receipt("p-late"))])

    run(slow)

    assert (fresh(message).state, fresh(message).provider_id) == ("sent", "p-late")


def test_a_live_workers_lease_is_left_alone(account, provider):
    message = queued(account)
    Message.objects.filter(id=message.id).update(
        state="handing_over", attempt_id=message.id, lease_until=timezone.now() + timedelta(seconds=30)
    )

    assert run(resolve) == 0
    assert fresh(message).state == "handing_over"


def test_two_workers_never_claim_the_same_message(account, provider):
    messages = [queued(account) for _ in range(30)]

    async def race(handover):
        first, second = await asyncio.gather(handover.claim(), handover.claim())
        await asyncio.gather(handover.hand_over(first), handover.hand_over(second))

    run(race)

    assert sorted(body["id"] for body in provider.got) == sorted(str(message.id) for message in messages)


def test_one_persons_messages_arrive_in_the_order_they_were_written(account, provider):
    contact = make.contact(account)
    for number in range(8):
        queued(account, contact, text=f"{number}")

    async def hasty(request):
        await asyncio.sleep(0.05 if (await request.json())["text"] in "0246" else 0)
        return await loopback.accepts(request)

    provider.answer = hasty
    run(one_batch)

    assert [body["text"] for body in provider.got] == list("01234567")


def test_a_refused_token_pauses_the_connection_and_holds_its_queue_until_it_is_mended(account, provider):
    first, second = queued(account), queued(account)
    provider.answer = loopback.answers(401)

    run(one_batch)
    paused = account.connections.get()
    run(one_batch)
    tried = len(provider.got)
    provider.answer = loopback.accepts
    account.connections.update(state="active", paused_because="")
    run(one_batch)

    assert (paused.state, tried) == ("paused", 2)
    assert "token" in paused.paused_because
    assert (fresh(first).state, fresh(second).state) == ("sent", "sent")


def test_an_opt_out_at_the_provider_becomes_ours(account, provider, monkeypatch):
    contact = make.contact(account)
    message = queued(account, contact)

    async def opted_out(*_):
        raise OptedOutAtProvider

    monkeypatch.setattr(SandboxSender, "send", opted_out)
    run(one_batch)
    InboundEvent.objects.filter(applied_at=None).update(received_at="2026-01-01T00:00:00Z")
    stored.apply()

    entry = Entry.objects.get(account=account, channel="sms", address=contact.phone)
    assert (fresh(message).state, entry.source, entry.message_id) == ("failed", "provider", message.id)


def test_a_paused_connection_keeps_its_queue(account, provider):
    message = queued(account)
    account.connections.update(state="paused")

    run(one_batch)
    assert fresh(message).state == "queued"
    account.connections.update(state="active")
    run(one_batch)

    assert fresh(message).state == "sent"


def test_an_automation_is_held_while_an_opt_out_is_unclear_and_leaves_after_it_was_dismissed(
    account, provider
):
    contact = make.contact(account)
    message = queued(account, contact, kind=MessageKind.AUTOMATION)
    subscription.hold(account.id, [("sms", contact.phone)], message.id)

    run(one_batch)
    held = fresh(message)
    subscription.release(account.id, [("sms", contact.phone)])
    Message.objects.filter(id=message.id).update(due_at=timezone.now())
    run(one_batch)

    assert (held.state, held.refusal, held.attempts) == ("queued", "held", 0)
    assert (fresh(message).state, fresh(message).refusal) == ("sent", "")


def test_an_automation_held_for_too_long_is_refused(account, provider):
    contact = make.contact(account)
    message = queued(account, contact, kind=MessageKind.AUTOMATION)
    Message.objects.filter(id=message.id).update(created_at=timezone.now() - timedelta(days=2))
    subscription.hold(account.id, [("sms", contact.phone)], message.id)

    run(one_batch)

    assert (fresh(message).state, fresh(message).refusal) == ("refused", "held")
