"""What a broadcast costs in SMS segments: counted message by message up to a few thousand contacts, estimated above."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from stopline.apps.broadcasts import audience, preview
from stopline.apps.contacts.models import Contact
from stopline.rules.words import CHANNELS, Channel

if TYPE_CHECKING:
    from stopline.apps.broadcasts.audience import Reach
    from stopline.apps.broadcasts.models import Broadcast
    from stopline.apps.broadcasts.preview import Contents

COUNTED = 3_000  # contacts of an audience; a larger one is estimated
PLACES, AT_EACH = 20, 50  # of the sample


@dataclass(frozen=True, slots=True)
class Cost:
    """Of the messages on one channel that is counted in segments. `longest`: segments of the longest one seen."""

    channel: Channel
    messages: int
    segments: int
    longest: int
    exact: bool


def of(broadcast: Broadcast, contents: Contents, reach: Reach) -> list[Cost]:
    """`reach` is the broadcast's. Messages that can't be written are counted as none."""
    counted = [channel for channel in broadcast.channels if CHANNELS[Channel(channel)].texts]
    if not counted or not reach.contacts:
        return []
    preview.hinted(broadcast, contents)
    exact = reach.contacts <= COUNTED
    sizes: dict[str, list[int]] = {channel: [] for channel in counted}
    for ids in _whole(broadcast) if exact else _sample(broadcast):
        people = Contact.objects.filter(account_id=broadcast.account_id, id__in=list(ids))
        for contact in people.defer("search", "notes"):
            contact.account = broadcast.account
            for channel in ids[contact.id]:
                if channel in sizes:
                    said = preview.written(contents[channel], contact)
                    sizes[channel].append(said.segments.segments if said.segments else 0)
    return [_cost(Channel(channel), found, reach.on[channel], exact) for channel, found in sizes.items()]


def _cost(channel: Channel, sizes: Sequence[int], messages: int, exact: bool) -> Cost:
    total = sum(sizes)
    if not exact:
        total = round(total / len(sizes) * messages) if sizes else 0
    return Cost(channel, messages, total, max(sizes, default=0), exact)


def _whole(broadcast: Broadcast) -> Iterator[dict[UUID, list[str]]]:
    yield _reached(broadcast, None, COUNTED)


def _sample(broadcast: Broadcast) -> Iterator[dict[UUID, list[str]]]:
    """Some contacts behind each of some places spread over the account's, the same ones each time it is asked."""
    ids = Contact.objects.filter(account_id=broadcast.account_id).values_list("id", flat=True)
    first, last = ids.order_by("id")[0].int, ids.order_by("-id")[0].int
    chosen = random.Random(str(broadcast.id))  # noqa: S311  a sample is no secret
    for _ in range(PLACES):
        yield _reached(broadcast, UUID(int=chosen.randint(first, last)), AT_EACH)


def _reached(broadcast: Broadcast, after: UUID | None, size: int) -> dict[UUID, list[str]]:
    """The channels on which each of the next contacts gets it; those who get nothing are left out."""
    inner, parameters = audience.judged(broadcast, after=after, size=size)
    with connection.cursor() as cursor:
        cursor.execute(inner, parameters)
        rows = cursor.fetchall()
    found = {}
    for contact, _, _, *reasons in rows:
        free = [name for name, why in zip(broadcast.channels, reasons, strict=True) if why is None]
        if free:
            found[contact] = free[:1] if broadcast.pick == broadcast.Pick.FIRST else free
    return found
