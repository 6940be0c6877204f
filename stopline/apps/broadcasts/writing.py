"""The audience becomes messages: chunk by chunk, each in one transaction with the place it has reached.

So a worker that dies costs at most one chunk, nobody gets two, and whoever comes next goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from stopline.apps.accounts import live
from stopline.apps.broadcasts import audience, lookup, queries
from stopline.apps.broadcasts.models import Broadcast
from stopline.apps.sending.models import Stream
from stopline.apps.sending.routes import Ways
from stopline.rules import hours
from stopline.rules.errors import InvalidInput, StoplineError
from stopline.rules.words import CHANNELS, Channel

TASK = "stopline.write_broadcast"
CHUNK = 10_000  # contacts
LOST_AFTER = timedelta(minutes=1)
ZONE_DIGITS = 9  # "+" and the eight digits that tell time zones apart
State = Broadcast.State
log = structlog.get_logger(__name__)


def send(broadcast: Broadcast) -> None:
    """Asks a worker, in the current transaction. Asked twice, one of them finds nothing to do."""
    Broadcast.objects.filter(pk=broadcast.pk).update(progress_at=Now())
    try:
        with transaction.atomic():
            app.configure_task(TASK, queueing_lock=f"broadcast:{broadcast.id}").defer(
                account_id=str(broadcast.account_id), broadcast_id=str(broadcast.id)
            )
    except AlreadyEnqueued:
        log.info("broadcast.already_enqueued", broadcast=str(broadcast.id))


def open_streams(broadcast: Broadcast, ways: Ways) -> None:
    """One for each channel and way out there is now; those there are stay as they are."""
    found = {
        (channel, to.id)
        for channel in broadcast.channels
        for prefix in ways.prefixes(channel)
        if (to := ways.to(channel, prefix))
    }
    Stream.objects.bulk_create(
        [
            Stream(
                account_id=broadcast.account_id,
                broadcast_id=broadcast.id,
                channel=channel,
                connection_id=connection_id,
                window=broadcast.window,
                rate=broadcast.rate,
            )
            for channel, connection_id in sorted(found, key=str)
        ],
        ignore_conflicts=True,
    )


def resume_lost() -> None:
    """Broadcasts whose worker or job vanished."""
    still = Broadcast.objects.filter(state=State.SENDING, written_at=None, progress_at__lt=Now() - LOST_AFTER)
    for lost in still:
        log.warning("broadcast.resumed", broadcast=str(lost.id), looked_at=lost.looked_at)
        send(lost)


def run(account_id: UUID, broadcast_id: UUID, stopping: Callable[[], bool] = lambda: False) -> None:
    """Writes what is left, and leaves it to another worker where this one is `stopping`."""
    try:
        while advance(account_id, broadcast_id):
            if stopping():
                send(lookup.find(account_id, broadcast_id))
                return
    except StoplineError as problem:
        _stop(account_id, broadcast_id, str(problem))


def _stop(account_id: UUID, broadcast_id: UUID, problem: str) -> None:
    """Paused, with the reason: a person mends it and presses Resume, and it goes on where it was."""
    with transaction.atomic():
        mine = {"account_id": account_id, "broadcast_id": broadcast_id}
        found = Broadcast.objects.filter(account_id=account_id, id=broadcast_id, state=State.SENDING)
        if found.update(state=State.PAUSED, problem=problem):
            Stream.objects.filter(**mine).update(state=Stream.State.PAUSED)
            live.announce(account_id, "broadcasts", f"broadcast:{broadcast_id}")


def advance(account_id: UUID, broadcast_id: UUID, size: int = CHUNK) -> bool:
    """One chunk and the place it reaches, together or not at all. False where there is nothing (more) to do."""
    with transaction.atomic():
        # Whoever pauses or cancels waits for this chunk at most, and no second writer comes in between.
        broadcast = (
            Broadcast.objects.select_for_update(of=("self",))
            .select_related("account")
            .filter(account_id=account_id, id=broadcast_id, state=State.SENDING, written_at=None)
            .first()
        )
        if broadcast is None:
            return False
        last, looked_at, messages, left_out = _write(broadcast, size)
        _note(broadcast, last, looked_at, messages, left_out or {}, ended=looked_at < size)
        live.announce(account_id, f"broadcast:{broadcast_id}", *(["streams"] if messages else []))
    return looked_at == size


def _write(broadcast: Broadcast, size: int) -> tuple[UUID | None, int, int, dict[str, int] | None]:
    inner, parameters = audience.judged(broadcast, after=broadcast.reached, size=size)
    ways = Ways.of(broadcast.account_id)
    open_streams(broadcast, ways)  # a route may have been added since it began
    named: dict[str, Any] = {
        "account": broadcast.account_id,
        "broadcast": broadcast.id,
        "kind": broadcast.kind.value,
        "begins": broadcast.starts_at,
    }
    judged = _named(inner, parameters, named)
    due = "greatest(%(begins)s::timestamptz, statement_timestamp())"
    if broadcast.local_time and broadcast.starts_at:
        due = _local(broadcast, judged, named)
    reasons = [f"r{number}" for number in range(len(broadcast.channels))]
    query = queries.WRITE.format(
        judged=judged,
        picked=_picked(broadcast),
        way=_way(broadcast, ways, named),
        due=due,
        why=_telling(reasons),
        nowhere=" AND ".join(f"{reason} IS NOT NULL" for reason in reasons),
    )
    with connection.cursor() as cursor:
        cursor.execute(query, named)
        row: tuple[UUID | None, int, int, dict[str, int] | None] = cursor.fetchone()
    return row


def _note(
    broadcast: Broadcast,
    last: UUID | None,
    looked_at: int,
    messages: int,
    left_out: dict[str, int],
    *,
    ended: bool,
) -> None:
    summed = {
        reason: broadcast.left_out.get(reason, 0) + left_out.get(reason, 0)
        for reason in (*broadcast.left_out, *left_out)
    }
    Broadcast.objects.filter(pk=broadcast.pk).update(
        reached=last or broadcast.reached,
        looked_at=F("looked_at") + looked_at,
        messages=F("messages") + messages,
        left_out=summed,
        progress_at=Now(),
        written_at=Now() if ended else None,
    )
    if messages:  # a stream that was found empty is looked at again now
        Stream.objects.filter(account_id=broadcast.account_id, broadcast_id=broadcast.id, rate=None).update(
            free_at=Now()
        )


def _named(inner: str, parameters: list[Any], named: dict[str, Any]) -> str:
    """The audience's positional parameters under names, so that it can stand in a larger query."""
    parts = inner.split("%s")
    for number, value in enumerate(parameters):
        named[f"a{number}"] = value
    return "".join(
        part + (f"%(a{number})s" if number < len(parameters) else "") for number, part in enumerate(parts)
    )


def _picked(broadcast: Broadcast) -> str:
    ways = ", ".join(
        f"({number}, '{Channel(channel).value}', j.r{number}, j.{CHANNELS[Channel(channel)].address_kind.value})"
        for number, channel in enumerate(broadcast.channels)
    )
    pick = queries.FIRST if broadcast.pick == broadcast.Pick.FIRST else queries.ALL
    return pick.format(ways=ways)


def _way(broadcast: Broadcast, ways: Ways, named: dict[str, Any]) -> str:
    """As `Ways.to` chooses, for every address at once."""
    cases = []
    for number, channel in enumerate(broadcast.channels):
        choices = []
        for index, prefix in enumerate(ways.prefixes(channel)):
            to = ways.to(channel, prefix)
            if to is None:
                raise InvalidInput(
                    f"No connection sends {Channel(channel).label} (any more).",
                    "An admin can add one under Settings, Channels; then resume the broadcast",
                )
            named[f"p{number}_{index}"], named[f"w{number}_{index}"] = prefix, to.id
            choices.append(
                f"WHEN starts_with(p.address, %(p{number}_{index})s) THEN %(w{number}_{index})s::uuid"
            )
        cases.append(f"WHEN '{Channel(channel).value}' THEN CASE {' '.join(choices)} END")
    return f"CASE p.channel {' '.join(cases)} END"


def _telling(reasons: list[str]) -> str:
    among = f"ARRAY[{', '.join(reasons)}]"
    cases = " ".join(f"WHEN '{why.value}' = ANY({among}) THEN '{why.value}'" for why in audience.TELLING)
    return f"CASE {cases} END"


def _local(broadcast: Broadcast, judged: str, named: dict[str, Any]) -> str:
    """SQL of the moment at which the broadcast's hour comes on a contact's own clock."""
    with connection.cursor() as cursor:
        cursor.execute(queries.PREFIXES.format(digits=ZONE_DIGITS, judged=judged), named)
        prefixes = [prefix for (prefix,) in cursor.fetchall()]
    named["prefixes"] = prefixes
    named["dues"] = [local_start(broadcast, hours.zones(prefix)) for prefix in prefixes]
    named["home"] = local_start(broadcast, ())
    known = "SELECT due FROM unnest(%(prefixes)s::text[], %(dues)s::timestamptz[]) z(prefix, due)"
    return f"coalesce(({known} WHERE z.prefix = left(p.phone, {ZONE_DIGITS})), %(home)s)"


def local_start(broadcast: Broadcast, zones: tuple[str, ...]) -> datetime:
    """When the account's hour comes there; of several zones in the last of them, so that nobody is early."""
    assert broadcast.starts_at
    home = broadcast.starts_at.astimezone(ZoneInfo(broadcast.account.time_zone))
    return max(
        hours.at_local(home.date(), home.time(), zone) for zone in zones or (broadcast.account.time_zone,)
    )
