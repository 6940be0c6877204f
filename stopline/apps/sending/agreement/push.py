"""Our decisions, told to the provider: one address at a time, several side by side, until nothing is due."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import connection as database
from django.utils import timezone

from stopline.apps.sending.agreement import queries
from stopline.apps.sending.models import ProviderOptOut
from stopline.providers.errors import (
    AddressDead,
    MessageRefused,
    Misconfigured,
    OptedOutAtProvider,
    ProviderError,
    TryLater,
)
from stopline.rules.words import Channel

if TYPE_CHECKING:
    from datetime import datetime

    from stopline.apps.sending.agreement.run import Run

SIDE_BY_SIDE = 10
PATIENCE = 30  # seconds for one address
FIRST_WAIT = timedelta(minutes=5)  # doubled at every try that failed for now
LONGEST_WAIT = timedelta(days=1)
NOT_AGAIN = timedelta(days=30)  # for an address the provider won't take
FOR_GOOD = (AddressDead, MessageRefused, OptedOutAtProvider)
Task = tuple[str, str, str]  # channel, address, todo
log = structlog.get_logger(__name__)


def everything(run: Run) -> None:
    """Tells all that is due. Raises Misconfigured, TryLater where going on makes no sense now."""
    while due := _due(run):
        began = timezone.now()
        outcomes = run.loop.run(_side_by_side(run, due))
        for task, error in zip(due, outcomes, strict=True):
            if isinstance(error, Misconfigured):
                raise error  # says nothing about the address
            _settle(run, task, error, began)
        run.comparison.save()
        _give_way(outcomes)
        if run.stopping():
            raise TryLater("Stopline was stopped meanwhile and goes on at the next comparison.")


def _due(run: Run) -> list[Task]:
    with database.cursor() as cursor:
        cursor.execute(queries.DUE, {**run.key, "now": timezone.now(), "limit": SIDE_BY_SIDE})
        return cursor.fetchall()


async def _side_by_side(run: Run, due: Sequence[Task]) -> list[Exception | None]:
    return list(await asyncio.gather(*(_tell(run, task) for task in due)))


async def _tell(run: Run, task: Task) -> Exception | None:
    channel, address, todo = task
    verb = run.agreement.add if todo == ProviderOptOut.Todo.ADD else run.agreement.remove
    try:
        await asyncio.wait_for(verb(run.way, Channel(channel), address), PATIENCE)
    except TimeoutError:
        return TryLater("The provider took too long to answer.")
    except ProviderError as error:
        return error
    except Exception as error:  # a fault of the adapter with one address must not sink the others
        log.exception("agreement.adapter_failed", connection=str(run.connection.id))
        return error
    return None


def _settle(run: Run, task: Task, error: Exception | None, began: datetime) -> None:
    """`began` and not now: a decision taken while the provider answered is later than what it was told."""
    channel, address, todo = task
    row = ProviderOptOut.objects.get(
        account_id=run.connection.account_id,
        connection_id=run.connection.id,
        channel=channel,
        address=address,
    )
    if error is not None:
        row.tries += 1
        row.problem = _words(error)
        row.due_at = timezone.now() + _wait(error, row.tries)
    elif todo == ProviderOptOut.Todo.ADD:
        row.held, row.held_since, row.seen_at = True, began, timezone.now()
        row.done, row.done_at = ProviderOptOut.Done.ADDED, timezone.now()
        run.comparison.added += 1
    else:
        row.held, row.held_since, row.theirs_since = False, None, None
        row.done, row.done_at = ProviderOptOut.Done.REMOVED, timezone.now()
        run.comparison.removed += 1
    if error is None:
        row.todo, row.tries, row.due_at, row.problem = ProviderOptOut.Todo.NOTHING, 0, None, ""
    row.save()


def _words(error: Exception) -> str:
    if isinstance(error, ProviderError):
        return str(error)
    return "The provider's answer could not be understood; the worker's log has the details."


def _wait(error: Exception, tries: int) -> timedelta:
    if isinstance(error, FOR_GOOD):
        return NOT_AGAIN
    waits = min(FIRST_WAIT * 2 ** min(tries - 1, 10), LONGEST_WAIT)
    asked = getattr(error, "after_seconds", None)
    return max(waits, timedelta(seconds=min(asked, LONGEST_WAIT.total_seconds()))) if asked else waits


def _give_way(outcomes: Sequence[Exception | None]) -> None:
    """One address's trouble is its own; a provider that takes nothing just now is left alone."""
    if all(isinstance(error, TryLater) for error in outcomes):
        raise next(error for error in outcomes if error)
