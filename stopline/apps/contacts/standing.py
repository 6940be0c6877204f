"""Unsubscribing and resubscribing contacts by hand: one contact, those chosen, or all that match a filter.

Standing belongs to addresses; these verbs find the addresses and leave the rest to `consent.subscription`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from stopline.apps.consent import subscription
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CONSENT_CHANNELS, Channel, Source, Standing

if TYPE_CHECKING:
    from stopline.apps.consent.actors import Actor
    from stopline.apps.consent.models import Subscription
    from stopline.apps.consent.subscription import Change, Key
    from stopline.apps.contacts.models import Contact


@dataclass(frozen=True, slots=True)
class Held:
    """The standing of a contact on one channel."""

    channel: Channel
    address: str
    row: Subscription

    @property
    def standing(self) -> Standing:
        return Standing(self.row.standing)

    @property
    def unsubscribed(self) -> bool:
        return self.standing is Standing.UNSUBSCRIBED


def of(account_id: UUID, contacts: Iterable[Contact]) -> dict[UUID, list[Held]]:
    """Each contact's standing on every channel it can be reached on, by the contact's id; one query."""
    contacts = list(contacts)
    rows = subscription.of(account_id, [key for contact in contacts for key in contact.channels])
    return {
        contact.id: [Held(channel, address, rows[channel, address]) for channel, address in contact.channels]
        for contact in contacts
    }


def unsubscribe(
    account_id: UUID, contacts: Iterable[Contact], channels: Iterable[str], *, actor: Actor, reason: str = ""
) -> list[Change]:
    """Raises InvalidInput where no channel is named, NotAllowed for a member who is no admin."""
    keys, whose = _keys(contacts, channels)
    return subscription.unsubscribe(
        account_id, keys, source=Source.ADMIN, actor=actor, reason=reason.strip(), contact_ids=whose
    )


def resubscribe(
    account_id: UUID,
    contacts: Iterable[Contact],
    channels: Iterable[str],
    *,
    actor: Actor,
    reason: str,
    evidence: Mapping[str, Any],
) -> list[Change]:
    """Raises InvalidInput where channel, reason or evidence is missing, NotAllowed as `unsubscribe` does."""
    keys, whose = _keys(contacts, channels)
    return subscription.resubscribe(
        account_id,
        keys,
        source=Source.ADMIN,
        actor=actor,
        reason=reason,
        evidence=evidence,
        contact_ids=whose,
    )


def _keys(contacts: Iterable[Contact], channels: Iterable[str]) -> tuple[list[Key], dict[str, UUID]]:
    wanted = set(channels)
    if not wanted or not wanted <= set(CONSENT_CHANNELS):
        raise InvalidInput(
            "Choose at least one channel; nothing is chosen for you.", "Open Channels and tick it"
        )
    held = [(contact.id, key) for contact in contacts for key in contact.channels if key[0] in wanted]
    return [(str(channel), address) for _, (channel, address) in held], {
        address: contact_id for contact_id, (_, address) in held
    }
