"""Who is meant, on which channel each can be reached, and who is left out and why.

Set-based, in SQL: it narrows the audience so that nothing is written for people who may not be messaged anyway. It
never lets anybody through: every message that is written meets the gate (sending.gate) at hand-over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from stopline.apps.contacts import directory
from stopline.apps.contacts.models import Contact, ListMembership
from stopline.apps.sending.models import SendingRules
from stopline.rules.words import CHANNELS, Channel

if TYPE_CHECKING:
    from stopline.apps.broadcasts.models import Broadcast


class LeftOut(StrEnum):
    """Why nobody is written to there, the first that is true; in the order in which it is told."""

    NO_ADDRESS = "no_address"
    UNSUBSCRIBED = "unsubscribed"
    PENDING = "pending"
    HELD = "held"
    CAPPED = "capped"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    LeftOut.NO_ADDRESS: "No address",
    LeftOut.UNSUBSCRIBED: "Unsubscribed",
    LeftOut.PENDING: "Subscription not confirmed yet",
    LeftOut.HELD: "Last message looks like an opt-out",
    LeftOut.CAPPED: "Has had enough messages for now",
}
# Of several, what is told about a contact who is reached on no channel: what somebody decided before what is missing.
TELLING = (LeftOut.UNSUBSCRIBED, LeftOut.PENDING, LeftOut.HELD, LeftOut.CAPPED, LeftOut.NO_ADDRESS)
LOOKED_AT = 5_000  # contacts in one look for those who are left out


@dataclass(frozen=True, slots=True)
class Reach:
    """How many contacts are meant, get it on each channel, and are left out for each reason.

    `on`: messages a channel. `without`: by channel, contacts who can't be reached there, by reason. `left_out`:
    contacts who get nothing at all, by the most telling of their reasons.
    """

    contacts: int = 0
    on: dict[str, int] = field(default_factory=dict)
    without: dict[str, dict[str, int]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def messages(self) -> int:
        return sum(self.on.values())


def contacts(broadcast: Broadcast) -> QuerySet[Contact]:
    """Everybody who is meant, whatever their standing; in no order. Nobody where nothing was chosen."""
    account = broadcast.account
    everybody = Contact.objects.filter(account_id=account.id).order_by()
    if not broadcast.include:
        return everybody.none()
    if {} not in broadcast.include:
        listed = [UUID(chosen["list"]) for chosen in broadcast.include if set(chosen) == {"list"}]
        included = _on_lists(listed) if listed else Q()
        for chosen in broadcast.include:
            if set(chosen) != {"list"}:
                found = directory.find(account, directory.Filters.read(chosen), whole=True).order_by()
                included |= Q(id__in=found.values("id"))
        everybody = everybody.filter(included)
    if broadcast.exclude:
        everybody = everybody.exclude(_on_lists([UUID(each) for each in broadcast.exclude]))
    return everybody


def reach(broadcast: Broadcast) -> Reach:
    """Counted in one pass over the audience."""
    if not broadcast.channels or not broadcast.include:
        return Reach()
    inner, parameters = judged(broadcast)
    names = ", ".join(f"r{number}" for number in range(len(broadcast.channels)))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names}, count(*) FROM ({inner}) j GROUP BY {names}", parameters)  # noqa: S608
        return _summed(broadcast, cursor.fetchall())


def left_out(
    broadcast: Broadcast, reason: LeftOut | None = None, *, after: UUID | None = None
) -> Iterator[tuple[Contact, LeftOut]]:
    """Contacts who get nothing, by id, behind `after`; with `reason` those for whom it is the most telling one.

    Read as far as the reader goes: a page costs a page.
    """
    while True:
        inner, parameters = judged(broadcast, after=after, size=LOOKED_AT)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({inner}) j ORDER BY id", parameters)  # noqa: S608
            rows = cursor.fetchall()
        why = {row[0]: _telling(row[3:]) for row in rows if None not in row[3:]}
        wanted = [contact for contact, each in why.items() if reason in (None, each)]
        found = Contact.objects.filter(account_id=broadcast.account_id, id__in=wanted).order_by("id")
        yield from ((contact, why[contact.id]) for contact in found.defer("search", "custom", "notes"))
        if len(rows) < LOOKED_AT:
            return
        after = rows[-1][0]


def _telling(reasons: Sequence[str]) -> LeftOut:
    return next(each for each in TELLING if each in reasons)


def judged(
    broadcast: Broadcast, *, after: UUID | None = None, size: int | None = None
) -> tuple[str, list[Any]]:
    """SQL of the audience with, for each channel in order, why a contact isn't reached there: columns id, phone,
    email, r0, r1, … (null: may be reached). With `size` the next so many contacts behind `after`, by id."""
    meant = contacts(broadcast).values("id", "phone", "email")
    if size:
        meant = (meant.filter(id__gt=after) if after else meant).order_by("id")[:size]
    inner, parameters = meant.query.sql_with_params()
    rules = SendingRules.objects.filter(account_id=broadcast.account_id).first()
    capped = bool(rules and rules.cap is not None and broadcast.kind.marketing)
    columns, joins, values = [], [], []
    joined: list[Any] = []
    for number, channel in enumerate(broadcast.channels):
        kind = CHANNELS[Channel(channel)].address_kind
        cap, cap_values = _cap(broadcast, rules, channel) if capped and rules else ("", [])
        columns.append(REASON.format(n=number, kind=kind.value, cap=cap))
        values += cap_values
        joins.append(STANDING.format(n=number, kind=kind.value))
        joined += [broadcast.account_id, channel]
    query = f"SELECT a.id, a.phone, a.email, {', '.join(columns)} FROM ({inner}) a {' '.join(joins)}"  # noqa: S608
    return query, [*values, *parameters, *joined]


# Of one channel: the reason, and the rows that give it. Only what differs from "subscribed" is joined: most people are,
# and most of those have no row. Index: unsubscribed_addresses or the primary key, as the planner likes.
REASON = """CASE WHEN a.{kind} IS NULL THEN 'no_address' WHEN s{n}.standing IN ('unsubscribed', 'pending')
    THEN s{n}.standing WHEN s{n}.address IS NOT NULL THEN 'held' {cap} END AS r{n}"""
STANDING = """LEFT JOIN consent_subscription s{n} ON s{n}.account_id = %s AND s{n}.channel = %s
    AND s{n}.address = a.{kind} AND (s{n}.standing <> 'subscribed' OR s{n}.held_message_id IS NOT NULL)"""
# As sending.queries.HAD counts, which the gate asks again. Index: thread.
CAP = """WHEN (SELECT count(*) FROM sending_message m WHERE m.account_id = %s AND m.contact_id = a.id
    AND m.channel = %s AND m.kind = 'broadcast' AND m.state IN ('sent', 'delivered', 'read', 'unknown')
    AND coalesce(m.sent_at, m.checked_at, m.created_at) > now() - make_interval(days => %s)) >= %s THEN 'capped'"""


def _cap(broadcast: Broadcast, rules: SendingRules, channel: str) -> tuple[str, list[Any]]:
    return CAP, [broadcast.account_id, channel, rules.cap_days, rules.cap]


def _on_lists(lists: Sequence[UUID]) -> Q:
    """On any of them: the usual audience, in one look at the memberships."""
    mine = {"account_id": OuterRef("account_id"), "contact_id": OuterRef("id")}
    return Q(Exists(ListMembership.objects.filter(contact_list_id__in=lists, **mine)))


def _summed(broadcast: Broadcast, rows: Sequence[Sequence[Any]]) -> Reach:
    found = Reach(on=dict.fromkeys(broadcast.channels, 0), without={each: {} for each in broadcast.channels})
    total = 0
    for *reasons, number in rows:
        total += number
        free = [
            channel for channel, reason in zip(broadcast.channels, reasons, strict=True) if reason is None
        ]
        for channel in free[:1] if broadcast.pick == broadcast.Pick.FIRST else free:
            found.on[channel] += number
        for channel, reason in zip(broadcast.channels, reasons, strict=True):
            if reason is not None:
                found.without[channel][reason] = found.without[channel].get(reason, 0) + number
        if not free:
            why = _telling(reasons)
            found.left_out[why.value] = found.left_out.get(why.value, 0) + number
    return Reach(total, found.on, found.without, found.left_out)
