"""What each contact of the audience will get on each channel, word for word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection

from stopline.apps.broadcasts import audience, composing
from stopline.apps.broadcasts.audience import LeftOut
from stopline.apps.consent import links
from stopline.apps.contacts import directory
from stopline.apps.contacts.models import Contact
from stopline.apps.sending import personal, shared
from stopline.rules import segments
from stopline.rules.errors import InvalidInput
from stopline.rules.segments import Segments
from stopline.rules.words import CHANNELS, Channel

if TYPE_CHECKING:
    from stopline.apps.broadcasts.models import Broadcast
    from stopline.apps.sending.models import Content

Contents = Mapping[str, "Content"]


@dataclass(frozen=True, slots=True)
class Said:
    """What one contact gets on one channel.

    `why`: they can't be reached there. `spare`: they could be, and get it on a channel that comes first. `problem`:
    it can't be written. `segments`: None where the channel isn't counted in them.
    """

    channel: Channel
    address: str
    why: LeftOut | None = None
    spare: bool = False
    problem: str = ""
    text: str = ""
    parts: Mapping[str, Any] = field(default_factory=dict)
    segments: Segments | None = None

    @property
    def subject(self) -> str:
        return str(self.parts.get("subject", ""))

    @property
    def html(self) -> str:
        return str(self.parts.get("html", ""))


@dataclass(frozen=True, slots=True)
class Place:
    """One contact of the audience, and who stands before and behind. `missed`: the search found nobody."""

    contact: Contact
    before: UUID | None
    after: UUID | None
    missed: bool = False

    @property
    def id_text(self) -> str:
        return str(self.contact.id)


def place(broadcast: Broadcast, contact_id: UUID | None = None, text: str = "") -> Place | None:
    """That contact, or the first whom a search for `text` finds, or the first of all. None where nobody is meant."""
    meant = audience.contacts(broadcast)
    found = meant.filter(id=contact_id).first() if contact_id else None
    if text and not found:
        matching = directory.find(broadcast.account, directory.Filters(text=text))
        found = meant.filter(id__in=matching.order_by().values("id")).order_by("id").first()
    missed = bool(text) and found is None
    found = found or meant.order_by("id").first()
    if found is None:
        return None
    found.account = broadcast.account
    before = meant.filter(id__lt=found.id).order_by("-id").values_list("id", flat=True).first()
    after = meant.filter(id__gt=found.id).order_by("id").values_list("id", flat=True).first()
    return Place(found, before, after, missed)


def hinted(broadcast: Broadcast, contents: Contents) -> Contents:
    """The same, a draft's with the words that Send will put behind each text. Two queries a channel: once for many."""
    for channel, content in contents.items():
        if broadcast.is_draft:
            content.hint, content.link = composing.hint(broadcast, Channel(channel))
    return contents


def of(broadcast: Broadcast, contents: Contents, contact: Contact) -> list[Said]:
    """On every channel of the broadcast, in its order. `contact.account` is read: load it along."""
    hinted(broadcast, contents)
    reasons = _reasons(broadcast, contact)
    free = [channel for channel in broadcast.channels if reasons.get(channel) is None]
    taken = free[:1] if broadcast.pick == broadcast.Pick.FIRST else free
    said = []
    for channel in map(Channel, broadcast.channels):
        if why := reasons.get(channel):
            said.append(Said(channel, "", why))
        else:
            said.append(written(contents[channel], contact, spare=channel not in taken))
    return said


def written(content: Content, contact: Contact, *, spare: bool = False) -> Said:
    """As sending.shared will write it at hand-over; a short link's code is a sample of the same length.

    `content`: one of `hinted`.
    """
    channel = Channel(content.channel)
    kind = CHANNELS[channel]
    address = contact.addresses.get(kind.address_kind, "")
    try:
        found = shared.said(content, personal.values_of(contact), _link(content, address))
    except InvalidInput as problem:
        return Said(channel, address, spare=spare, problem=str(problem))
    counted = segments.count(found["text"]) if kind.texts else None
    return Said(channel, address, None, spare, "", found["text"], found["parts"], counted)


def _link(content: Content, address: str) -> str:
    if content.channel == Channel.EMAIL:
        return links.unsubscribe_url(content.account_id, Channel.EMAIL, address)
    return links.sample_url() if content.link else ""


def _reasons(broadcast: Broadcast, contact: Contact) -> dict[str, LeftOut | None]:
    """Why the contact isn't reached, by channel; as the audience judges, asked for this one."""
    if not broadcast.channels:
        return {}
    just_before = UUID(int=contact.id.int - 1)
    inner, parameters = audience.judged(broadcast, after=just_before, size=1)
    with connection.cursor() as cursor:
        cursor.execute(inner, parameters)
        row = cursor.fetchone()
    if row is None or row[0] != contact.id:
        return {}
    return {
        channel: LeftOut(why) if why else None
        for channel, why in zip(broadcast.channels, row[3:], strict=True)
    }
