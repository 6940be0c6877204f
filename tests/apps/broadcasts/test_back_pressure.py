"""A provider that is busy: the broadcasts of its connection rest, everything else goes on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from stopline.apps.sending.models import Connection, Message, Stream
from stopline.providers.errors import TryLater, TryPersonLater
from stopline.providers.sandbox.sender import SandboxSender
from tests import loopback, make
from tests.apps.broadcasts.conftest import fresh, hand_over, sent
from tests.apps.sending.test_handover import one_batch, queued, run

pytestmark = pytest.mark.django_db(transaction=True)
BUSY = loopback.answers(429, {}, {"Retry-After": "70"})
BUSY_FOR_SOME_TIME = loopback.answers(429)


def resting(connection_id=None):
    """Seconds, rounded up; 0 where it doesn't."""
    found = Connection.objects.filter(id=connection_id) if connection_id else Connection.objects.all()
    free_at = found.get().free_at
    left = (free_at - timezone.now()).total_seconds() if free_at else 0
    return max(0, -(-left // 1))


def rested(**more):
    """As if the time had passed."""
    now = timezone.now() - timedelta(seconds=1)
    Connection.objects.update(free_at=now, **more)
    Stream.objects.update(free_at=now)
    Message.objects.filter(state="queued").update(due_at=now)


def test_a_connection_rests_as_long_as_its_provider_asked(account, admin, provider):
    make.contact(account)
    broadcast = sent(admin)
    provider.answer = BUSY

    hand_over()

    waiting = Message.objects.get(broadcast_id=broadcast.id)
    assert 40 <= resting() <= 70
    assert (waiting.state, len(provider.got)) == ("queued", 1)
    assert waiting.due_at > timezone.now() + timedelta(seconds=40)


def test_without_a_word_of_how_long_it_rests_twice_as_long_each_time_until_something_gets_through(
    account, admin, provider
):
    make.contact(account)
    sent(admin)
    provider.answer = BUSY_FOR_SOME_TIME

    rests = []
    for _ in range(8):
        hand_over(batches=1)
        rests.append(Connection.objects.get().rest)
        rested()
    provider.answer = loopback.accepts
    hand_over()

    assert rests == [1, 2, 4, 8, 16, 32, 60, 60]
    assert Connection.objects.get().rest is None


def test_batches_that_come_back_together_are_one_reason_to_rest(account, admin, provider, monkeypatch):
    monkeypatch.setattr("stopline.apps.sending.handover.BATCH", 1)
    for _ in range(3):
        make.contact(account)
    sent(admin)
    Connection.objects.update(rest=15)
    provider.answer = BUSY_FOR_SOME_TIME

    async def three_at_once(handover):
        handover.batch = 1
        claimed = [await handover.claim_stream() for _ in range(3)]
        for each in claimed:
            await handover.hand_over(each)

    run(three_at_once)

    assert len(provider.got) == 3
    assert Connection.objects.get().rest == 30


def test_only_the_busy_connection_rests_and_what_people_write_leaves_by_it(account, admin, provider):
    other = make.account("Other")
    make.connection(other)
    reply = queued(account)
    make.contact(other)
    mine, theirs = sent(admin), sent(make.member(other))
    busy = account.connections.get()
    Connection.objects.filter(id=busy.id).update(free_at=timezone.now() + timedelta(seconds=60))

    hand_over()
    run(one_batch)

    assert not Message.objects.filter(broadcast_id=mine.id, state="sent").exists()
    assert Message.objects.get(broadcast_id=theirs.id).state == "sent"
    assert Message.objects.get(id=reply.id).state == "sent"


def test_one_who_writes_replies_meets_no_rest_that_a_reply_has_caused(account, admin, provider):
    reply = queued(account)
    provider.answer = BUSY_FOR_SOME_TIME
    run(one_batch)
    assert account.connections.get().rest == 1  # the broadcasts; the reply itself is due by its own attempts

    provider.answer = loopback.accepts
    Message.objects.filter(id=reply.id).update(due_at=timezone.now())
    run(one_batch)

    assert Message.objects.get(id=reply.id).state == "sent"


def test_a_provider_that_is_busy_for_long_costs_no_message_its_attempts(account, admin, provider):
    make.contact(account)
    broadcast = sent(admin)
    provider.answer = BUSY_FOR_SOME_TIME
    for _ in range(12):
        hand_over(batches=1)
        rested()

    provider.answer = loopback.accepts
    hand_over()

    assert Message.objects.get(broadcast_id=broadcast.id).state == "sent"


def test_one_that_was_put_off_for_days_is_given_up_and_says_so(account, admin, provider):
    make.contact(account)
    broadcast = sent(admin)
    provider.answer = BUSY_FOR_SOME_TIME
    four_days_ago = timezone.now() - timedelta(days=4)
    Message.objects.filter(broadcast_id=broadcast.id).update(attempts=7, created_at=four_days_ago)

    hand_over()

    failed = Message.objects.get(broadcast_id=broadcast.id)
    assert (failed.state, "Given up after 8 attempts" in failed.failure) == ("failed", True)


@pytest.mark.parametrize(("error", "rests"), [(TryLater, True), (TryPersonLater, False)])
def test_what_is_only_about_one_person_keeps_nobody_else_waiting(
    account, admin, provider, monkeypatch, error, rests
):
    make.contact(account)
    broadcast = sent(admin)

    async def send(self, permit, message):
        raise error(after_seconds=86_400)

    monkeypatch.setattr(SandboxSender, "send", send)

    hand_over()

    assert (resting() > 0) is rests
    assert Message.objects.get(broadcast_id=broadcast.id).due_at > timezone.now() + timedelta(hours=23)
    assert fresh(broadcast).state == "sending"
