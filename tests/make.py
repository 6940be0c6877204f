"""Factories: plain functions, each with one meaningful argument; everything else has a sensible default.

The cast: an admin and an agent of one account, and an outsider, who is the admin of another and must see nothing.
"""

from __future__ import annotations

from datetime import time
from itertools import count
from typing import Any

from stopline.apps.accounts.models import Account, Member, User
from stopline.apps.accounts.tenancy import new_token
from stopline.apps.automations import automation as automations
from stopline.apps.automations.automation import Wanted
from stopline.apps.automations.models import Automation
from stopline.apps.consent import subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.contacts import contact as contacts
from stopline.apps.contacts.models import Contact
from stopline.apps.sending.models import Connection
from stopline.providers.base import Received
from stopline.rules.automations import AutomationKind
from stopline.rules.words import CONSENT_CHANNELS, Channel, Source, Standing

_numbers = count(1)
PASSWORD = "correct horse battery"


def account(name: str = "Larkspur", **fields: Any) -> Account:
    return Account.objects.create(name=name, **fields)


def user(name: str = "Ana Ruiz", **fields: Any) -> User:
    email = fields.pop("email", f"{name.split(maxsplit=1)[0].lower()}{next(_numbers)}@example.com")
    return User.objects.create_user(email, PASSWORD, name=name, **fields)


def member(of: Account, role: str = "admin", **fields: Any) -> Member:
    name = fields.pop("name", "Ana Ruiz" if role == "admin" else "Ben Okafor")
    return Member.objects.create(account=of, user=fields.pop("user", None) or user(name), role=role, **fields)


def phone() -> str:
    """A number nobody has had before in this run, out of the range reserved for fiction (+1 XXX 555 01XX)."""
    number = next(_numbers)
    return f"+1{201 + number // 100}55501{number % 100:02}"


def contact(of: Account, first_name: str = "Ada", **values: Any) -> Contact:
    """A contact; a channel given as `sms="unsubscribed"` is so by an admin's hand."""
    standings = {
        channel: values.pop(channel)
        for channel in CONSENT_CHANNELS
        if channel in values and channel != "email"
    }
    if values.get("email") in tuple(Standing):
        standings[Channel.EMAIL] = values.pop("email")
        values["email"] = f"ada{next(_numbers)}@example.com"
    values.setdefault("phone", phone())
    made = contacts.add(of, system(), first_name=first_name, **values)
    stopped = [key for key in made.channels if standings.get(key[0]) == Standing.UNSUBSCRIBED]
    subscription.unsubscribe(of.id, stopped, source=Source.ADMIN, actor=system(), contact_id=made.id)
    return made


def connection(of: Account, **fields: Any) -> Connection:
    channels = [channel.value for channel in CONSENT_CHANNELS]
    fields = {
        "provider": "sandbox",
        "name": "Sandbox",
        "channels": channels,
        "sender": "+14155550100",
        **fields,
    }
    return Connection.objects.create(account=of, token=new_token(of.id), **fields)


def received(text: str, **fields: Any) -> Received:
    """What a provider's adapter reads from a webhook."""
    event_id = fields.pop("event_id", f"event-{next(_numbers)}")
    channel = Channel(fields.pop("channel", "sms"))
    sender = fields.pop("sender", None) or phone()
    raw = {"id": event_id, "channel": channel.value, "from": sender, "to": "+14155550100", "text": text}
    return Received(event_id, channel, sender, text, raw)


def system() -> Actor:
    return Actor.system("Test")


def automation(by: Member, kind: str = "keyword", **fields: Any) -> Automation:
    """A keyword reply to RIDE, a welcome, or an out-of-hours reply of an office that never opens."""
    known = {
        "keyword": {"text": "See you on Saturday.", "words": ["ride"]},
        "welcome": {"text": "Welcome!"},
        "out_of_hours": {"text": "We are closed.", "opens": time(9), "closes": time(17)},
    }[kind]
    return automations.add(by, AutomationKind(kind), Wanted(**{"channels": ["sms"], **known, **fields}))
