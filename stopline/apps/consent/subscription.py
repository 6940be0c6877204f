"""The verbs of consent. Every door (pages, API, imports, inbound messages, CLI) calls these and no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from psycopg.types.json import Jsonb

from stopline.apps.accounts import live, members
from stopline.apps.accounts.tenancy import uuid7
from stopline.apps.consent import erasure, queries
from stopline.apps.consent.actors import Actor
from stopline.apps.consent.models import Subscription
from stopline.rules import consent
from stopline.rules.words import ResubscribeReason, Source, Standing

Key = tuple[str, str]  # (channel, address)


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
class _Whose:
    """The contacts the changed addresses belong to, for their history."""

    contact_id: UUID | None
    contact_ids: Mapping[str, UUID]

    def of(self, address: str) -> UUID | None:
        return self.contact_ids.get(address, self.contact_id)

    @property
    def topics(self) -> list[str]:
        named = {*self.contact_ids.values(), *([self.contact_id] if self.contact_id else [])}
        return [f"contact:{contact}" for contact in sorted(named)] if len(named) <= MOST_NAMED else []


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
    require_right(account_id, actor, "unsubscribe")
    whose = _Whose(contact_id, contact_ids or {})
    return _change(
        account_id, keys, Standing.UNSUBSCRIBED, source, actor, reason, evidence, message_id, whose, at
    )


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
    whose = _Whose(contact_id, contact_ids or {})
    return _change(
        account_id, keys, Standing.SUBSCRIBED, source, actor, reason, evidence, message_id, whose, at
    )


def require_right(account_id: UUID, actor: Actor, what: str) -> None:
    """Raises NotAllowed where a member who is no admin wants to `what` (a verb) contacts."""
    if actor.kind == "member" and not actor.is_admin:
        consent.require_admin(False, members.admin_names(account_id), what)


def hold(account_id: UUID, keys: Iterable[Key], message_id: UUID) -> None:
    """Automated messages to these addresses wait until a person has decided about an unclear opt-out."""
    _ensure(account_id, keys, {"held_message_id": message_id, "held_since": timezone.now()})


def release(account_id: UUID, keys: Iterable[Key]) -> None:
    """The unclear opt-out was none."""
    for channel, address in sorted(set(keys)):
        Subscription.objects.filter(account_id=account_id, channel=channel, address=address).update(
            held_message_id=None, held_since=None
        )


def remember(account_id: UUID, keys: Iterable[Key], contact_id: UUID) -> list[Change]:
    """An address that was erased comes back: the unsubscribe that was kept under its hash is in force again."""
    keys = list(keys)
    hashes = {erasure.hashed(account_id, address): address for _, address in keys}
    kept = Subscription.objects.filter(
        account_id=account_id, address__in=hashes, standing=Standing.UNSUBSCRIBED
    ).values_list("channel", "address")
    suppressed = {(channel, hashes[hashed]) for channel, hashed in kept} & set(keys)
    system = Actor.system("Suppression kept after erasure")
    return unsubscribe(account_id, suppressed, source=Source.ERASED, actor=system, contact_id=contact_id)


def of(account_id: UUID, keys: Iterable[Key]) -> dict[Key, Subscription]:
    """The standing of every key; where no row is kept, the subscription it stands for (subscribed by default)."""
    keys = list(keys)
    rows = Subscription.objects.filter(account_id=account_id, address__in={address for _, address in keys})
    found = {(row.channel, row.address): row for row in rows}
    return {
        key: found.get(key) or Subscription(account_id=account_id, channel=key[0], address=key[1])
        for key in keys
    }


def _change(
    account_id: UUID,
    keys: Iterable[Key],
    standing: Standing,
    source: Source,
    actor: Actor,
    reason: str,
    evidence: Mapping[str, Any] | None,
    message_id: UUID | None,
    whose: _Whose,
    at: datetime | None,
) -> list[Change]:
    wanted = sorted({(str(channel), address) for channel, address in keys})
    if not wanted:
        return []
    parameters = {
        "account": account_id,
        "standing": standing.value,
        "source": source.value,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "reason": reason,
        "evidence": Jsonb(dict(evidence or {})),
        "message": message_id,
        "at": at or timezone.now(),
        "channels": [channel for channel, _ in wanted],
        "addresses": [address for _, address in wanted],
        "entries": [uuid7() for _ in wanted],
        "contacts": [whose.of(address) for _, address in wanted],
    }
    with connection.cursor() as cursor:
        cursor.execute(queries.CHANGE, parameters)
        changes = [Change(*row) for row in cursor.fetchall()]
    if changes:
        live.announce(account_id, "contacts", "standing", *whose.topics)
    return changes


def _ensure(account_id: UUID, keys: Iterable[Key], values: dict[str, Any]) -> None:
    for channel, address in sorted(set(keys)):
        Subscription.objects.update_or_create(
            account_id=account_id, channel=channel, address=address, defaults=values, create_defaults=values
        )
