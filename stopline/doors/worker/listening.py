"""Lines to providers that are spoken to over a session (SMPP): one task a connection, kept as long as it is in use."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import cast
from uuid import UUID

import structlog
from django.db import close_old_connections

from stopline.apps.inbox import stored
from stopline.apps.sending import connections, listening
from stopline.doors.asgi import in_thread
from stopline.doors.inbound.door import settle
from stopline.providers.base import Listener, Request, Sender, Way
from stopline.providers.errors import Misconfigured
from stopline.providers.registry import PROVIDERS
from stopline.rules.errors import InvalidInput, StoplineError

LOOK_EVERY = 3.0  # seconds between two looks for connections that came, changed or went
log = structlog.get_logger(__name__)


class Listening:
    """`sender` is the hand-over's: what is sent and what is heard go over the same session."""

    def __init__(self, sender: Callable[[str], Sender]) -> None:
        self.sender = sender
        self.lines: dict[UUID, tuple[Way, asyncio.Task[None]]] = {}

    async def look(self) -> None:
        wanted = {way.id: way for way in await in_thread(_ways)}
        for id_, (way, task) in list(self.lines.items()):
            if task.done() or wanted.get(id_) != way:
                await self._stop(id_)
        for id_, way in wanted.items():
            if id_ not in self.lines:
                self.lines[id_] = (way, asyncio.create_task(self._listen(way)))

    async def close(self) -> None:
        await asyncio.gather(*(self._stop(id_) for id_ in list(self.lines)))

    async def _stop(self, id_: UUID) -> None:
        _, task = self.lines.pop(id_)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def _listen(self, way: Way) -> None:
        try:
            await cast(Listener, self.sender(way.provider)).listen(way, take)
        except Misconfigured as error:
            with contextlib.suppress(StoplineError):  # removed meanwhile
                await in_thread(listening.suspend, way, str(error))
        except Exception:  # one line never ends the worker; it is opened again at the next look
            log.exception("listening.failed", connection=str(way.id), provider=way.provider)


async def take(way: Way, request: Request) -> None:
    """Stores and applies what was heard, as the inbound door does. Raises where it could not be stored."""
    await in_thread(_take, way, request)


def _ways() -> list[Way]:
    close_old_connections()
    return listening.ways()


def _take(way: Way, request: Request) -> None:
    connection = connections.of_token(way.provider, way.token)
    events = PROVIDERS[way.provider].receiver().read(request)
    try:
        settle(connection, events)
    except (
        InvalidInput
    ) as error:  # nobody is there to be told: it is kept for people, with what is wrong with it
        for event in events:
            stored.keep(connection, event, str(error))
