"""What came of an attempt, and how it is written down: also when the database was away at that moment."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg.types.json import Jsonb

from stopline.apps.accounts import live
from stopline.apps.sending import consequences, queries
from stopline.apps.sending.gate import Claimed, Judged
from stopline.providers import errors
from stopline.providers.base import Receipt
from stopline.rules.words import Channel, MessageState, Refusal

Touched = tuple[UUID, UUID | None, UUID | None]  # account, conversation, broadcast
MOST_ATTEMPTS = 8
LONGEST_WAIT = 900.0  # seconds between two attempts
LONGEST_ASKED = (
    86_400.0  # seconds, where the provider says how long (WhatsApp's marketing cap asks for a day)
)
TRY_FOR = timedelta(days=3)  # where it asks for such long pauses
HELD_FOR = timedelta(days=1)  # an automated message that old says nothing useful any more
HELD_LOOK = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """`wait` is seconds until the next attempt; None with state `queued`: the attempt did not count."""

    message: Claimed
    state: MessageState
    provider_id: str | None = None
    refusal: str = ""
    entry_id: UUID | None = None
    checked_at: datetime | None = None
    failure: str = ""
    wait: float | None = None
    error: errors.ProviderError | None = None  # what it says about the connection or the address


def returned(message: Claimed) -> Outcome:
    """Never started: back to the queue as if nobody had taken it."""
    return Outcome(message, MessageState.QUEUED)


def refused(judged: Judged) -> Outcome:
    """The verdict, on the message, and when it is worth another look: what is held every minute, for as long as it
    makes sense; what came outside its hours when they begin."""
    message, verdict = judged.message, judged.verdict
    reason = verdict.reason.value if verdict.reason else ""
    wait: float | None = None
    if verdict.until:
        wait = (verdict.until - verdict.checked_at).total_seconds()
    elif verdict.reason is Refusal.HELD and verdict.checked_at - message.created_at < HELD_FOR:
        wait = HELD_LOOK
    state = MessageState.REFUSED if wait is None else MessageState.QUEUED
    return Outcome(message, state, None, reason, verdict.entry_id, verdict.checked_at, wait=wait)


def accepted(message: Claimed, receipt: Receipt, checked_at: datetime | None = None) -> Outcome:
    return Outcome(message, receipt.state, receipt.provider_id, checked_at=checked_at)


def of_error(message: Claimed, error: Exception) -> Outcome:
    """Each error is named by what to do next; one that is not ours may have happened after the hand-off."""
    match error:
        case errors.PermitLapsed():
            return returned(message)
        case errors.TryLater():
            return _again(message, error)
        case errors.Misconfigured():
            return Outcome(message, MessageState.QUEUED, failure=str(error), error=error)
        case errors.AddressDead() | errors.OptedOutAtProvider() | errors.MessageRefused():
            return Outcome(message, MessageState.FAILED, failure=str(error), error=error)
        case errors.ProviderError():
            return Outcome(message, MessageState.UNKNOWN, failure=str(error))
        case _:
            return Outcome(message, MessageState.UNKNOWN, failure=str(errors.OutcomeUnknown()))


def _again(message: Claimed, error: errors.TryLater) -> Outcome:
    if message.broadcast_id and not isinstance(error, errors.TryPersonLater):
        return _when_it_has_rested(message, error)
    asked = error.after_seconds
    stale = bool(asked and asked > LONGEST_WAIT) and datetime.now(UTC) - message.created_at > TRY_FOR
    if message.attempts >= MOST_ATTEMPTS or stale:
        return _given_up(message, error)
    pause, longest = (asked, LONGEST_ASKED) if asked else (2.0**message.attempts, LONGEST_WAIT)
    # Jitter: everything that failed together must not come back together.
    wait = min(longest, pause * random.uniform(1, 1.5))  # noqa: S311 (not for a secret)
    return Outcome(message, MessageState.QUEUED, failure=str(error), wait=wait, error=error)


def _when_it_has_rested(message: Claimed, error: errors.TryLater) -> Outcome:
    """One of many, and the provider is busy: the whole connection rests (consequences), and those that met it first
    are no worse off than those behind them."""
    if message.attempts >= MOST_ATTEMPTS and datetime.now(UTC) - message.created_at > TRY_FOR:
        return _given_up(message, error)
    wait = min(LONGEST_ASKED, error.after_seconds or 0.0)
    return Outcome(message, MessageState.QUEUED, failure=str(error), wait=wait, error=error)


def _given_up(message: Claimed, error: errors.TryLater) -> Outcome:
    failure = f"{error} Given up after {message.attempts} attempts; send it again when the provider is back."
    return Outcome(message, MessageState.FAILED, failure=failure, error=error)


async def record(cursor: psycopg.AsyncCursor[Any], outcomes: Iterable[Outcome]) -> list[Touched]:
    """Writes them down; returns (account, conversation, broadcast) of each message it touched."""
    found = sorted(outcomes, key=lambda outcome: outcome.message.id)
    await cursor.execute(
        queries.RECORD, {"outcomes": Jsonb([_row(each) for each in found], dumps=orjson.dumps)}
    )
    touched = await cursor.fetchall()
    await consequences.of_addresses(cursor, found)
    return touched


def _row(found: Outcome) -> dict[str, Any]:
    """As RECORD reads it."""
    message = found.message
    row = {
        "account_id": message.account_id,
        "id": message.id,
        "attempt_id": message.attempt_id,
        "state": found.state,
        "provider_id": found.provider_id,
        "refusal": found.refusal,
        "entry_id": found.entry_id,
        "checked_at": found.checked_at,
        "failure": found.failure,
        "wait": found.wait,
    }
    # What one of many was told stands in its row once it may have been told, and not before.
    if message.broadcast_id and found.state not in (MessageState.QUEUED, MessageState.REFUSED):
        row["text"] = message.text
        row["parts"] = {"subject": message.parts["subject"]} if message.parts.get("subject") else None
    return row


# Above this many conversations a page is told once that conversations changed, not which.
MOST_NAMED = 20


def announce(touched: Iterable[Touched]) -> None:
    by_account: dict[UUID, set[UUID]] = {}
    broadcasts: set[tuple[UUID, UUID]] = set()
    for account, conversation, broadcast in touched:
        if broadcast:
            broadcasts.add((account, broadcast))
        elif conversation:
            by_account.setdefault(account, set()).add(conversation)
    for account, conversations in by_account.items():
        named = (
            [f"conversation:{found}" for found in conversations] if len(conversations) <= MOST_NAMED else []
        )
        live.announce_now(account, "inbox", *(named or ["conversations"]))
    for account, broadcast in broadcasts:
        live.announce_now(account, f"broadcast:{broadcast}")


def announce_answers(messages: Iterable[Claimed]) -> None:
    """Chat with Support is read by a user, on a page of whichever account they work in: so they are told."""
    for user in {message.address for message in messages if message.channel == Channel.CHAT}:
        live.announce_now(UUID(user), "support")
