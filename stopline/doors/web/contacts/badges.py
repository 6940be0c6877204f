"""The standing of a contact on each channel, as every screen shows it: icon, word, since when and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from stopline.apps.consent import told
from stopline.apps.consent.models import Entry
from stopline.apps.contacts import standing
from stopline.doors.web.templatetags.moments import moment
from stopline.rules.words import Channel, Standing

if TYPE_CHECKING:
    from stopline.apps.contacts.models import Contact
    from stopline.apps.contacts.standing import Held


@dataclass(frozen=True, slots=True)
class Badge:
    channel: Channel
    address: str
    standing: str  # a Standing, or "held": subscribed, but an unclear opt-out waits for a decision
    title: str
    entry: Entry | None

    @property
    def unsubscribed(self) -> bool:
        return self.standing == Standing.UNSUBSCRIBED


def of(account_id: UUID, contacts: Iterable[Contact]) -> dict[UUID, list[Badge]]:
    """By the contact's id. Two queries, however many contacts."""
    held = standing.of(account_id, contacts)
    decided = {each.row.entry_id for those in held.values() for each in those if each.row.entry_id}
    entries = {
        entry.id: entry for entry in Entry.objects.filter(account_id=account_id, id__in=decided).order_by()
    }
    return {contact: [_badge(each, entries) for each in those] for contact, those in held.items()}


def _badge(held: Held, entries: Mapping[UUID, Entry]) -> Badge:
    row, entry = held.row, entries.get(held.row.entry_id) if held.row.entry_id else None
    why = f": {told.why(entry)}" if entry else ""
    if held.standing is Standing.SUBSCRIBED and row.held_since:
        title = f"Held since {moment(row.held_since)}: the last message looks like an opt-out"
        return Badge(held.channel, held.address, "held", title, entry)
    word = {Standing.SUBSCRIBED: "Subscribed again"}.get(held.standing, held.standing.label)
    title = f"{word} since {moment(row.since)}{why}" if row.since else "Subscribed: never unsubscribed"
    return Badge(held.channel, held.address, held.standing, title, entry)
