"""A broadcast's whole life in any order: whatever is paused, resumed, claimed, lost and stopped meanwhile."""

import asyncio
from datetime import timedelta

import pytest
from django.test import TransactionTestCase
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from psycopg_pool import AsyncConnectionPool

from stopline.apps.accounts import live
from stopline.apps.broadcasts import broadcast as broadcasts
from stopline.apps.broadcasts import running, writing
from stopline.apps.broadcasts.models import Broadcast
from stopline.apps.consent import subscription
from stopline.apps.sending.handover import Handover
from stopline.apps.sending.models import Message, Stream
from stopline.providers.base import Receipt
from stopline.providers.errors import TryLater
from stopline.rules.errors import Conflict
from stopline.rules.words import Source
from tests import make
from tests.apps.broadcasts.conftest import draft, fresh

PEOPLE = 6


class Far:
    """The provider: remembers what was handed to it, and answers as it is told to."""

    can_be_asked = True

    def __init__(self):
        self.got = []  # (message, address)
        self.mood = "takes"

    async def send(self, permit, message):
        permit.check()
        if self.mood == "busy":
            raise TryLater
        self.got.append((message.id, message.address))
        if self.mood == "loses answers":
            raise RuntimeError("the answer was lost")
        return Receipt(f"p-{message.id}")

    async def find(self, message):
        return next((Receipt(f"p-{message.id}") for each, _ in self.got if each == message.id), None)

    async def close(self):
        pass


class Course(RuleBasedStateMachine):
    """Invariants: no hand-off to an address after its unsubscribe has committed, none of a message twice, none lost."""

    def __init__(self):
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.account = make.account()
        make.connection(self.account)
        self.people = [make.contact(self.account) for _ in range(PEOPLE)]
        self.far = Far()
        self.stopped = {}  # address: how many hand-offs there had been to it by then
        self.in_hand = []  # batches a worker has claimed and not handed over yet
        self.loop.run_until_complete(self.open())

    async def open(self):
        self.pool = AsyncConnectionPool(
            kwargs=live.connection_parameters(), min_size=1, max_size=3, open=False
        )
        await self.pool.open()
        self.handover = Handover(self.pool, batch=2)
        self.handover.sender = lambda provider: self.far

    @initialize()
    def send(self):
        admin = make.member(self.account)
        self.broadcast = draft(admin, "Hello")
        broadcasts.send(admin, self.broadcast)

    @rule(size=st.sampled_from([1, 2, 10]))
    def write(self, size):
        writing.advance(self.account.id, self.broadcast.id, size=size)

    @rule()
    def claim(self):
        if claimed := self.loop.run_until_complete(self.handover.claim_stream()):
            self.in_hand.append(claimed)

    @precondition(lambda self: self.in_hand)
    @rule()
    def hand_over(self):
        self.loop.run_until_complete(self.handover.hand_over(self.in_hand.pop(0)))

    @precondition(lambda self: self.in_hand)
    @rule()
    def die(self):
        """The worker that had it is gone, before or after the hand-off; its lease runs out."""
        lost = self.in_hand.pop(0)
        ids = [each.id for each in lost]
        Message.objects.filter(id__in=ids).update(lease_until=timezone.now() - timedelta(seconds=1))
        self.loop.run_until_complete(self.handover.resolve_abandoned())

    @precondition(lambda self: self.in_hand)
    @rule()
    def sleep_past_the_lease_and_wake(self):
        slept = self.in_hand[0]
        self.die()
        self.loop.run_until_complete(self.handover.hand_over(slept))

    @rule(mood=st.sampled_from(["takes", "takes", "busy", "loses answers"]))
    def change(self, mood):
        self.far.mood = mood

    @rule(who=st.integers(0, PEOPLE - 1))
    def unsubscribe(self, who):
        address = self.people[who].phone
        keys = [("sms", address)]
        subscription.unsubscribe(self.account.id, keys, source=Source.KEYWORD, actor=make.system())
        self.stopped.setdefault(address, self.handed_to(address))

    @rule(verb=st.sampled_from(["pause", "resume", "cancel"]))
    def order(self, verb):
        try:
            getattr(broadcasts, verb)(fresh(self.broadcast))
        except Conflict:
            return
        if verb != "resume":
            assert self.loop.run_until_complete(self.handover.claim_stream()) == []

    @rule()
    def look_after(self):
        running.look()

    @rule()
    def time_passes(self):
        now = timezone.now()
        Stream.objects.update(free_at=now)
        self.account.connections.update(free_at=now)
        Message.objects.filter(state="queued").update(due_at=now)
        unclear = Message.objects.filter(state="handing_over").exclude(
            id__in=[each.id for batch in self.in_hand for each in batch]
        )
        unclear.update(lease_until=now - timedelta(seconds=1))
        self.loop.run_until_complete(self.handover.resolve_abandoned())

    def handed_to(self, address):
        return sum(to == address for _, to in self.far.got)

    @invariant()
    def nothing_leaves_after_a_stop(self):
        assert {address: self.handed_to(address) for address in self.stopped} == self.stopped

    @invariant()
    def nothing_leaves_twice(self):
        assert len(self.far.got) == len({message for message, _ in self.far.got})

    @invariant()
    def nothing_is_lost(self):
        if not hasattr(self, "broadcast"):
            return
        written = Message.objects.filter(broadcast_id=self.broadcast.id)
        now = fresh(self.broadcast)
        assert written.count() == now.messages
        assert now.messages + sum(now.left_out.values()) == now.looked_at
        if now.state == Broadcast.State.DONE:
            assert now.looked_at == PEOPLE
            assert not written.filter(state__in=["queued", "handing_over"]).exists()
        taken = {message for message, _ in self.far.got}
        known = set(written.filter(state="sent").values_list("id", flat=True))
        assert known <= taken

    def teardown(self):
        """In the end everything that may leave has left."""
        if hasattr(self, "broadcast"):
            self.far.mood = "takes"
            self.finish()
        self.loop.run_until_complete(self.pool.close())
        self.loop.close()

    def finish(self):
        self.in_hand, lost = [], self.in_hand
        assert len(lost) < 100
        if fresh(self.broadcast).state == Broadcast.State.PAUSED:
            broadcasts.resume(fresh(self.broadcast))
        writing.run(self.account.id, self.broadcast.id)
        for _ in range(2 * PEOPLE):
            self.time_passes()
            while claimed := self.loop.run_until_complete(self.handover.claim_stream()):
                self.loop.run_until_complete(self.handover.hand_over(claimed))
            running.look()
        self.nothing_leaves_after_a_stop()
        self.nothing_leaves_twice()
        self.nothing_is_lost()
        assert fresh(self.broadcast).state in (Broadcast.State.DONE, Broadcast.State.CANCELLED)
        if fresh(self.broadcast).state == Broadcast.State.DONE:
            served = {to for _, to in self.far.got} | set(self.stopped)
            assert served == {person.phone for person in self.people}


@pytest.mark.django_db(transaction=True)
class TestCourse(Course.TestCase, TransactionTestCase):
    settings = settings(
        max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
