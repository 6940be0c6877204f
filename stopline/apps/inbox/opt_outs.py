"""Opt-outs that a provider tells us of: at hand-over, in a report, from a complaint, a bounce or a link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from stopline.apps.consent import subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.consent.models import Subscription
from stopline.apps.consent.subscription import Change
from stopline.apps.contacts.models import Contact
from stopline.apps.inbox import receive
from stopline.apps.sending.models import Connection, Message
from stopline.providers.base import OptOut
from stopline.rules import addresses, consent
from stopline.rules.words import CHANNELS, AddressKind, Channel, MessageKind, Source


def body(event: OptOut) -> dict[str, Any]:
    """The event as it is stored until it is applied; `read` is its inverse."""
    return {
        "opt_out": {
            "channel": event.channel.value,
            "address": event.address,
            "source": event.source.value,
            "reason": event.reason,
            "stop": event.stop,
            "provider_id": event.provider_id,
            "at": event.at.isoformat() if event.at else "",
            "raw": dict(event.raw),
        }
    }


def read(event_id: str, stored: Mapping[str, Any]) -> OptOut:
    told = stored["opt_out"]
    return OptOut(
        event_id=event_id,
        channel=Channel(told["channel"]),
        address=told["address"],
        source=Source(told["source"]),
        reason=told.get("reason", ""),
        raw={**told.get("raw", {}), **({"message_id": told["message_id"]} if "message_id" in told else {})},
        stop=told.get("stop", True),
        provider_id=told.get("provider_id", ""),
        at=datetime.fromisoformat(told["at"]) if told.get("at") else None,
    )


def take(connection: Connection, event: OptOut) -> list[Change]:
    """Applies it. A provider's opt-out always becomes ours; a resume is the person's own, or is no resume.

    Raises InvalidInput for an address that is none.
    """
    account = connection.account
    message = _message(connection, event)
    if message is None and not event.address:
        return []  # about a message we don't have (any more), to nobody it names
    address = message.address if message else _address(connection, event)
    contact = _contact(connection, event.channel, address)
    evidence = {
        "text": event.reason,
        "provider": connection.provider,
        "provider_message": event.provider_id,
        "event": event.event_id,
        "received_at": timezone.now().isoformat(),
    }
    about: dict[str, Any] = {
        "source": event.source,
        "actor": Actor.person(address)
        if event.source is not Source.BOUNCE
        else Actor.system(connection.provider),
        "reason": event.reason,
        "evidence": {name: value for name, value in evidence.items() if value},
        "message_id": message.id if message else _message_id(event),
        "contact_id": contact.id if contact else None,
        "at": min(event.at, timezone.now()) if event.at else None,
    }
    with transaction.atomic():
        if not event.stop:
            scope = consent.start_scope(event.channel, address)
            if _overtaken(account.id, scope, event.at):
                return []
            return subscription.resubscribe(account.id, scope, **about)
        held = contact.addresses if contact else {}
        everything = account.stop_everything and event.source is not Source.BOUNCE
        scope = consent.stop_scope(event.channel, address, held, everything=everything)
        return subscription.unsubscribe(account.id, scope, **about)


def _overtaken(account_id: UUID, scope: Iterable[tuple[str, str]], at: datetime | None) -> bool:
    """Whether the person (or anybody) has stopped since they resumed: reports may come days late, in any order."""
    keys = [(account_id, str(channel), address) for channel, address in scope]
    rows = Subscription.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    return at is not None and any(row.since is not None and row.since > at for row in rows)


def _message(connection: Connection, event: OptOut) -> Message | None:
    """The e-mail of ours that a bounce, a complaint or an unsubscribe is about, by our id or the provider's.

    It was written to one address, and that is the one meant: a report may name where the mail was forwarded to, and
    a mail program may unsubscribe from another mailbox of the person. Index: the primary key, provider_message_once.
    """
    if event.channel is not Channel.EMAIL or not event.provider_id:
        return None
    mine = Message.objects.filter(account_id=connection.account_id, channel=event.channel).exclude(
        kind=MessageKind.INBOUND
    )
    if found := mine.filter(connection_id=connection.id, provider_id=event.provider_id).first():
        return found
    try:
        return mine.filter(id=UUID(event.provider_id)).first()
    except ValueError:
        return None


def _address(connection: Connection, event: OptOut) -> str:
    if CHANNELS[event.channel].address_kind is AddressKind.PHONE:
        return addresses.phone(event.address, connection.account.default_country)
    return addresses.email(event.address)


def _contact(connection: Connection, channel: Channel, address: str) -> Contact | None:
    column = receive.COLUMNS[CHANNELS[channel].address_kind]
    return Contact.objects.filter(account_id=connection.account_id, **{column: address}).first()


def _message_id(event: OptOut) -> UUID | None:
    found = event.raw.get("message_id")
    return UUID(found) if found else None
