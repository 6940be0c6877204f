"""The worker process: Procrastinate's jobs and the hand-over loop, side by side in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import psycopg
import structlog
from django.db import Error as DatabaseError
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool

from stopline.apps.accounts import live
from stopline.apps.broadcasts import running
from stopline.apps.inbox import stored
from stopline.apps.sending import routes
from stopline.apps.sending.handover import Handover
from stopline.doors import garbage
from stopline.doors.asgi import in_thread
from stopline.doors.worker import listening
from stopline.doors.worker.streams import BATCHES, Streams

log = structlog.get_logger(__name__)

SOCKETS = 4_096
SIDE_BY_SIDE = 2  # batches in flight: one waits for the database while the other waits for providers
LOOK_EVERY = 1.0  # seconds; due times and lost notices need no wake-up
SWEEP_EVERY = 5.0  # seconds between two looks for abandoned messages and unapplied events
PATIENCE = 12.0  # seconds a stop waits for jobs in hand; what it cuts off is taken up again
JOBS: dict[str, Any] = {
    "concurrency": 2,
    "install_signal_handlers": False,
    "shutdown_graceful_timeout": PATIENCE,
    "listen_notify": True,
}


class Worker:
    def __init__(self) -> None:
        self.stopping = asyncio.Event()
        self.work = asyncio.Event()

    async def run(self) -> None:
        """Until SIGTERM or SIGINT; then finishes what is in flight and returns."""
        parameters = {**live.connection_parameters(), "autocommit": True}
        most = SIDE_BY_SIDE + BATCHES + 4
        pool = AsyncConnectionPool(
            kwargs=parameters, min_size=2, max_size=most, open=False, configure=_reads_json_quickly
        )
        self.handover = Handover(pool)
        self.streams = Streams(self.handover, self.stopping)
        loop = asyncio.get_running_loop()
        for wanted in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(wanted, self.stop)
        await pool.open()
        try:
            self.listening = listening.Listening(self.handover.sender)
            async with asyncio.TaskGroup() as parts:
                for part in (
                    self.jobs,
                    self.listen,
                    self.lines,
                    self.sweep,
                    self.broadcasts,
                    self.courses,
                    *(self.messages,) * SIDE_BY_SIDE,
                ):
                    parts.create_task(self.forever(part))
            await self.listening.close()
            await self.handover.close()
        finally:
            # A pool that is still looking for its database would hold up the stop.
            await pool.close(timeout=1)

    def stop(self) -> None:
        self.stopping.set()
        self.work.set()
        self.streams.wake.set()

    async def messages(self) -> None:
        """One lane: claims and hands over batch after batch, and sleeps when there is nothing due."""
        while not self.stopping.is_set():
            self.work.clear()
            claimed = await self.handover.claim()
            if claimed:
                await self.handover.hand_over(claimed)
            else:
                await _wait(self.work, LOOK_EVERY)

    async def broadcasts(self) -> None:
        await self.streams.run()

    async def sweep(self) -> None:
        while not self.stopping.is_set():
            await self.handover.resolve_abandoned()
            await in_thread(stored.apply)
            await in_thread(routes.take_over)
            await _wait(self.stopping, SWEEP_EVERY)

    async def courses(self) -> None:
        """Broadcasts begin when they are due, and are done when all has left."""
        while not self.stopping.is_set():
            await in_thread(running.look)
            await _wait(self.stopping, LOOK_EVERY)

    async def lines(self) -> None:
        """Sessions with providers that are listened to."""
        while not self.stopping.is_set():
            await self.listening.look()
            await _wait(self.stopping, listening.LOOK_EVERY)

    async def listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(
            **live.connection_parameters(), autocommit=True
        ) as connection:
            await connection.execute(f"LISTEN {live.CHANNEL}")
            while not self.stopping.is_set():
                async for notice in connection.notifies(timeout=0.5):
                    topics = notice.payload.split()
                    if "outbox" in topics:
                        self.work.set()
                    if "streams" in topics:
                        self.streams.wake.set()
                        await self.handover.look_at_stopped()

    async def jobs(self) -> None:
        """Procrastinate's own worker, on a connector of its own; ends when this worker stops."""
        connector: Any = app.connector
        with app.replace_connector(connector.get_worker_connector()) as jobs_app:
            async with jobs_app.open_async():
                working = asyncio.create_task(jobs_app.run_worker_async(**JOBS))
                stopping = asyncio.create_task(self.stopping.wait())
                await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
                working.cancel()  # graceful: waits shutdown_graceful_timeout for the jobs in hand
                await asyncio.gather(working, return_exceptions=True)
                if not working.cancelled() and working.exception() and not self.stopping.is_set():
                    raise ConnectorException from working.exception()

    async def forever(self, part: Callable[[], Awaitable[None]]) -> None:
        """Runs a part again after the database was away; anything else ends the worker, loudly."""
        pause = 0.2
        while not self.stopping.is_set():
            try:
                await part()
                pause = 0.2
            except (psycopg.Error, DatabaseError, ConnectorException, OSError) as error:
                log.warning("worker.database_away", part=part.__name__, error=str(error))
                await _wait(self.stopping, pause)
                pause = min(pause * 2, 5)


async def _reads_json_quickly(connection: psycopg.AsyncConnection[Any]) -> None:
    set_json_loads(orjson.loads, connection)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _allow_many_sockets() -> None:
    """Every batch may have wire.ROOM messages on their way: more than the 1,024 files a process may commonly open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = SOCKETS if hard == resource.RLIM_INFINITY else min(SOCKETS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def run() -> None:
    garbage.look_seldom()
    _allow_many_sockets()
    asyncio.run(Worker().run())
