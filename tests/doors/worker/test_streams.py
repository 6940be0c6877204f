"""Batches side by side: how many, of whom, and how it ends. Hand-overs here last until the test lets them go."""

import asyncio
from collections import Counter
from types import SimpleNamespace
from uuid import uuid4

import pytest

from stopline.doors.worker import streams
from stopline.doors.worker.streams import BATCHES, OF_ONE_CONNECTION, Streams


class Held:
    """A hand-over whose batches leave when they are told to; every connection always has another one."""

    def __init__(self, *connections):
        self.waiting = list(connections)  # whose turn it is
        self.flying = {}
        self.most = Counter()
        self.looks = 0

    async def claim_stream(self, busy=()):
        free = [each for each in self.waiting if each not in busy]
        self.looks += 1
        if not free:
            return []
        self.waiting.remove(free[0])
        self.waiting.append(free[0])
        return [SimpleNamespace(connection_id=free[0], id=uuid4())]

    async def next_stream(self, busy=()):
        return None if set(self.waiting) <= set(busy) else 0.0

    async def hand_over(self, claimed):
        message = claimed[0]
        self.flying[message.id] = (message.connection_id, asyncio.get_running_loop().create_future())
        now = Counter(connection for connection, _ in self.flying.values())
        self.most |= now
        try:
            await self.flying[message.id][1]
        finally:
            del self.flying[message.id]

    def let_go(self, connection=None, error=None):
        for whose, future in list(self.flying.values()):
            if connection in (None, whose) and not future.done():
                future.set_exception(error) if error else future.set_result(None)

    def of(self, connection):
        return sum(whose == connection for whose, _ in self.flying.values())


def during(held, work):
    """Runs `work(running)` while streams run; then stops them and lets everything go."""

    async def run():
        running = Streams(held, asyncio.Event())
        task = asyncio.create_task(running.run())
        try:
            await work(running)
        finally:
            running.stopping.set()
            running.wake.set()
            while not task.done():
                held.let_go()
                await asyncio.sleep(0.01)
        return await task

    return asyncio.run(run())


async def until(true):
    for _ in range(2000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("still not true")


def test_of_one_connection_only_so_many_batches_fly_at_a_time():
    held = Held("a")

    async def work(running):
        await until(lambda: held.of("a") == OF_ONE_CONNECTION)
        await asyncio.sleep(0.1)
        held.let_go()
        await until(lambda: held.of("a") == OF_ONE_CONNECTION)

    during(held, work)

    assert held.most["a"] == OF_ONE_CONNECTION


def test_a_connection_that_hangs_leaves_room_for_the_others():
    held, served = Held("hangs", "a"), 0

    async def work(running):
        nonlocal served
        await until(lambda: held.of("hangs") == OF_ONE_CONNECTION)
        for _ in range(10):
            await until(lambda: held.of("a") > 0)
            held.let_go("a")
            await asyncio.sleep(0.01)
            served += 1
        assert held.of("hangs") == OF_ONE_CONNECTION

    during(held, work)

    assert served == 10


def test_of_all_together_only_so_many_fly_at_a_time():
    held = Held(*"abcdefgh")

    async def work(running):
        await until(lambda: len(held.flying) == BATCHES)
        await asyncio.sleep(0.1)
        assert len(held.flying) == BATCHES

    during(held, work)


def test_a_connection_at_its_limit_is_not_looked_at_at_all(monkeypatch):
    monkeypatch.setattr(streams, "LOOK_EVERY", 0.1)
    held = Held("hangs")

    async def work(running):
        await until(lambda: held.of("hangs") == OF_ONE_CONNECTION)
        before = held.looks
        await asyncio.sleep(0.4)
        assert held.looks == before == OF_ONE_CONNECTION

    during(held, work)


def test_it_stops_when_what_is_in_flight_has_left_and_begins_nothing_more():
    held = Held("a")
    begun = 0

    async def work(running):
        nonlocal begun
        await until(lambda: held.of("a") == OF_ONE_CONNECTION)
        running.stopping.set()
        running.wake.set()
        await asyncio.sleep(0.05)
        assert held.of("a") == OF_ONE_CONNECTION  # not cut off
        begun = held.looks

    during(held, work)

    assert held.looks == begun
    assert held.flying == {}


@pytest.mark.parametrize("error", [RuntimeError("wrong"), OSError("away")])
def test_what_goes_wrong_in_a_batch_comes_out(error):
    held = Held("a")

    async def work(running):
        await until(lambda: held.of("a") == OF_ONE_CONNECTION)
        held.let_go(error=error)
        await asyncio.sleep(0.1)

    with pytest.raises(type(error), match=str(error)):
        during(held, work)


def test_after_an_error_it_can_run_again_with_all_its_room():
    held = Held("a")

    async def work():
        running = Streams(held, asyncio.Event())
        first = asyncio.create_task(running.run())
        await until(lambda: held.of("a") == OF_ONE_CONNECTION)
        held.let_go(error=OSError("away"))
        with pytest.raises(OSError, match="away"):
            await first
        second = asyncio.create_task(running.run())
        await until(lambda: held.of("a") == OF_ONE_CONNECTION)
        running.stopping.set()
        running.wake.set()
        while not second.done():
            held.let_go()
            await asyncio.sleep(0.01)
        return await second

    asyncio.run(work())
