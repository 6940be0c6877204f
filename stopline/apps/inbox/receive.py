"""What a person wrote arrives: it is stored, read for an opt-out, and answered where the rules ask for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.db import connection as database
from django.db import transaction
from django.db.utils import OperationalError
from django.utils import timezone
from psycopg.errors import LockNotAvailable
from psycopg.types.json import Jsonb

from stopline.apps.accounts import live, sql
from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import uuid7
from stopline.apps.consent import subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.consent.subscription import Change
from stopline.apps.contacts import contact as contacts
from stopline.apps.contacts.models import Contact
from stopline.apps.inbox import automatic, media, queries
from stopline.apps.sending import queue
from stopline.apps.sending.models import Connection
from stopline.providers.base import Received
from stopline.rules import addresses, consent, keywords
from stopline.rules.errors import Conflict
from stopline.rules.keywords import Intent
from stopline.rules.words import CHANNELS, AddressKind, MessageKind, Source, Standing

if TYPE_CHECKING:
    from stopline.apps.automations.models import Automation

# Longer than a hand-off in flight can hold a subscription (sending.gate: to start, plus the provider's time-out).
LOCK_WAIT = "20s"
# What lasts longer is worth a transaction of its own, so that nothing is lost while it waits.
AT_ONCE = "10ms"
log = structlog.get_logger(__name__)
SHORT = 40  # characters of a text that may be said again in the same words
# In the model's order, as `from_db` wants them.
PERSON = ("account_id", "id", "phone", "email", "user_address")
COLUMNS = {AddressKind.PHONE: "phone", AddressKind.EMAIL: "email", AddressKind.USER: "user_address"}


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message on its way in: who wrote what, and the ids it will have. `afresh`: nobody has stored it yet."""

    connection: Connection
    event: Received
    address: str
    message_id: UUID
    now: datetime
    afresh: bool = False

    @property
    def account(self) -> Account:
        return self.connection.account

    @property
    def patience(self) -> str:
        """How long its transaction waits for a lock."""
        return AT_ONCE if self.afresh else LOCK_WAIT


@dataclass(frozen=True, slots=True)
class Taken:
    """`new` False: seen before. `applied` False: stored, and will be applied as soon as its address is free."""

    new: bool
    applied: bool = True
    intent: Intent = Intent.NONE
    conversation_id: UUID | None = None
    message_id: UUID | None = None


def take(connection: Connection, event: Received) -> Taken:
    """Takes one message, once. What may have to wait for a hand-off in flight is stored before it waits.

    Raises InvalidInput where the sender is no address of the channel.
    """
    arrival = _arrival(connection, event)
    if _intent(arrival) is Intent.NONE:
        return _take_plain(arrival)
    return _take_at_once(arrival) or _take_stored(arrival)


def _take_at_once(arrival: Arrival) -> Taken | None:
    """Where it is new and nobody has its address in hand, without storing it first; None where it has to be.

    A STOP by somebody who is known is one statement, which commits by itself; the others are a transaction.
    """
    if database.in_atomic_block:  # a caller's own, which would go on with our patience
        return None
    now = replace(arrival, afresh=True)
    try:
        known = _known(now) if _intent(now) is Intent.OPT_OUT and not now.event.media else None
        if known:
            return _applied(now, known)
        with transaction.atomic():
            return _applied(now, _contact(now))
    except (OperationalError, Conflict):  # somebody has the address, or the event, in hand
        return None
    except Exception:
        # A fault of ours is met once more behind a stored event, so that no opt-out is lost by it.
        log.exception("inbound.not_at_once", event_id=arrival.event.event_id)
        return None


def _take_stored(arrival: Arrival) -> Taken:
    new = _store(arrival)
    try:
        # Also where it was seen: whoever stored it may have died before it was in force, and we are about to say it is.
        return replace(apply(arrival), new=new)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return Taken(new=new, applied=False)  # `stored.apply` finishes it
        raise


def again(connection: Connection, event: Received) -> Taken:
    """Applies an event that was stored earlier and left unfinished."""
    return apply(_arrival(connection, event))


def apply(arrival: Arrival) -> Taken:
    """Everything a message that may change a standing does, in one transaction; nothing where it was done before."""
    with transaction.atomic():
        if not _my_turn(arrival):
            return Taken(new=False)
        return _applied(arrival, _contact(arrival))


def _applied(arrival: Arrival, contact: Contact) -> Taken:
    intent = _intent(arrival)
    match intent:
        case Intent.OPT_OUT:
            conversation = _opt_out(arrival, contact)
        case Intent.OPT_IN:
            conversation = _opt_in(arrival, contact)
        case Intent.HELP:
            conversation = _message(arrival)
            _answer(arrival, contact, conversation, MessageKind.HELP, arrival.account.help_text)
        case Intent.UNSURE:
            conversation = _unsure(arrival, contact)
        case _:
            conversation = _plain(arrival, automatic.chosen(arrival))
    return Taken(True, True, intent, conversation, arrival.message_id)


def _take_plain(arrival: Arrival) -> Taken:
    """A message that changes no standing: one statement, which commits by itself where nothing goes with it."""
    answer = automatic.chosen(arrival)
    with transaction.atomic() if answer or arrival.event.media else nullcontext():
        conversation = _plain(arrival, answer, seen_is_fine=True)
    return Taken(conversation is not None, True, Intent.NONE, conversation, arrival.message_id)


def _plain(arrival: Arrival, answer: Automation | None, *, seen_is_fine: bool = False) -> Any:
    conversation = _message(arrival, seen_is_fine=seen_is_fine)
    if answer and conversation:
        automatic.answer(answer, arrival, _contact(arrival), conversation)
    return conversation


def _opt_out(arrival: Arrival, contact: Contact) -> UUID:
    account, channel = arrival.account, arrival.event.channel
    wanted = subscription.stopped(
        account.id,
        consent.stop_scope(channel, arrival.address, contact.addresses, everything=account.stop_everything),
        source=Source.KEYWORD,
        actor=Actor.person(arrival.address),
        reason="Asked to stop by message.",
        **_evidence(arrival, contact),
    )
    kind, text, written = MessageKind.OPT_OUT_CONFIRMATION, account.confirmation_text, _parts(arrival.event)
    owed = queue.owed(account.id, contact.id, channel, arrival.address, text, kind, written)
    brought = media.read(account.id, arrival.event.media)
    found = sql.rows(
        queries.STOP,
        {**wanted.parameters, **owed, **_parameters(arrival, brought), "patience": arrival.patience},
    )
    if not found and not arrival.afresh:
        # The contact was deleted a moment ago: it is made anew, in this transaction.
        return _opt_out(arrival, _contact(arrival))
    conversation = _kept(arrival, found[0][1] if found else None, brought)
    changes = wanted.happened(row[2:] for row in found if row[4])
    if _entry_here(arrival, changes):
        live.announce(account.id, "outbox")
    return conversation


def _opt_in(arrival: Arrival, contact: Contact) -> UUID:
    changes = subscription.resubscribe(
        arrival.account.id,
        consent.start_scope(arrival.event.channel, arrival.address),
        source=Source.KEYWORD,
        actor=Actor.person(arrival.address),
        reason="Asked to get messages again.",
        **_evidence(arrival, contact),
    )
    conversation = _message(arrival, entry_id=_entry_here(arrival, changes))
    if changes:
        _answer(arrival, contact, conversation, MessageKind.OPT_IN_CONFIRMATION, arrival.account.resumed_text)
    automatic.greet(arrival, contact, conversation)
    return conversation


def _unsure(arrival: Arrival, contact: Contact) -> UUID:
    """A person must decide; until then nothing automated goes to the address. Already unsubscribed: nothing to ask."""
    if _unsubscribed(arrival):
        return _message(arrival)
    channel, everything = arrival.event.channel, arrival.account.stop_everything
    scope = consent.stop_scope(channel, arrival.address, contact.addresses, everything=everything)
    subscription.hold(arrival.account.id, scope, arrival.message_id)
    return _message(arrival, unclear=True)


def _message(
    arrival: Arrival, *, entry_id: UUID | None = None, unclear: bool | None = None, seen_is_fine: bool = False
) -> Any:
    """Stores the message in its conversation; the conversation's id, None where the event was seen before."""
    brought = media.read(arrival.account.id, arrival.event.media)
    parameters = _parameters(arrival, brought, entry_id, unclear)
    found = sql.rows(queries.TAKE, parameters)
    if not found:
        with transaction.atomic():
            _contact(arrival)
            found = sql.rows(queries.TAKE, parameters)
    conversation = found[0][1]
    return None if conversation is None and seen_is_fine else _kept(arrival, conversation, brought)


def _kept(arrival: Arrival, conversation: UUID | None, brought: media.Brought) -> UUID:
    """Behind the statement that has stored the message. Raises Conflict where that left it to another process."""
    if conversation is None:
        raise Conflict("This event is being applied by another process. Nothing needs to be done.")
    media.keep(arrival.account.id, arrival.message_id, brought)
    live.announce(arrival.account.id, "inbox", f"conversation:{conversation}")
    return conversation


def _parameters(
    arrival: Arrival, brought: media.Brought, entry_id: UUID | None = None, unclear: bool | None = None
) -> dict[str, Any]:
    return {
        **_event_key(arrival),
        **_person(arrival),
        "now": arrival.now,
        "conversation": uuid7(),
        "message": arrival.message_id,
        "channel": arrival.event.channel.value,
        "address": arrival.address,
        "text": arrival.event.text,
        "parts": Jsonb({**_parts(arrival.event), **brought.parts}),
        "line": line(arrival.event.text or arrival.event.subject or media.words(arrival.event.media)),
        "entry": entry_id,
        "unclear": unclear,
        "afresh": arrival.afresh,
    }


def _parts(event: Received) -> dict[str, Any]:
    """What a message holds beside its text and its files (`inbox.media`)."""
    parts = {
        "subject": event.subject,
        "html": event.html,
        "reply_to": event.reply_to,
        "mail_id": event.mail_id,
    }
    return {name: value for name, value in parts.items() if value}


def line(text: str) -> str:
    """The first words of a text, on one line, for lists."""
    return " ".join(text[:400].split())[:200]


def _answer(
    arrival: Arrival,
    contact: Contact,
    conversation_id: UUID,
    kind: MessageKind,
    text: str,
) -> None:
    queue.put(
        arrival.account.id,
        conversation_id=conversation_id,
        contact_id=contact.id,
        channel=arrival.event.channel,
        address=arrival.address,
        text=text,
        kind=kind,
        connection_id=arrival.connection.id,
    )


def _evidence(arrival: Arrival, contact: Contact) -> dict[str, Any]:
    evidence = {
        "text": arrival.event.text[:2000],
        "channel": arrival.event.channel.value,
        "provider": arrival.connection.provider,
        "provider_message": arrival.event.event_id,
        "received_at": arrival.now.isoformat(),
    }
    return {
        "evidence": evidence,
        "message_id": arrival.message_id,
        "contact_id": contact.id,
        "at": arrival.now,
    }


def _entry_here(arrival: Arrival, changes: Sequence[Change]) -> UUID | None:
    """The ledger entry of the channel the person wrote on; None where nothing changed there."""
    return next((change.entry_id for change in changes if change.channel == arrival.event.channel), None)


def _arrival(connection: Connection, event: Received) -> Arrival:
    address = _address(event, connection.account)
    return Arrival(connection, event, address, uuid7(), timezone.now())


def _address(event: Received, account: Account) -> str:
    match CHANNELS[event.channel].address_kind:
        case AddressKind.PHONE:
            return addresses.phone(event.sender, account.default_country)
        case AddressKind.EMAIL:
            return addresses.email(event.sender)
    return event.sender


def _intent(arrival: Arrival) -> Intent:
    """What the text asks for. A bare "yes" means START only to somebody who is unsubscribed: looked up last."""
    event = arrival.event
    if event.automatic or not CHANNELS[event.channel].subscription:
        return Intent.NONE
    if event.intent is not None:  # the provider has read it already, and acts on it
        return event.intent
    intent = _read(arrival, unsubscribed=True)
    if intent is Intent.OPT_IN and not _unsubscribed(arrival):
        return _read(arrival, unsubscribed=False)
    return intent


def _read(arrival: Arrival, *, unsubscribed: bool) -> Intent:
    account = arrival.account
    extra = keywords.ExtraWords(
        tuple(account.opt_out_words), tuple(account.opt_in_words), tuple(account.help_words)
    )
    text = arrival.event.text
    read = _read_short if len(text) <= SHORT else keywords.read
    return read(text, arrival.event.channel, extra=extra, unsubscribed=unsubscribed).intent


# A broadcast is answered by thousands of people in few words, and a STOP is read before and inside its transaction.
_read_short = lru_cache(maxsize=5_000)(keywords.read)


def _unsubscribed(arrival: Arrival) -> bool:
    scope = consent.start_scope(arrival.event.channel, arrival.address)
    return any(
        row.standing == Standing.UNSUBSCRIBED for row in subscription.of(arrival.account.id, scope).values()
    )


def _where(arrival: Arrival) -> dict[str, Any]:
    return {COLUMNS[CHANNELS[arrival.event.channel].address_kind]: arrival.address}


def _person(arrival: Arrival) -> dict[str, str | None]:
    kind = CHANNELS[arrival.event.channel].address_kind
    return {
        "phone": arrival.address if kind is AddressKind.PHONE else None,
        "email": arrival.address if kind is AddressKind.EMAIL else None,
        "user": arrival.address if kind is AddressKind.USER else None,
    }


def _contact(arrival: Arrival) -> Contact:
    """Whose address it is; an unknown one becomes a contact. Two messages at once: the second finds the first's.

    The transaction waits for no lock longer than the arrival's patience from then on.
    """
    if found := _known(arrival):
        return found
    origin = f"Wrote by {arrival.event.channel.label}"
    first, _, last = arrival.event.name.strip()[:120].partition(" ")
    names: dict[str, Any] = {"first_name": first, "last_name": last}
    where = _where(arrival)
    try:
        return contacts.add(arrival.account, Actor.person(arrival.address), origin=origin, **where, **names)
    except Conflict:
        return Contact.objects.get(account_id=arrival.account.id, **where)


def _known(arrival: Arrival) -> Contact | None:
    """Who it is and where they are reached; the contact's other fields are fetched when they are asked for."""
    whose = {"account": arrival.account.id, "patience": arrival.patience, **_person(arrival)}
    (found,) = sql.rows(queries.PERSON, whose)
    return Contact.from_db("default", PERSON, found) if found[0] else None


def _store(arrival: Arrival) -> bool:
    """Keeps the event before anything that may wait; False where it was seen before."""
    event = {**_event_key(arrival), "body": Jsonb(arrival.event.raw)}
    return bool(sql.rows(queries.STORE, event))


def _my_turn(arrival: Arrival) -> bool:
    return bool(sql.rows(queries.UNAPPLIED, {**_event_key(arrival), "patience": LOCK_WAIT}))


def _event_key(arrival: Arrival) -> dict[str, Any]:
    return {
        "account": arrival.account.id,
        "connection": arrival.connection.id,
        "event": arrival.event.event_id,
    }
