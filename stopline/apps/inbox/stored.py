"""Events that were stored and not applied: progress reports that overtook their message, opt-outs that had to wait
too long, kinds we can't read. The worker looks after them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import orjson
import structlog
from django.db import connection as database
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from stopline.apps.accounts import live
from stopline.apps.inbox import opt_outs, queries, receive
from stopline.apps.sending.models import Connection, InboundEvent
from stopline.providers.base import Event, OptOut, Progress, Received, Request, Unknown
from stopline.providers.registry import PROVIDERS
from stopline.rules.errors import StoplineError

# A report may arrive before its message is written down as sent; after this it belongs to no message of ours.
KEEP_TRYING = timedelta(hours=1)
SETTLE = timedelta(seconds=2)
NO_MESSAGE = "No message has this provider id."
AT_ONCE = 500
log = structlog.get_logger(__name__)


def progress(connection: Connection, reports: Sequence[Progress]) -> None:
    """Applies delivery reports; one that fits no message (yet) is kept and tried again."""
    matched = _apply_progress(connection, reports) if reports else set()
    for report in reports:
        if report.provider_id not in matched:
            keep(connection, report)


def opt_out(connection: Connection, event: OptOut) -> receive.Taken:
    """Stores an opt-out the provider tells of, then applies it; what can't be applied yet waits for the worker."""
    new = keep(connection, event)
    stored = InboundEvent.objects.select_related("connection__account").get(
        account_id=connection.account_id, connection_id=connection.id, event_id=event.event_id
    )
    if stored.applied_at:
        return receive.Taken(new=new)
    problem = _apply(stored)
    if problem is None:
        _settle(stored, "")
    return receive.Taken(new=new, applied=problem is None)


def keep(connection: Connection, event: Event, problem: str = "") -> bool:
    """Keeps an event as it came; whether it was new. What can't be read, or has a problem, is kept for people and
    not tried again."""
    body = opt_outs.body(event) if isinstance(event, OptOut) else dict(event.raw)
    key = {"account_id": connection.account_id, "connection_id": connection.id, "event_id": event.event_id}
    settled = Now() if problem or isinstance(event, Unknown) else None
    values = {"body": body, "received_at": Now(), "applied_at": settled, "problem": problem}
    return InboundEvent.objects.get_or_create(**key, defaults=values)[1]


def apply() -> int:
    """Tries every unapplied event again; how many it settled. Called by the worker every few seconds.

    Only reports are ever given up: what a person wrote may be an opt-out, and stays until it is applied.
    """
    waiting = (
        InboundEvent.objects.filter(applied_at=None, received_at__lt=Now() - SETTLE)
        .annotate(stale=Q(received_at__lt=Now() - KEEP_TRYING))  # the database's clock: broadcasts.running
        .order_by("received_at")
    )
    settled = 0
    for stored in waiting.select_related("connection__account")[:AT_ONCE]:
        problem = _apply(stored)
        if problem is None or (problem == NO_MESSAGE and stored.stale):
            _settle(stored, problem or "")
            settled += 1
    return settled


def _apply(stored: InboundEvent) -> str | None:
    """None where it is done, else why it isn't."""
    try:
        if "opt_out" in stored.body:
            opt_outs.take(stored.connection, opt_outs.read(stored.event_id, stored.body))
            return None
        return _apply_again(stored)
    except StoplineError as error:
        return str(error)
    except Exception:  # one bad event never stops the others; it stays stored and is reported
        log.exception("inbound.not_applied", connection=str(stored.connection_id), event_id=stored.event_id)
        return "It could not be applied; the worker's log has the details."


def _apply_again(stored: InboundEvent) -> str | None:
    events = PROVIDERS[stored.connection.provider].receiver().read(Request(orjson.dumps(stored.body), {}))
    for event in events:
        match event:
            case Progress() if not _apply_progress(stored.connection, [event]):
                return NO_MESSAGE
            case Received():
                receive.again(stored.connection, event)
    return None


def _settle(stored: InboundEvent, problem: str) -> None:
    InboundEvent.objects.filter(
        account_id=stored.account_id, connection_id=stored.connection_id, event_id=stored.event_id
    ).update(applied_at=timezone.now(), problem=problem, **({} if problem else {"body": {}}))


def _apply_progress(connection: Connection, reports: Sequence[Progress]) -> set[str]:
    states = [report.state.value for report in reports]
    with database.cursor() as cursor:
        cursor.execute(
            queries.PROGRESS,
            {
                "account": connection.account_id,
                "connection": connection.id,
                "now": timezone.now(),
                "provider_ids": [report.provider_id for report in reports],
                "states": states,
                "failures": [report.failure for report in reports],
            },
        )
        touched = cursor.fetchall()
    conversations = {conversation for _, conversation, broadcast in touched if conversation and not broadcast}
    named = (
        [f"conversation:{each}" for each in conversations] if len(conversations) <= 20 else ["conversations"]
    )
    named += [f"broadcast:{each}" for each in {broadcast for _, _, broadcast in touched if broadcast}]
    if named:
        live.announce(connection.account_id, *named)
    return {provider_id for provider_id, _, _ in touched}
