"""What outcomes say beyond their message: about the connection they went through and the address they went to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from stopline.apps.accounts import live
from stopline.apps.sending import queries
from stopline.providers import errors
from stopline.rules.words import Channel, Source

if TYPE_CHECKING:
    from stopline.apps.sending.outcome import Outcome

Cursor = psycopg.AsyncCursor[Any]
LONGEST_REST = 60.0  # seconds, where the provider doesn't say for how long


async def of_addresses(cursor: Cursor, outcomes: Sequence[Outcome]) -> None:
    """In the transaction of the outcomes, so that neither is known without the other."""
    await _report(cursor, [each for each in outcomes if _ends_the_address(each)])


async def of_connections(cursor: Cursor, outcomes: Sequence[Outcome]) -> None:
    """Behind that transaction: every batch of a connection wants its row, and one that waited for it with people's
    subscriptions locked would let their STOP wait as long. What is lost with a worker, the next batch finds out."""
    await _suspend(cursor, [each for each in outcomes if isinstance(each.error, errors.Misconfigured)])
    await _back_off(cursor, [each for each in outcomes if _is_busy(each)])
    await _health(cursor, outcomes)


def _ends_the_address(outcome: Outcome) -> bool:
    """An opt-out at the provider does on every channel; a dead address only where it is a bounce (e-mail)."""
    dead_mailbox = isinstance(outcome.error, errors.AddressDead) and outcome.message.channel == Channel.EMAIL
    return dead_mailbox or isinstance(outcome.error, errors.OptedOutAtProvider)


def _is_busy(outcome: Outcome) -> bool:
    """The provider itself, whoever the message was for."""
    later = isinstance(outcome.error, errors.TryLater)
    return later and not isinstance(outcome.error, errors.TryPersonLater)


async def _suspend(cursor: Cursor, outcomes: Sequence[Outcome]) -> None:
    broken = {(each.message.account_id, each.message.connection_id): each.failure for each in outcomes}
    if not broken:
        return
    columns = {
        "accounts": [account for account, _ in broken],
        "connections": [connection for _, connection in broken],
        "reasons": list(broken.values()),
    }
    await cursor.execute(queries.SUSPEND, columns)
    for account, connection in await cursor.fetchall():
        live.announce_now(account, "connections", f"connection-paused:{connection}")


async def _back_off(cursor: Cursor, outcomes: Sequence[Outcome]) -> None:
    """Broadcasts wait; what somebody wrote in the inbox is tried again by itself, message by message."""
    asked: dict[tuple[UUID, UUID], float | None] = {}
    for each in outcomes:
        assert isinstance(each.error, errors.TryLater)
        key, seconds = (each.message.account_id, each.message.connection_id), each.error.after_seconds
        asked[key] = max(filter(None, (asked.get(key), seconds)), default=None)
    if asked:
        columns = {
            "accounts": [account for account, _ in asked],
            "connections": [connection for _, connection in asked],
            "asked": list(asked.values()),
            "longest": LONGEST_REST,
        }
        await cursor.execute(queries.BACK_OFF, columns)


async def _report(cursor: Cursor, outcomes: Sequence[Outcome]) -> None:
    if not outcomes:
        return
    bodies = [Jsonb({"opt_out": _opt_out(each)}) for each in outcomes]
    columns = {
        "accounts": [each.message.account_id for each in outcomes],
        "connections": [each.message.connection_id for each in outcomes],
        "events": [f"hand-over:{each.message.id}" for each in outcomes],
        "bodies": bodies,
    }
    await cursor.execute(queries.REPORTED, columns)


def _opt_out(outcome: Outcome) -> dict[str, Any]:
    """As `inbox.opt_outs` reads it."""
    bounced = isinstance(outcome.error, errors.AddressDead)
    return {
        "channel": outcome.message.channel,
        "address": outcome.message.address,
        "source": Source.BOUNCE if bounced else Source.PROVIDER,
        "reason": outcome.failure,
        "message_id": str(outcome.message.id),
    }


async def _health(cursor: Cursor, outcomes: Sequence[Outcome]) -> None:
    seen = {
        (each.message.account_id, each.message.connection_id): "" for each in outcomes if each.provider_id
    }
    for each in outcomes:
        if isinstance(each.error, errors.TryLater):
            seen[each.message.account_id, each.message.connection_id] = each.failure
    if seen:
        columns = {
            "accounts": [account for account, _ in seen],
            "connections": [connection for _, connection in seen],
            "errors": list(seen.values()),
        }
        await cursor.execute(queries.HEALTH, columns)
        for (account,) in await cursor.fetchall():
            live.announce_now(account, "connections")
