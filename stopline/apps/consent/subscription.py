"""The verbs of consent. Every door (pages, API, imports, inbound messages, CLI) calls these and no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson
from django.db.utils import OperationalError
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from stopline.apps.accounts import live, members, sql
from stopline.apps.accounts.tenancy import uuid7
from stopline.apps.consent import erasure, queries
from stopline.apps.consent.actors import Actor
from stopline.apps.consent.models import Subscription
from stopline.rules import consent
from stopline.rules.errors import StoplineError
from stopline.rules.words import CONSENT_CHANNELS, ResubscribeReason, Source, Standing

Key = tuple[str, str]  # (channel, address)


class Busy(StoplineError):
    """A message to this contact is being handed over right now"""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "It has taken longer than a provider may, so nothing was changed", "Try again in a few seconds"
        )


@dataclass(frozen=True, slots=True)
class Change:
    """A standing that really changed, with its ledger entry. What was already so is no change."""

    channel: str
    address: str
    entry_id: UUID
    before: str


# More names than this in one notice would pass what NOTIFY carries; open pages then refresh on "standing" alone.
MOST_NAMED = 50


@dataclass(frozen=True, slots=True)
class Mark:
    """One key to change, with whose it is and a reason and evidence of its own, as each row of a file has."""

    channel: str
    address: str
    contact_id: UUID | None = None
    reason: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        return str(self.channel), self.address

    def asked(self) -> dict[str, Any]:
        """As queries.changing takes it."""
        return {
            "channel": self.key[0],
            "address": self.address,
            "entry": uuid7(),
            "reason": self.reason,
            "evidence": dict(self.evidence),
            "contact": self.contact_id,
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change on its way into queries.CHANGE, or into a statement that does more (queries.changing)."""

    account_id: UUID
    marks: Sequence[Mark]
    parameters: Mapping[str, Any]

    def happened(self, rows: Iterable[Sequence[Any]]) -> list[Change]:
        """What came of it, from the statement's rows; tells open pages."""
        changes = [Change(*row) for row in rows]
        if changes:
            live.announce(self.account_id, "contacts", "standing", *_contact_topics(self.marks))
        return changes


def unsubscribe(
    account_id: UUID,
    keys: Iterable[Key],
    *,
    source: Source,
    actor: Actor,
    reason: str = "",
    evidence: Mapping[str, Any] | None = None,
    message_id: UUID | None = None,
    contact_id: UUID | None = None,
    contact_ids: Mapping[str, UUID] | None = None,
    at: datetime | None = None,
) -> list[Change]:
    """In force for every key when this returns (or, inside a transaction, when that commits).

    Waits for hand-offs in flight to these addresses; none starts afterwards. `contact_id` says whose the keys are;
    where they belong to several contacts, `contact_ids` says it for each address. Raises NotAllowed for a member
    who is no admin, whatever the source.
    """
    marks = _marks(keys, contact_id, contact_ids, reason, evidence)
    return unsubscribe_each(account_id, marks, source=source, actor=actor, message_id=message_id, at=at)


def unsubscribe_each(
    account_id: UUID,
    marks: Iterable[Mark],
    *,
    source: Source,
    actor: Actor,
    message_id: UUID | None = None,
    at: datetime | None = None,
) -> list[Change]:
    """`unsubscribe` where every key has its own evidence; still one statement. Raises NotAllowed."""
    require_right(account_id, actor, "unsubscribe")
    return _change(account_id, Standing.UNSUBSCRIBED, marks, source, actor, message_id, at)


def stopped(
    account_id: UUID,
    keys: Iterable[Key],
    *,
    source: Source,
    actor: Actor,
    reason: str,
    evidence: Mapping[str, Any],
    message_id: UUID,
    contact_id: UUID,
    at: datetime,
) -> Wanted:
    """`unsubscribe`, as a part of the statement that takes the person's message (inbox.queries.STOP)."""
    require_right(account_id, actor, "unsubscribe")
    marks = _marks(keys, contact_id, None, reason, evidence)
    return _wanted(account_id, Standing.UNSUBSCRIBED, marks, source, actor, message_id, at)


def resubscribe(
    account_id: UUID,
    keys: Iterable[Key],
    *,
    source: Source,
    actor: Actor,
    reason: str,
    evidence: Mapping[str, Any],
    message_id: UUID | None = None,
    contact_id: UUID | None = None,
    contact_ids: Mapping[str, UUID] | None = None,
    at: datetime | None = None,
) -> list[Change]:
    """Lifts an unsubscribe: by the person's own START or link, or by an admin with reason and evidence.

    `reason` is a ResubscribeReason for members; `evidence` holds at least `text`. Raises NotAllowed, InvalidInput.
    """
    require_right(account_id, actor, "resubscribe")
    if actor.kind != "person":
        consent.require_evidence(reason, str(evidence.get("text", "")))
        reason = ResubscribeReason(reason).value
    marks = _marks(keys, contact_id, contact_ids, reason, evidence)
    return _change(account_id, Standing.SUBSCRIBED, marks, source, actor, message_id, at)


def require_right(account_id: UUID, actor: Actor, what: str) -> None:
    """Raises NotAllowed where a member who is no admin wants to `what` (a verb) contacts."""
    if actor.kind == "member" and not actor.is_admin:
        consent.require_admin(False, members.admin_names(account_id), what)


def hold(account_id: UUID, keys: Iterable[Key], message_id: UUID, *, at: datetime | None = None) -> None:
    """Automated messages to these addresses wait until a person has decided about an unclear opt-out."""
    _ensure(account_id, keys, {"held_message_id": message_id, "held_since": at or timezone.now()})


def release(account_id: UUID, keys: Iterable[Key]) -> None:
    """The unclear opt-out was none."""
    for channel, address in sorted(set(keys)):
        Subscription.objects.filter(account_id=account_id, channel=channel, address=address).update(
            held_message_id=None, held_since=None
        )


def remember(account_id: UUID, keys: Iterable[Key], contact_id: UUID | None) -> list[Change]:
    """An address that was erased comes back: the unsubscribe that was kept under its hash is in force again."""
    return remember_each(account_id, _marks(keys, contact_id))


def remember_each(account_id: UUID, marks: Iterable[Mark]) -> list[Change]:
    """`remember` for the addresses of many contacts at once."""
    marks = list(marks)
    hashes = {address: erasure.hashed(account_id, address) for address in {mark.address for mark in marks}}
    kept = set(
        Subscription.objects.filter(
            sql.one_of("address", hashes.values()), account_id=account_id, standing=Standing.UNSUBSCRIBED
        ).values_list("channel", "address")
    )
    suppressed = [mark for mark in marks if (mark.key[0], hashes[mark.address]) in kept]
    system = Actor.system("Suppression kept after erasure")
    return unsubscribe_each(account_id, suppressed, source=Source.ERASED, actor=system)


def kept(account_id: UUID, addresses: Iterable[str]) -> dict[Key, Subscription]:
    """The rows there are for these addresses; a key without one is subscribed by default."""
    # Every channel is named: so the primary key finds each row instead of reading all of the account's.
    rows = Subscription.objects.filter(
        sql.one_of("address", addresses), account_id=account_id, channel__in=CONSENT_CHANNELS
    )
    return {(row.channel, row.address): row for row in rows}


def of(account_id: UUID, keys: Iterable[Key]) -> dict[Key, Subscription]:
    """The standing of every key; where no row is kept, the subscription it stands for (subscribed by default)."""
    keys = list(keys)
    found = kept(account_id, {address for _, address in keys})
    return {
        key: found.get(key) or Subscription(account_id=account_id, channel=key[0], address=key[1])
        for key in keys
    }


def _marks(
    keys: Iterable[Key],
    contact_id: UUID | None,
    contact_ids: Mapping[str, UUID] | None = None,
    reason: str = "",
    evidence: Mapping[str, Any] | None = None,
) -> list[Mark]:
    whose = contact_ids or {}
    return [
        Mark(channel, address, whose.get(address, contact_id), reason, evidence or {})
        for channel, address in keys
    ]


def _change(
    account_id: UUID,
    standing: Standing,
    marks: Iterable[Mark],
    source: Source,
    actor: Actor,
    message_id: UUID | None,
    at: datetime | None,
) -> list[Change]:
    wanted = _wanted(account_id, standing, marks, source, actor, message_id, at)
    try:
        return wanted.happened(sql.rows(queries.CHANGE, wanted.parameters) if wanted.marks else [])
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable) and actor.kind == "member":
            raise Busy from error
        raise  # what came from outside is stored, and is tried again until it is in force


def _wanted(
    account_id: UUID,
    standing: Standing,
    marks: Iterable[Mark],
    source: Source,
    actor: Actor,
    message_id: UUID | None,
    at: datetime | None,
) -> Wanted:
    wanted = sorted({mark.key: mark for mark in marks}.values(), key=attrgetter("key"))
    parameters = {
        "account": account_id,
        "standing": standing.value,
        "source": source.value,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "message": message_id,
        "at": at or timezone.now(),
        "asked": orjson.dumps([mark.asked() for mark in wanted]).decode(),
    }
    return Wanted(account_id, wanted, parameters)


def _contact_topics(marks: Iterable[Mark]) -> list[str]:
    named = {f"contact:{mark.contact_id}" for mark in marks if mark.contact_id}
    return sorted(named) if len(named) <= MOST_NAMED else []


def _ensure(account_id: UUID, keys: Iterable[Key], values: dict[str, Any]) -> None:
    for channel, address in sorted(set(keys)):
        Subscription.objects.update_or_create(
            account_id=account_id, channel=channel, address=address, defaults=values, create_defaults=values
        )
