"""How far a broadcast is and what came of it, counted from its messages themselves and nothing else.

A count of a million messages takes a second or so. So it is kept, and made anew when somebody looks and the last one
is older than ten times what it took: a page that is watched costs a tenth of a core at most, and no hand-over pays.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from stopline.apps.accounts.tenancy import first_uuid7
from stopline.apps.broadcasts import queries
from stopline.apps.broadcasts.models import Broadcast
from stopline.rules.words import Channel, MessageState, Refusal, Source

ATTRIBUTED_FOR = timedelta(days=3)  # an answer or an unsubscribe that late is no answer to it any more
CALM = 10  # times what the last count took
AT_LEAST = 0.8  # seconds between two counts
STEPS = (1, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400)  # seconds of a bin
MOST_BINS = 60
LEFT = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ)


@dataclass(frozen=True, slots=True)
class Progress:
    """`states`, `refusals`, `channels` count messages; `bins` are (when, left, refused or failed), oldest first."""

    states: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    channels: dict[str, dict[str, int]] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)  # queued, by what they wait for
    bins: list[tuple[float, int, int]] = field(default_factory=list)  # Unix seconds
    step: int = 1  # seconds of a bin
    replies: int = 0
    unsubscribes: dict[str, int] = field(default_factory=dict)  # by source
    took: float = 0.0

    @property
    def messages(self) -> int:
        return sum(self.states.values())

    @property
    def left(self) -> int:
        """Handed over and taken by the provider, whatever came after."""
        return sum(self.states.get(state, 0) for state in LEFT)

    @property
    def settled(self) -> int:
        """Of which nothing more is to be done."""
        return self.messages - self.states.get("queued", 0) - self.states.get("handing_over", 0)

    @property
    def unsubscribed(self) -> int:
        return sum(self.unsubscribes.values())

    def count(self, state: str) -> int:
        return self.states.get(state, 0)

    @property
    def by_refusal(self) -> list[tuple[str, int]]:
        """Why messages were refused, in words, and how many."""
        return [(Refusal(reason).label, number) for reason, number in sorted(self.refusals.items())]

    @property
    def by_source(self) -> list[tuple[str, int]]:
        return [(Source(source).label, number) for source, number in sorted(self.unsubscribes.items())]

    @property
    def by_channel(self) -> list[tuple[str, dict[str, int]]]:
        return [(Channel(channel).label, states) for channel, states in self.channels.items()]


def of(broadcast: Broadcast) -> Progress:
    """As it is now, or was a moment ago (`broadcast.counted_at`)."""
    if broadcast.started_at is None:
        return Progress()
    kept = _read(broadcast.counted) if broadcast.counted else None
    if kept and broadcast.counted_at:
        age = (timezone.now() - broadcast.counted_at).total_seconds()
        if age < max(AT_LEAST, CALM * kept.took):
            return kept
    return _again(broadcast) or kept or Progress()


def _again(broadcast: Broadcast) -> Progress | None:
    """None where somebody else is at it."""
    with transaction.atomic(), connection.cursor() as cursor:
        # The same count for all who are watching: one makes it, the others show the last.
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"count:{broadcast.id}"])
        if not cursor.fetchone()[0]:
            return None
        since = time.monotonic()
        found = _count(broadcast)
        found["took"] = time.monotonic() - since
        now = timezone.now()
        Broadcast.objects.filter(pk=broadcast.pk).update(counted=found, counted_at=now)
        broadcast.counted, broadcast.counted_at = found, now
    return _read(found)


def _count(broadcast: Broadcast) -> dict[str, Any]:
    step = _step(broadcast)
    mine: dict[str, Any] = {"account": broadcast.account_id, "broadcast": broadcast.id}
    with connection.cursor() as cursor:
        cursor.execute(queries.COUNT, {**mine, "step": step})
        found = _sorted(cursor.fetchall())
        since, until = broadcast.started_at, timezone.now()
        assert since
        ended = broadcast.finished_at or until
        attributed: dict[str, Any] = {
            **mine,
            "since_id": first_uuid7(since),
            "until_id": first_uuid7(min(until, ended + ATTRIBUTED_FOR) + timedelta(seconds=1)),
            "days": ATTRIBUTED_FOR.days,
        }
        cursor.execute(queries.REPLIES, attributed)
        found["replies"] = cursor.fetchone()[0]
        cursor.execute(queries.UNSUBSCRIBES, attributed)
        found["unsubscribes"] = dict(cursor.fetchall())
    return {**found, "step": step}


def _sorted(rows: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    states: dict[str, int] = {}
    refusals: dict[str, int] = {}
    waiting: dict[str, int] = {}
    channels: dict[str, dict[str, int]] = {}
    bins: dict[float, list[int]] = {}
    for channel, state, refusal, when, number in rows:
        if channel is None:
            if when is not None and state not in ("queued", "handing_over"):
                bins.setdefault(when.timestamp(), [0, 0])[state not in LEFT] += number
            continue
        states[state] = states.get(state, 0) + number
        on = channels.setdefault(channel, {})
        on[state] = on.get(state, 0) + number
        if refusal:
            those = refusals if state == MessageState.REFUSED else waiting
            those[refusal] = those.get(refusal, 0) + number
    listed = [(when, *both) for when, both in sorted(bins.items())]
    return {"states": states, "refusals": refusals, "waiting": waiting, "channels": channels, "bins": listed}


def _read(counted: dict[str, Any]) -> Progress:
    return Progress(**{**counted, "bins": [tuple(each) for each in counted["bins"]]})


def _step(broadcast: Broadcast) -> int:
    """So that the whole course has at most MOST_BINS of them."""
    assert broadcast.started_at
    lasted = ((broadcast.finished_at or timezone.now()) - broadcast.started_at).total_seconds()
    return next((step for step in STEPS if lasted / step <= MOST_BINS), STEPS[-1])
