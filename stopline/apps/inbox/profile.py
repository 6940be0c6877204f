"""Changing a contact beside the conversation: name, fields and standing, saved together or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction

from stopline.apps.consent.actors import Actor
from stopline.apps.contacts import contact as contacts
from stopline.apps.contacts import fields, standing
from stopline.rules.words import Channel, Standing

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Member
    from stopline.apps.consent.subscription import Change
    from stopline.apps.contacts.models import Contact


@dataclass(frozen=True, slots=True)
class Wanted:
    """`standings` holds the channels somebody changed; subscribing again needs `reason`, `evidence`."""

    first_name: str
    last_name: str
    custom: Mapping[str, str]  # as typed, by the field's key
    standings: Mapping[Channel, Standing] = field(default_factory=dict)
    reason: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


def save(member: Member, contact: Contact, wanted: Wanted) -> list[Change]:
    """The changes of standing. Raises NotAllowed where an agent asks for any, InvalidInput."""
    actor, account = Actor.member(member), member.account_id
    custom = fields.read(member.account, wanted.custom)
    gone, back = _those(wanted, Standing.UNSUBSCRIBED), _those(wanted, Standing.SUBSCRIBED)
    changes: list[Change] = []
    with transaction.atomic():
        if gone:
            changes += standing.unsubscribe(account, [contact], gone, actor=actor)
        if back:
            changes += standing.resubscribe(
                account, [contact], back, actor=actor, reason=wanted.reason, evidence=wanted.evidence
            )
        contacts.change(
            contact, actor, custom=custom, first_name=wanted.first_name, last_name=wanted.last_name
        )
    return changes


def _those(wanted: Wanted, standing: Standing) -> list[str]:
    return [str(channel) for channel, asked in wanted.standings.items() if asked is standing]
