"""Broadcasts leave: as many batches side by side as the worker can carry, taking turns among streams.

They have tasks of their own, so that what a person waits for (worker.run's lanes) never queues behind them; and one
connection takes up at most half of these, so that a provider that hangs leaves room for the others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from uuid import UUID

from stopline.apps.sending.gate import Claimed
from stopline.apps.sending.handover import Handover

BATCHES = 6  # in flight in one worker
OF_ONE_CONNECTION = 3
LOOK_EVERY = 1.0  # seconds; what wakes us earlier is a notice
SOONEST = 0.02


class Streams:
    def __init__(self, handover: Handover, stopping: asyncio.Event) -> None:
        self.handover = handover
        self.stopping = stopping
        self.wake = asyncio.Event()  # a stream was started, or a batch has ended
        self.in_flight: Counter[UUID] = Counter()
        self.tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until `stopping`; then waits for what is in flight. Raises the first error of a batch."""
        try:
            while not self.stopping.is_set():
                self.wake.clear()
                self.look_at_ended()
                if len(self.tasks) >= BATCHES:
                    await self.pause(LOOK_EVERY)
                else:
                    await self.look()
        finally:
            await asyncio.gather(*self.tasks, return_exceptions=True)
        self.look_at_ended()

    async def look(self) -> None:
        """Begins the next batch there is, else waits for one."""
        busy = self.busy()
        # Where somebody is at their limit there is mostly nobody else, and asking for that costs a tenth of a claim.
        due = await self.due(busy) if busy else 0.0
        if due <= 0 and (claimed := await self.handover.claim_stream(busy)):
            self.begin(claimed)
        else:
            await self.pause(due if due > 0 else await self.due(busy))

    async def due(self, busy: list[UUID]) -> float:
        """Seconds until a stream may be looked at, but none of `busy`."""
        due = await self.handover.next_stream(busy)
        return LOOK_EVERY if due is None else due

    def busy(self) -> list[UUID]:
        """Connections that have as many batches on their way as one may have."""
        return [connection for connection, batches in self.in_flight.items() if batches >= OF_ONE_CONNECTION]

    def begin(self, claimed: list[Claimed]) -> None:
        connection = claimed[0].connection_id
        self.in_flight[connection] += 1
        task = asyncio.create_task(self.handover.hand_over(claimed))
        self.tasks.add(task)
        task.add_done_callback(lambda _: self.ended(connection))

    def ended(self, connection: UUID) -> None:
        self.in_flight[connection] -= 1
        self.in_flight += Counter()  # drops what has come to nothing
        self.wake.set()

    def look_at_ended(self) -> None:
        done = {task for task in self.tasks if task.done()}
        self.tasks -= done
        # All are asked, so that no second error is left unread.
        if errors := [error for task in done if (error := task.exception())]:
            raise errors[0]

    async def pause(self, seconds: float) -> None:
        """Until there may be something to do."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(LOOK_EVERY, max(SOONEST, seconds))):
                await self.wake.wait()
