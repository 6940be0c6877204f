"""Handing messages over: claim a batch, lock and judge it, call the providers, write down what came of it.

The locks on the subscriptions are held from the judgement to the end of the provider's answer, so an unsubscribe
waits for what is in flight and nothing starts behind it (docs/consent-model.md tells it at length).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from stopline.apps.accounts.tenancy import uuid7
from stopline.apps.sending import (
    connections,
    consequences,
    credentials,
    gate,
    media,
    outcome,
    queries,
    shared,
)
from stopline.apps.sending.gate import Claimed, Judged
from stopline.apps.sending.outcome import Outcome, Touched
from stopline.providers.base import Media, Outgoing, Sender, Template, Way
from stopline.providers.errors import MessageRefused, Misconfigured, ProviderError
from stopline.providers.registry import PROVIDERS
from stopline.rules.words import Channel, MessageState

log = structlog.get_logger(__name__)

BATCH = 200  # messages whose locks are held together, and whose hand-offs run side by side
# Seconds. Twice what a batch can take (gate.START_WITHIN plus a provider's time-out), so that when it runs out nothing
# of the batch can still be on its way.
LEASE = 30.0
LOOK_AGAIN = 1.0  # seconds until a stream in which nothing is due is looked at again
RECORD_FOR = 300.0  # seconds to go on trying to write outcomes down while the database is away

Pool = AsyncConnectionPool[psycopg.AsyncConnection[Any]]
Flow = tuple[UUID, UUID]  # account, broadcast


class Handover:
    """One worker's way out. Several may run side by side, in one process or many.

    `pool`: best of connections that commit each statement by itself; where several belong together it is said here.
    """

    def __init__(self, pool: Pool, batch: int = BATCH) -> None:
        self.pool = pool
        self.batch = batch
        self.sender = cache(_make_sender)
        self.flying: Counter[Flow] = Counter()  # batches of broadcasts in our hands
        self.stopped: set[Flow] = set()  # of these, broadcasts that were paused or cancelled since

    async def claim(self) -> list[Claimed]:
        """The next messages, ours alone from here on."""
        async with (
            self.pool.connection() as connection,
            connection.cursor(row_factory=class_row(Claimed)) as cursor,
        ):
            attempt = {"attempt": uuid7(), "lease": LEASE, "limit": self.batch}
            await cursor.execute(queries.CLAIM, attempt)
            return await cursor.fetchall()

    async def claim_stream(self, busy: Collection[UUID] = ()) -> list[Claimed]:
        """The next messages of the stream whose turn it is, but none of `busy` connections."""
        async with (
            self.pool.connection() as connection,
            connection.cursor(row_factory=class_row(Claimed)) as cursor,
        ):
            attempt = {"attempt": uuid7(), "lease": LEASE, "limit": self.batch}
            await cursor.execute(
                queries.CLAIM_STREAM, {**attempt, "busy": list(busy), "look_again": LOOK_AGAIN}
            )
            return await cursor.fetchall()

    async def next_stream(self, busy: Collection[UUID] = ()) -> float | None:
        """Seconds until a stream of other connections may be looked at; None where none runs."""
        async with self.pool.connection() as connection, connection.cursor() as cursor:
            await cursor.execute(queries.NEXT_STREAM, {"busy": list(busy)})
            row = await cursor.fetchone()
        return row[0] if row else None

    async def hand_over(self, claimed: Sequence[Claimed]) -> None:
        """Judges and sends. Whatever happens to the database meanwhile, every outcome is written down in the end."""
        outcomes: dict[UUID, Outcome] = {}
        flows = {flow for each in claimed if (flow := _flow(each))}
        self.flying.update(flows)
        try:
            async with self.pool.connection() as connection, connection.cursor() as cursor:
                await gate.ensure(cursor, claimed)
                async with connection.transaction():
                    # Before the locks, which these would only hold longer.
                    written = await shared.write(cursor, claimed)
                    with_them = Alongside(await media.contents(cursor, written))
                    judged = await gate.judge(
                        cursor, written, lambda message: _flow(message) not in self.stopped
                    )
                    outcomes.update({each.message.id: outcome.returned(each.message) for each in judged})
                    await asyncio.gather(
                        *(self._settle(queue, with_them, outcomes) for queue in _queues(judged))
                    )
                    touched = await outcome.record(cursor, outcomes.values())
        except (psycopg.Error, OSError) as error:
            log.warning("handover.database_lost", error=str(error), messages=len(claimed))
            left = [outcome.returned(message) for message in claimed if message.id not in outcomes]
            touched = await self._record_later([*outcomes.values(), *left])
        finally:
            self.flying.subtract(flows)
            self.flying += Counter()  # drops what has come to nothing
            self.stopped &= set(self.flying)
        outcome.announce(touched)
        outcome.announce_answers(claimed)
        await self._look_at_connections(list(outcomes.values()))

    async def look_at_stopped(self) -> None:
        """A broadcast was paused, resumed or cancelled: of what is in our hands only what has started leaves then."""
        if not self.flying:
            return
        flows = list(self.flying)
        columns = {
            "accounts": [account for account, _ in flows],
            "broadcasts": [broadcast for _, broadcast in flows],
        }
        async with self.pool.connection() as connection, connection.cursor() as cursor:
            await cursor.execute(queries.STOPPED, columns)
            self.stopped = {(account, broadcast) for account, broadcast in await cursor.fetchall()}

    async def resolve_abandoned(self) -> int:
        """Messages of a dead worker: ask the provider where it can be asked, else the outcome stays unknown."""
        async with (
            self.pool.connection() as connection,
            connection.cursor(row_factory=class_row(Claimed)) as cursor,
        ):
            await cursor.execute(queries.ABANDONED, {"attempt": uuid7(), "lease": LEASE, "limit": self.batch})
            lost = await cursor.fetchall()
        found = [each for each in await asyncio.gather(*(self._ask(message) for message in lost)) if each]
        if found:
            outcome.announce(await self._record(found))
        return len(found)

    async def close(self) -> None:
        for provider in PROVIDERS:
            await self.sender(provider).close()

    async def _settle(
        self, judged: Sequence[Judged], with_them: Alongside, outcomes: dict[UUID, Outcome]
    ) -> None:
        """One person's messages one after the other, as they were written."""
        for each in judged:
            outcomes[each.message.id] = await self._send(each, with_them)

    async def _send(self, judged: Judged, with_them: Alongside) -> Outcome:
        message = judged.message
        if judged.permit is None:
            return outcome.refused(judged)
        if message.problem:
            return outcome.of_error(message, MessageRefused(message.problem))
        try:
            sender = self._sender_of(message)
            receipt = await sender.send(judged.permit, _outgoing(message, with_them))
        except (
            Exception
        ) as error:  # one bad message never sinks a batch: of_error names what to do about each
            if not isinstance(error, ProviderError):
                log.exception("handover.unexpected", message=str(message.id), provider=message.provider)
            failed = replace(outcome.of_error(message, error), checked_at=judged.verdict.checked_at)
            return self._or_ask_later(failed)
        return outcome.accepted(message, receipt, judged.verdict.checked_at)

    def _or_ask_later(self, found: Outcome) -> Outcome:
        """An unknown outcome stays with us where the provider can tell later: once nothing can be on its way."""
        if found.state is MessageState.UNKNOWN and self.sender(found.message.provider).can_be_asked:
            return replace(found, state=MessageState.HANDING_OVER, wait=LEASE)
        return found

    async def _ask(self, message: Claimed) -> Outcome | None:
        sender = self.sender(message.provider) if message.provider in PROVIDERS else None
        if sender is None or not sender.can_be_asked:
            return Outcome(
                message, MessageState.UNKNOWN, failure="Its worker stopped before the answer came."
            )
        try:
            receipt = await sender.find(_outgoing(message, Alongside({})))
        except ProviderError:
            return None  # not now: the lease taken for asking runs out and somebody asks again
        return outcome.accepted(message, receipt) if receipt else outcome.returned(message)

    async def _look_at_connections(self, outcomes: Sequence[Outcome]) -> None:
        try:
            async with self.pool.connection() as connection, connection.cursor() as cursor:
                await consequences.of_connections(cursor, outcomes)
        except (psycopg.Error, OSError) as error:
            log.warning("handover.connections_not_noted", error=str(error))

    async def _record(self, outcomes: Sequence[Outcome]) -> list[Touched]:
        async with (
            self.pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            return await outcome.record(cursor, outcomes)

    async def _record_later(self, outcomes: list[Outcome]) -> list[Touched]:
        started = asyncio.get_running_loop().time()
        pause = 0.2
        while asyncio.get_running_loop().time() - started < RECORD_FOR:
            try:
                return await self._record(outcomes)
            except (psycopg.Error, OSError):
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)
        log.error("handover.outcomes_lost", messages=[str(each.message.id) for each in outcomes])
        return []

    def _sender_of(self, message: Claimed) -> Sender:
        if message.provider not in PROVIDERS:
            raise Misconfigured(f"This Stopline has no provider named {message.provider}. Ask its operator.")
        return self.sender(message.provider)


def _flow(message: Claimed) -> Flow | None:
    return (message.account_id, message.broadcast_id) if message.broadcast_id else None


def _queues(judged: Sequence[Judged]) -> list[list[Judged]]:
    """The messages by address, each in the order of writing (ids grow with time)."""
    queues: dict[Any, list[Judged]] = {}
    for each in sorted(judged, key=lambda each: each.message.id):
        queues.setdefault(each.message.key, []).append(each)
    return list(queues.values())


def _make_sender(provider: str) -> Sender:
    return PROVIDERS[provider].sender()


@dataclass(slots=True)
class Alongside:
    """What the messages of a batch share: files' bytes, and the ways they leave by, each worked out once."""

    contents: media.Contents
    ways: dict[UUID, Way] = field(default_factory=dict)

    def way(self, message: Claimed) -> Way:
        if message.connection_id not in self.ways:
            self.ways[message.connection_id] = way(message)
        return self.ways[message.connection_id]


def _outgoing(message: Claimed, with_them: Alongside) -> Outgoing:
    parts = message.parts
    template = parts.get("template")
    return Outgoing(
        id=message.id,
        channel=Channel(message.channel),
        address=message.address,
        text=message.text,
        way=with_them.way(message),
        subject=parts.get("subject", ""),
        html=parts.get("html", ""),
        headers=parts.get("headers", {}),
        media=tuple(_media(message, each, with_them.contents) for each in parts.get("media", ())),
        template=Template(**template) if template else None,
    )


def _media(message: Claimed, told: dict[str, Any], contents: media.Contents) -> Media:
    known = UUID(told["id"]) if "id" in told else None
    content = contents.get((message.account_id, known), b"") if known else b""
    return Media(told["url"], told["content_type"], told["name"], content)


def way(message: Claimed) -> Way:
    """The connection as its adapter sees it. Raises Misconfigured where its credentials can't be read."""
    try:
        opened = credentials.decrypt(message.credentials)
    except credentials.KeyMissing as error:
        raise Misconfigured(str(error)) from error
    return Way(
        id=message.connection_id,
        provider=message.provider,
        sender=message.sender,
        settings=message.settings,
        token=message.token,
        credentials=opened,
        webhook_url=connections.webhook_url(message),
    )
