"""The one place that lets a message leave: locks the subscriptions, lets the rules judge, issues the permits.

Nothing else creates a Permit (tests/test_invariants.py reads the source to be sure).
"""

from __future__ import annotations

import select
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg.types.json import Jsonb

from stopline.apps.sending import queries, timing
from stopline.providers.base import Permit, clock
from stopline.rules import gate
from stopline.rules.words import Channel, MessageKind, Standing

# A hand-off may start for this many seconds after its lock was asked for.
START_WITHIN = 5.0
# The server ends a transaction that sits idle for longer than this many seconds, and its locks with it. Longer
# than a start plus a provider's time-out (providers.wire.ANSWER_WITHIN), so that it only ever meets a dead worker.
IDLE_LIMIT = 20.0


@dataclass(slots=True)
class Claimed:
    """A message in a worker's hands; the fields of queries.CLAIM. What one of many says is filled in by `shared`."""

    account_id: UUID
    id: UUID
    conversation_id: UUID
    contact_id: UUID
    channel: str
    address: str
    kind: str
    text: str
    attempts: int
    attempt_id: UUID
    caused_by: UUID | None
    created_at: datetime
    parts: dict[str, Any]
    connection_id: UUID
    provider: str
    sender: str
    token: str = field(repr=False)
    settings: dict[str, Any]
    credentials: str = field(repr=False)  # encrypted
    # of one of many: the fields of queries.CLAIM_STREAM, and the phone number its contact's time zone is read from
    broadcast_id: UUID | None = None
    window: dict[str, Any] | None = None
    time_zone: str = "UTC"
    keeps_hours: bool = False
    hours_start: time | None = None
    hours_end: time | None = None
    cap: int | None = None
    cap_days: int | None = None
    phone: str | None = None
    problem: str = ""  # why nothing can be said to this person

    @property
    def key(self) -> tuple[UUID, str, str]:
        return self.account_id, self.channel, self.address


@dataclass(slots=True)
class Judged:
    message: Claimed
    verdict: gate.Verdict
    permit: Permit | None  # None: refused


Cursor = psycopg.AsyncCursor[Any]


async def ensure(cursor: Cursor, messages: Sequence[Claimed]) -> None:
    """Makes every subscription row that `judge` will lock, in a transaction of its own."""
    await cursor.execute(queries.ENSURE, {"keys": _keys(messages)})
    await cursor.connection.commit()


async def judge(
    cursor: Cursor, messages: Sequence[Claimed], going: Callable[[Claimed], bool] = lambda _: True
) -> list[Judged]:
    """Locks and judges. The permits are good while the cursor's transaction lives, for START_WITHIN at most, and while
    `going` says that nobody has stopped the message's broadcast.

    Left out: a message whose subscription row has vanished (its contact was erased meanwhile), and one that is no
    longer this attempt's (we slept past the lease, and somebody else has it).
    """
    deadline = clock() + START_WITHIN  # taken before the lock is, so that it errs on the early side
    capped = [message for message in messages if message.cap is not None]
    wanted = {"keys": _keys(messages), "idle": f"{IDLE_LIMIT:.0f}s"}
    await cursor.execute(queries.LOCK_ALONE if capped else queries.LOCK, wanted)
    rows = {(row[0], row[1], row[2]): row[3:] for row in await cursor.fetchall()}
    had = {}
    if capped:
        await cursor.execute(queries.HAD, _capped(capped))
        had = _counted(capped, await cursor.fetchall())
    await cursor.execute(queries.STILL_OURS, _attempts(messages))
    ours = {row[0] for row in await cursor.fetchall()}
    locked = _still_connected(cursor.connection)
    return [
        _judged(message, rows[message.key], had.get(message.id, 0), deadline, _both(locked, going, message))
        for message in messages
        if message.key in rows and message.id in ours
    ]


def _both(
    locked: Callable[[], bool], going: Callable[[Claimed], bool], message: Claimed
) -> Callable[[], bool]:
    return lambda: locked() and going(message)


def _capped(capped: Sequence[Claimed]) -> dict[str, list[Any]]:
    return {
        "accounts": [message.account_id for message in capped],
        "contacts": [message.contact_id for message in capped],
        "channels": [message.channel for message in capped],
        "days": [message.cap_days or 1 for message in capped],
    }


def _counted(capped: Sequence[Claimed], rows: Sequence[tuple[Any, ...]]) -> dict[UUID, int]:
    """How many marketing messages each one's contact has had lately on its channel, by message."""
    had = {(row[0], row[1], row[2]): row[3] for row in rows}
    return {each.id: had[each.account_id, each.contact_id, each.channel] for each in capped}


def _attempts(messages: Sequence[Claimed]) -> dict[str, Jsonb]:
    attempts = [
        {"account_id": each.account_id, "id": each.id, "attempt_id": each.attempt_id} for each in messages
    ]
    return {"attempts": Jsonb(attempts, dumps=orjson.dumps)}


def _judged(
    message: Claimed, row: tuple[Any, ...], had: int, deadline: float, locked: Callable[[], bool]
) -> Judged:
    standing, entry_id, since, held, now = row
    facts = gate.Facts(
        channel=Channel(message.channel),
        kind=MessageKind(message.kind),
        standing=Standing(standing),
        now=now,
        entry_id=entry_id,
        standing_since=since,
        held=held,
        caused_by=message.caused_by,
        written_at=message.created_at,
        opens=timing.opens(message, now),
        had=had,
        cap=message.cap,
    )
    verdict = gate.judge(facts)
    return Judged(message, verdict, _permit(message, verdict, deadline, locked) if verdict.allowed else None)


def _permit(message: Claimed, verdict: gate.Verdict, deadline: float, locked: Callable[[], bool]) -> Permit:
    return Permit(
        message_id=message.id,
        attempt_id=message.attempt_id,
        channel=Channel(message.channel),
        address=message.address,
        connection_id=message.connection_id,
        checked_at=verdict.checked_at,
        deadline=deadline,
        locked=locked,
    )


def _still_connected(connection: psycopg.AsyncConnection[Any]) -> Callable[[], bool]:
    """Whether the server still holds our locks, as far as this host can know without asking it.

    A server has nothing to say to an idle transaction but its end, so anything to read means that it is over.
    """
    socket = connection.fileno()
    poll = select.poll()
    poll.register(socket, select.POLLIN | select.POLLHUP | select.POLLERR)
    return lambda: not connection.closed and not poll.poll(0)


def _keys(messages: Sequence[Claimed]) -> Jsonb:
    keys = {message.key for message in messages}
    named = [
        {"account_id": account, "channel": channel, "address": address} for account, channel, address in keys
    ]
    return Jsonb(named, dumps=orjson.dumps)
