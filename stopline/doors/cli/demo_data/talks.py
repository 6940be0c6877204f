"""Tells the conversations of `talks.toml`: messages in bulk, changes of standing through the verbs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from stopline.apps.consent import subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.consent.subscription import Change, Key
from stopline.apps.contacts.models import Contact
from stopline.apps.inbox.models import Conversation
from stopline.apps.inbox.receive import line as first_words
from stopline.apps.sending.models import LATER_PRIORITY, QUEUE_PRIORITY, Message
from stopline.doors.cli.demo_data.business import Demo
from stopline.doors.cli.demo_data.script import Line, Talk, state_of
from stopline.providers.errors import AddressDead, OutcomeUnknown
from stopline.rules import consent
from stopline.rules.words import (
    CHANNELS,
    Channel,
    MessageKind,
    MessageState,
    Refusal,
    ResubscribeReason,
    Source,
)

KINDS = {"campaign": MessageKind.BROADCAST, "shop": MessageKind.AUTOMATION}
FAILURES = {MessageState.FAILED: str(AddressDead()), MessageState.UNKNOWN: str(OutcomeUnknown())}
REFUSALS = {"refused": Refusal.UNSUBSCRIBED, "held": Refusal.HELD, "late": Refusal.TOO_LATE}
REASONS = {"asked": ResubscribeReason.ASKED, "mistake": ResubscribeReason.MISTAKE}
ARRIVED = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ)
AT_ONCE = timedelta(seconds=2)


@dataclass
class Telling:
    """One conversation on its way into the database."""

    demo: Demo
    talk: Talk
    contact: Contact
    conversation: Conversation
    messages: list[Message] = field(default_factory=list)
    decided: dict[Key, UUID] = field(default_factory=dict)  # the ledger entry in force

    def address(self, channel: Channel) -> str:
        return self.contact.addresses[CHANNELS[channel].address_kind]


def tell(demo: Demo, talks: Sequence[Talk], contacts: Sequence[Contact]) -> None:
    """`contacts` begins with those who talk, in the order of `talks`."""
    tellings = [_telling(demo, talk, contact) for talk, contact in zip(talks, contacts, strict=False)]
    for telling in tellings:
        times = telling.talk.times(demo.now, demo.zone)
        for line, at in zip(telling.talk.lines, times, strict=True):
            _play(telling, line, at)
        _conclude(telling)
    Conversation.objects.bulk_create(telling.conversation for telling in tellings)
    Message.objects.bulk_create(message for telling in tellings for message in telling.messages)
    talkers = [telling.contact for telling in tellings]
    Contact.objects.bulk_update(talkers, ["last_activity_at"])


def _telling(demo: Demo, talk: Talk, contact: Contact) -> Telling:
    began = talk.times(demo.now, demo.zone)[0]
    conversation = Conversation(
        account=demo.account, id=demo.id(began), contact_id=contact.id, created_at=began
    )
    return Telling(demo, talk, contact, conversation)


def _play(telling: Telling, line: Line, at: datetime) -> None:
    if line.deed:
        _decide(telling, line, at)
    elif line.inbound:
        _hear(telling, line, at)
    else:
        _say(telling, line, at)


def _hear(telling: Telling, line: Line, at: datetime) -> None:
    message = _message(telling, line.channels[0], line.text, at, MessageKind.INBOUND)
    message.state = MessageState.RECEIVED
    message.provider_id = f"demo-{message.id.hex}"
    if "stop" in line.what:
        _stop(telling, message, late="late" in line.what)
    elif "start" in line.what:
        _start(telling, message)
    elif "help" in line.what:
        _answer(telling, message, MessageKind.HELP, telling.demo.account.help_text)
    elif "unclear" in line.what:
        message.looks_like_opt_out = True
        scope = consent.stop_scope(
            Channel(message.channel), message.address, telling.contact.addresses, everything=False
        )
        subscription.hold(telling.demo.account.id, scope, message.id, at=at)
    elif "dismissed" in line.what:
        message.looks_like_opt_out = False
        message.decided_by_id = telling.demo.members["ben"].id
        message.decided_at = at + timedelta(minutes=5)


def _stop(telling: Telling, message: Message, *, late: bool) -> None:
    demo, channel = telling.demo, Channel(message.channel)
    scope = consent.stop_scope(channel, message.address, telling.contact.addresses, everything=False)
    changes = subscription.unsubscribe(
        demo.account.id,
        scope,
        source=Source.KEYWORD,
        reason="Asked to stop by message.",
        **_by_message(telling, message),
    )
    message.entry_id = _remember(telling, changes).get((channel, message.address))
    if changes:
        text = demo.account.confirmation_text
        answer = _answer(telling, message, MessageKind.OPT_OUT_CONFIRMATION, text, late=late)
        answer.caused_by = message.entry_id


def _start(telling: Telling, message: Message) -> None:
    changes = subscription.resubscribe(
        telling.demo.account.id,
        consent.start_scope(Channel(message.channel), message.address),
        source=Source.KEYWORD,
        reason="Asked to get messages again.",
        **_by_message(telling, message),
    )
    message.entry_id = _remember(telling, changes).get((message.channel, message.address))
    _answer(telling, message, MessageKind.OPT_IN_CONFIRMATION, telling.demo.account.resumed_text)


def _by_message(telling: Telling, message: Message) -> dict[str, Any]:
    """Who decided, and the evidence, as `inbox.receive` writes them."""
    return {
        "actor": Actor.person(message.address),
        "evidence": {
            "text": message.text,
            "channel": message.channel,
            "provider": telling.demo.sandbox.provider,
            "provider_message": message.provider_id,
            "received_at": message.created_at.isoformat(),
        },
        "message_id": message.id,
        "contact_id": telling.contact.id,
        "at": message.created_at,
    }


def _answer(telling: Telling, to: Message, kind: MessageKind, text: str, *, late: bool = False) -> Message:
    message = _message(telling, Channel(to.channel), text, to.created_at + AT_ONCE, kind)
    if late:
        _refused(telling, message, Refusal.TOO_LATE)
    else:
        _arrived(telling, message, MessageState.DELIVERED)
    return message


def _say(telling: Telling, line: Line, at: datetime) -> None:
    kind = KINDS.get(line.who, MessageKind.REPLY)
    message = _message(telling, line.channels[0], line.text, at, kind)
    author = telling.demo.members.get(line.who)
    message.author_id = author.id if author else None
    message.state = state_of(line)
    message.failure = FAILURES.get(message.state, "")
    if message.state == MessageState.REFUSED:
        _refused(telling, message, next(REFUSALS[word] for word in line.what if word in REFUSALS))
    elif message.state == MessageState.QUEUED:
        tomorrow = (telling.demo.now + timedelta(days=1)).astimezone(telling.demo.zone)
        message.due_at = tomorrow.replace(hour=9, minute=30)
    elif message.state in ARRIVED:
        _arrived(telling, message, message.state)


def _decide(telling: Telling, line: Line, at: datetime) -> None:
    """A member changes the standing by hand."""
    keys = [(channel, telling.address(channel)) for channel in line.channels]
    shared: dict[str, Any] = {
        "source": Source.ADMIN,
        "actor": telling.demo.admin,
        "contact_id": telling.contact.id,
        "at": at,
    }
    account_id = telling.demo.account.id
    if "unsubscribes" in line.what:
        changes = subscription.unsubscribe(account_id, keys, reason=line.text, **shared)
    else:
        reason = next(REASONS[word] for word in line.what if word in REASONS)
        changes = subscription.resubscribe(
            account_id, keys, reason=reason, evidence={"text": line.text}, **shared
        )
    _remember(telling, changes)


def _remember(telling: Telling, changes: Sequence[Change]) -> dict[Key, UUID]:
    found = {(change.channel, change.address): change.entry_id for change in changes}
    telling.decided.update(found)
    return found


def _message(telling: Telling, channel: Channel, text: str, at: datetime, kind: MessageKind) -> Message:
    message = Message(
        account=telling.demo.account,
        id=telling.demo.id(at),
        conversation_id=telling.conversation.id,
        contact_id=telling.contact.id,
        connection_id=telling.demo.sandbox.id,
        kind=kind,
        channel=channel,
        address=telling.address(channel),
        text=text,
        created_at=at,
        priority=QUEUE_PRIORITY.get(kind, LATER_PRIORITY),
    )
    if kind != MessageKind.INBOUND:
        message.due_at = at
        message.attempts = 1
    telling.messages.append(message)
    return message


def _arrived(telling: Telling, message: Message, state: MessageState) -> None:
    """The sandbox remembers it too, so that the sandbox phone shows both sides."""
    message.state = state
    message.checked_at = message.created_at + timedelta(milliseconds=300)
    message.sent_at = message.created_at + timedelta(milliseconds=400)
    if state != MessageState.SENT:
        message.delivered_at = message.sent_at + timedelta(seconds=1)
    if state == MessageState.READ:
        message.read_at = message.sent_at + timedelta(seconds=50)
    sent_ns = int(message.sent_at.timestamp() * 1e9)
    words = {"id": message.id, "channel": message.channel, "from": telling.demo.sandbox.sender}
    handed = {**words, "to": message.address, "text": message.text}
    message.provider_id = telling.demo.receipts.append(telling.demo.sandbox.token, handed, sent_ns, sent_ns)


def _refused(telling: Telling, message: Message, refusal: Refusal) -> None:
    message.state = MessageState.REFUSED
    message.refusal = refusal
    message.checked_at = message.created_at + timedelta(milliseconds=300)
    if refusal != Refusal.HELD:
        message.entry_id = telling.decided[message.channel, message.address]


def _conclude(telling: Telling) -> None:
    talk, conversation, messages = telling.talk, telling.conversation, telling.messages
    messages.sort(key=lambda message: message.created_at)
    last = next(message for message in reversed(messages) if message.state != MessageState.QUEUED)
    assignee = telling.demo.members.get(talk.assigned)
    conversation.assignee_id = assignee.id if assignee else None
    conversation.state = Conversation.State.CLOSED if talk.closed else Conversation.State.OPEN
    conversation.channel = last.channel
    conversation.last_line = first_words(last.text)
    conversation.last_message_at = last.created_at
    inbound = [message for message in messages if message.inbound]
    conversation.last_inbound_at = inbound[-1].created_at if inbound else None
    conversation.unread = talk.unread
    conversation.unclear = sum(message.looks_like_opt_out is True for message in messages)
    telling.contact.last_activity_at = conversation.last_message_at
