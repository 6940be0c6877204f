"""Who gets a broadcast and what became of it, one by one: for the page and for the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from stopline.apps.broadcasts import audience
from stopline.apps.contacts.csv_cells import neutral
from stopline.apps.sending.models import Message
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CONSENT_CHANNELS, MessageState, Refusal

if TYPE_CHECKING:
    from stopline.apps.broadcasts.models import Broadcast

PAGE = 50
BATCH = 1_000
HEADER = ("Name", "Channel", "Address", "State", "Reason", "Checked", "Sent", "Delivered", "Read", "Message")


@dataclass(frozen=True, slots=True)
class Filters:
    """Blank means not narrowed."""

    state: str = ""
    refusal: str = ""
    channel: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        """From a URL's parameters state, refusal and channel. Raises InvalidInput for a value that doesn't exist."""
        known: dict[str, list[str]] = {
            "state": list(MessageState),
            "refusal": list(Refusal),
            "channel": list(CONSENT_CHANNELS),
        }
        for name, values in known.items():
            if (given := query.get(name, "")) and given not in values:
                raise InvalidInput(f"The {name} “{given[:40]}” doesn't exist.", "Choose one of the list")
        return cls(**{name: query.get(name, "") for name in known})


@dataclass(frozen=True, slots=True)
class Page:
    messages: list[Message]
    after: UUID | None  # where the next begins; None: this is the last


def find(broadcast: Broadcast, filters: Filters) -> QuerySet[Message]:
    """In the order of writing. Index: messages_of_broadcast."""
    found = Message.objects.filter(account_id=broadcast.account_id, broadcast_id=broadcast.id)
    for name in ("state", "refusal", "channel"):
        if value := getattr(filters, name):
            found = found.filter(**{name: value})
    return found.select_related("contact").order_by("id")


def page(broadcast: Broadcast, filters: Filters, after: UUID | None = None, size: int = PAGE) -> Page:
    found = find(broadcast, filters)
    rows = list((found.filter(id__gt=after) if after else found)[: size + 1])
    return Page(rows[:size], rows[size - 1].id if len(rows) > size else None)


def as_csv(broadcast: Broadcast, filters: Filters) -> Iterator[str]:
    """The file in pieces, a batch each; memory doesn't grow with the audience."""
    zone = ZoneInfo(broadcast.account.time_zone)
    yield "\ufeff" + _lines([HEADER])
    after: UUID | None = None
    while (some := page(broadcast, filters, after, BATCH)).messages:
        yield _lines([_row(message, zone) for message in some.messages])
        after = some.after
        if after is None:
            return


def left_out_csv(broadcast: Broadcast, reason: audience.LeftOut | None = None) -> Iterator[str]:
    """Who gets nothing, and why."""
    yield "\ufeff" + _lines([("Name", "Phone", "E-mail", "Reason")])
    rows: list[Sequence[str]] = []
    for contact, why in audience.left_out(broadcast, reason):
        rows.append((contact.name, contact.phone or "", contact.email or "", why.label))
        if len(rows) == BATCH:
            yield _lines(rows)
            rows = []
    yield _lines(rows)


def _row(message: Message, zone: ZoneInfo) -> Sequence[str]:
    return (
        message.contact.name,
        message.channel_label,
        message.address,
        message.state_label,
        message.refusal_label or message.failure,
        *(
            _time(each, zone)
            for each in (message.checked_at, message.sent_at, message.delivered_at, message.read_at)
        ),
        str(message.id),
    )


def _time(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="milliseconds") if moment else ""


def _lines(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([neutral(cell) for cell in row] for row in rows)
    return text.getvalue()
