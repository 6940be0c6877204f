"""Messages and opt-outs of a given moment, for reports to count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import first_uuid7, uuid7
from stopline.apps.consent import subscription
from stopline.apps.consent.models import Entry
from stopline.apps.contacts.models import Contact
from stopline.apps.inbox.models import Conversation
from stopline.apps.reports import span
from stopline.apps.reports.asked import Asked
from stopline.apps.reports.shapes import Section, Table, Value
from stopline.apps.sending.models import Message
from stopline.rules.words import Channel, MessageKind, MessageState, Source
from tests import make

NOON = datetime(2026, 5, 6, 12, tzinfo=UTC)


def asked(
    of: Account, first: str, last: str = "", channel: Channel | None = None, zone: str = "UTC"
) -> Asked:
    days = {"from": first, "to": last or first}
    return Asked(of, span.read(days, zone, timezone.now() + timedelta(days=1)), channel)


def message(of: Contact, at: datetime = NOON, **fields: Any) -> Message:
    """A delivered text of that moment, its id made from it as every id is."""
    kind = MessageKind(fields.pop("kind", MessageKind.REPLY))
    inbound = kind is MessageKind.INBOUND
    talk = Conversation.objects.filter(account_id=of.account_id, contact_id=of.id).first()
    talk = talk or Conversation.objects.create(
        account_id=of.account_id, contact_id=of.id, channel="sms", last_message_at=at
    )
    values = {
        "state": MessageState.RECEIVED if inbound else MessageState.DELIVERED,
        "channel": Channel.SMS,
        "address": of.phone,
        "text": "Your bike is ready.",
        "sent_at": None if inbound else at,
        "checked_at": None if inbound else at,
        **fields,
    }
    since = first_uuid7(at).int >> 80 << 80
    return Message.objects.create(
        account_id=of.account_id,
        id=type(uuid7())(int=since | uuid7().int & (1 << 80) - 1),
        conversation_id=talk.id,
        contact_id=of.id,
        kind=kind,
        created_at=at,
        **values,
    )


def stop(of: Contact, at: datetime | None = None, channel: str = "sms", **about: Any) -> Entry:
    """Unsubscribed by a reply, unless `source` says otherwise."""
    about = {"source": Source.KEYWORD, "actor": make.system(), "contact_id": of.id, **about}
    address = of.email if channel == Channel.EMAIL else of.phone
    [change] = subscription.unsubscribe(of.account_id, [(channel, address or "")], at=at, **about)
    return Entry.objects.get(account_id=of.account_id, id=change.entry_id)


def table(of: Section, name: str) -> Table:
    return next(each for each in of.tables if each.name == name)


def rows(of: Section, name: str) -> dict[Value, list[Value]]:
    """The rows of a table by what they begin with."""
    return {first: list(others) for first, *others in table(of, name).rows}
