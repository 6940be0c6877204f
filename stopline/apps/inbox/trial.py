"""A test message through one connection: queued, judged and handed over like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from stopline.apps.accounts.members import require_admin
from stopline.apps.consent.actors import Actor
from stopline.apps.contacts import contact as contacts
from stopline.apps.contacts.models import Contact
from stopline.apps.inbox.conversation import open_with
from stopline.apps.inbox.receive import COLUMNS
from stopline.apps.inbox.reply import reply
from stopline.apps.sending import connections
from stopline.rules import addresses
from stopline.rules.errors import Conflict, InvalidInput
from stopline.rules.words import CHANNELS, AddressKind, Channel

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account, Member
    from stopline.apps.sending.models import Connection, Message


def send(by: Member, connection_id: UUID, channel: str, address: str) -> Message:
    """Queues it in the conversation of the contact who has the address, made where nobody has it.

    Whether it leaves the gate decides: an unsubscribed address is refused here as everywhere. Raises NotAllowed for
    agents, NotFound, InvalidInput, and Conflict where the connection is paused.
    """
    require_admin(by, "send test messages")
    connection = connections.find(by.account_id, connection_id)
    known = _channel(connection, channel)
    found = read_address(by.account, known, address)
    if connection.state != connection.State.ACTIVE:
        raise Conflict(f"{connection.name} is paused, so the message would wait", "Resume it first")
    with transaction.atomic():
        conversation = open_with(contact_with(by, known, found))
        text = f"Test message from {by.account.name}, sent through {connection.name}."
        return reply(by, conversation, known, text, connection_id=connection.id)


def _channel(connection: Connection, name: str) -> Channel:
    if name not in connection.channels or name not in list(CHANNELS):
        raise InvalidInput(f"{connection.name} doesn't carry “{name[:40]}”", "Choose one of its channels")
    return Channel(name)


def read_address(account: Account, channel: Channel, typed: str) -> str:
    if CHANNELS[channel].address_kind is AddressKind.EMAIL:
        return addresses.email(typed)
    return addresses.phone(typed, account.default_country)


def contact_with(by: Member, channel: Channel, address: str) -> Contact:
    """Who has the address, made where nobody has it."""
    column = COLUMNS[CHANNELS[channel].address_kind]
    found = Contact.objects.filter(account_id=by.account_id, **{column: address}).first()
    values: dict[str, Any] = {column: address}
    return found or contacts.add(by.account, Actor.member(by), origin="Added for a test message", **values)
