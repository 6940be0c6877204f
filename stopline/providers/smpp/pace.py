"""How fast a gateway wants its messages."""

from __future__ import annotations

import asyncio

from stopline.providers.base import Permit, clock
from stopline.providers.errors import MessageRefused, PermitLapsed

LONGEST_BURST = 5.0  # seconds that the parts of one message may take
PATIENCE = (
    1.0  # seconds a message is held whose turn doesn't come in time, so that the queue isn't asked in circles
)


class Pace:
    def __init__(self, per_second: int) -> None:
        self.interval = 1 / per_second
        self.next = 0.0

    async def turn(self, parts: int, permit: Permit) -> None:
        """Waits until the first of `parts` may leave. Raises PermitLapsed where that is too late, MessageRefused."""
        takes = parts * self.interval
        if takes > LONGEST_BURST and parts > 1:
            raise MessageRefused(
                f"It needs {parts} short messages, more than this connection may send in {LONGEST_BURST:.0f} seconds. "
                "Shorten it, or raise “Messages a second” if the gateway allows it."
            )
        starts = max(clock(), self.next)
        if starts >= permit.deadline:
            await asyncio.sleep(PATIENCE)
            raise PermitLapsed
        self.next = starts + takes
        await self.until(starts)

    async def between(self, part: int, started: float) -> None:
        """Waits until the part (counted from 0) of a message whose first left at `started` may leave."""
        await self.until(started + part * self.interval)

    async def until(self, time: float) -> None:
        await asyncio.sleep(max(0.0, time - clock()))
