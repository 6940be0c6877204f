"""What was said in a conversation and what changed about consent meanwhile, in the order it happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from stopline.apps.consent import ledger
from stopline.apps.consent.models import Entry
from stopline.apps.inbox.models import Conversation
from stopline.apps.sending.models import Message

PAGE = 40
MOST = 600  # messages in one answer, however far somebody has scrolled back
MOST_CHANGES = 300


@dataclass(frozen=True, slots=True)
class Happening:
    """Ledger entries of one decision: a STOP ends three channels at once."""

    entries: list[Entry]

    @property
    def at(self) -> datetime:
        return self.entries[0].at


@dataclass(frozen=True, slots=True)
class Thread:
    """The older page ends at `oldest`, `more` says whether there is one; the newer begins at `until`."""

    items: list[Message | Happening]
    messages: list[Message]
    more: bool
    until: datetime | None = None

    @property
    def oldest(self) -> UUID | None:
        return self.messages[0].id if self.messages else None

    @property
    def newest_inbound(self) -> UUID | None:
        return next((message.id for message in reversed(self.messages) if message.inbound), None)


def read(conversation: Conversation, *, before: UUID | None = None, since: UUID | None = None) -> Thread:
    """The newest page; the page before a message; or everything since a message (what a page shows already).

    Four queries, whatever there is. Message ids are time-ordered, so the index `thread` gives the pages.
    """
    found = Message.objects.filter(account_id=conversation.account_id, contact_id=conversation.contact_id)
    until = found.filter(id=before).values_list("created_at", flat=True).first() if before else None
    pages = found.select_related("author__user", "decided_by__user").order_by("-id")
    if before:
        pages = pages.filter(id__lt=before)
    size = MOST if since else PAGE
    newest = list(pages.filter(id__gte=since)[:MOST] if since else pages[: size + 1])
    messages = newest[:size][::-1]
    more = len(newest) > size or bool(
        since and found.filter(id__lt=messages[0].id if messages else since).exists()
    )
    happenings = _happenings(conversation, messages[0].created_at if more and messages else None, until)
    return Thread(_in_order(messages, happenings), messages, more, until)


def _happenings(
    conversation: Conversation, since: datetime | None, until: datetime | None
) -> list[Happening]:
    contact = conversation.contact
    entries = ledger.history(conversation.account_id, contact.channels, contact.id)
    if since:
        entries = entries.filter(at__gte=since)
    if until:
        entries = entries.filter(at__lt=until)
    return list(_decisions(reversed(entries[:MOST_CHANGES])))


def _decisions(entries: Iterable[Entry]) -> Iterable[Happening]:
    for _, together in groupby(entries, key=_decision):
        yield Happening(list(together))


def _decision(entry: Entry) -> tuple[object, ...]:
    return entry.at, entry.standing, entry.source, entry.actor_id, entry.actor_name


def _in_order(messages: list[Message], happenings: list[Happening]) -> list[Message | Happening]:
    """A change comes behind the message that caused it: they carry the same time."""
    timed: list[tuple[datetime, int, Message | Happening]] = [
        *((message.created_at, 0, message) for message in messages),
        *((happening.at, 1, happening) for happening in happenings),
    ]
    return [item for _, _, item in sorted(timed, key=lambda each: each[:2])]
