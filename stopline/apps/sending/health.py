"""How a connection fares, in words, and which ones Stopline had to pause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet

from stopline.apps.sending.models import Connection, Message
from stopline.rules.words import MessageState


@dataclass(frozen=True, slots=True)
class Health:
    """`tone`: positive, warning, negative or plain; `why` may be empty."""

    word: str
    tone: str
    why: str = ""


def of(connection: Connection) -> Health:
    """Said of the last thing that happened."""
    if connection.paused_because:
        return Health("Must be mended", "negative", connection.paused_because)
    if connection.state == Connection.State.PAUSED:
        return Health("Paused", "warning", "Nothing is sent until it is resumed.")
    failed, sent = connection.last_error_at, connection.last_sent_at
    if failed and (sent is None or failed > sent):
        return Health("In trouble", "warning", connection.last_error)
    if sent or connection.last_inbound_at:
        return Health("Works", "positive")
    return Health("Not used yet", "plain", "Send a test message to see that it works.")


def paused_by_stopline(account_id: UUID) -> QuerySet[Connection]:
    """What admins must mend. An account has few connections, found by the primary key's account part."""
    mine = Connection.objects.filter(account_id=account_id, state=Connection.State.PAUSED)
    return mine.exclude(paused_because="").order_by("paused_at")


def waiting(account_id: UUID, connections: Iterable[UUID]) -> dict[UUID, int]:
    """How many messages each has queued. Index: queue_of_connection."""
    queued = Message.objects.filter(
        account_id=account_id, state=MessageState.QUEUED, connection_id__in=list(connections)
    )
    return {
        found: number
        for found, number in queued.values_list("connection_id").annotate(Count("id"))
        if found is not None
    }


def untold() -> QuerySet[Connection]:
    """Of every account: paused by Stopline, and its admins weren't mailed about it yet."""
    paused = Connection.objects.filter(state=Connection.State.PAUSED, told_at=None)
    return paused.exclude(paused_because="").order_by("paused_at")
