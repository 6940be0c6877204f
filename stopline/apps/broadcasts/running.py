"""What a worker looks after every few seconds: what is due begins, what has left is done, what was cancelled is so.

By the database's clock, here and in `writing`: a host whose own is wrong would send a day late, or early.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from stopline.apps.accounts import live
from stopline.apps.broadcasts import broadcast as broadcasts
from stopline.apps.broadcasts import lookup, queries, writing
from stopline.apps.broadcasts.models import Broadcast
from stopline.apps.sending.models import Message, Stream
from stopline.rules.words import MessageState

State = Broadcast.State
CANCELLED_AT_ONCE = 5_000  # messages in one statement
FEW = 20  # statements in one look


def look() -> None:
    begin_due()
    end_done()
    clear_cancelled()
    writing.resume_lost()


def begin_due() -> None:
    """Scheduled ones whose time has come; where each contact's clock counts, when it has come anywhere."""
    due = Q(local_time=False, starts_at__lte=Now()) | Q(
        local_time=True, starts_at__lte=Now() + broadcasts.EARLIEST_ZONE
    )
    for scheduled in Broadcast.objects.filter(due, state=State.SCHEDULED):
        with transaction.atomic():
            current = lookup.locked(scheduled)
            if current.state != State.SCHEDULED:
                continue
            Broadcast.objects.filter(pk=current.pk).update(state=State.SENDING, started_at=Now())
            broadcasts.begin(current)
            live.announce(current.account_id, "broadcasts", f"broadcast:{current.id}")


def end_done() -> None:
    """Those whose messages are all written and gone. Their streams end, so that nobody looks at them any more."""
    for sending in Broadcast.objects.filter(state=State.SENDING, written_at__isnull=False):
        with transaction.atomic():
            current = lookup.locked(sending)
            if current.state != State.SENDING or _unfinished(current):
                continue
            Broadcast.objects.filter(pk=current.pk).update(state=State.DONE, finished_at=Now())
            _streams(current).update(state=Stream.State.STOPPED)
            live.announce(current.account_id, "broadcasts", f"broadcast:{current.id}")


def clear_cancelled() -> None:
    """Marks what waited in cancelled ones. It could not leave any more since the moment they were cancelled."""
    waiting = Message.objects.filter(
        account_id=OuterRef("account_id"),
        connection_id=OuterRef("connection_id"),
        broadcast_id=OuterRef("broadcast_id"),
        channel=OuterRef("channel"),
        state=MessageState.QUEUED,
    )
    cancelled = Broadcast.objects.filter(
        account_id=OuterRef("account_id"), id=OuterRef("broadcast_id"), state=State.CANCELLED
    )
    for stream in Stream.objects.filter(Exists(cancelled), Exists(waiting), state=Stream.State.STOPPED):
        for _ in range(FEW):
            if not _cancel(stream):
                break
        live.announce(stream.account_id, f"broadcast:{stream.broadcast_id}")


def _cancel(stream: Stream) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            queries.CANCEL,
            {
                "account": stream.account_id,
                "broadcast": stream.broadcast_id,
                "connection": stream.connection_id,
                "channel": stream.channel,
                "limit": CANCELLED_AT_ONCE,
            },
        )
        return cursor.rowcount


def _unfinished(broadcast: Broadcast) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(queries.UNFINISHED, {"account": broadcast.account_id, "broadcast": broadcast.id})
        return bool(cursor.fetchone()[0])


def _streams(broadcast: Broadcast) -> QuerySet[Stream]:
    return Stream.objects.filter(account_id=broadcast.account_id, broadcast_id=broadcast.id)
