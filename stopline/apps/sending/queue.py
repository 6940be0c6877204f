"""Putting a message into the queue. It proves nothing about whether it may leave: the gate decides at hand-over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from psycopg.types.json import Jsonb

from stopline.apps.accounts import live, sql
from stopline.apps.accounts.tenancy import uuid7
from stopline.apps.sending import mail, queries, window
from stopline.apps.sending.models import LATER_PRIORITY, QUEUE_PRIORITY, Connection, Message
from stopline.apps.sending.routes import Ways
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CHANNELS, Channel, MessageKind, MessageState

LONGEST_TEXT = 10_000
WRITTEN = (
    *("account_id", "id", "conversation_id", "contact_id", "connection_id", "author_id", "kind", "channel"),
    *("address", "text", "created_at", "due_at", "priority"),
)


def put(
    account_id: UUID,
    *,
    conversation_id: UUID,
    contact_id: UUID,
    channel: Channel,
    address: str,
    text: str,
    kind: MessageKind,
    author_id: UUID | None = None,
    connection_id: UUID | None = None,
    due_at: datetime | None = None,
    parts: Mapping[str, Any] | None = None,
) -> Message:
    """Queues one message and wakes the workers.

    Raises InvalidInput for an empty text, no way out, or free text where only templates are taken (window.require).
    """
    now = timezone.now()
    way = connection_id or connection_for(account_id, channel, address)
    window.require(way, account_id, contact_id, channel, address, kind, parts or {}, now)
    message = Message(
        account_id=account_id,
        id=uuid7(),
        conversation_id=conversation_id,
        contact_id=contact_id,
        connection_id=way if isinstance(way, UUID) else way.id,
        author_id=author_id,
        kind=kind,
        channel=channel,
        address=address,
        text=checked(text, may_be_empty=bool(parts and (parts.get("media") or parts.get("template")))),
        parts=_parts(account_id, contact_id, channel, address, kind, parts or {}),
        state=MessageState.QUEUED,
        created_at=now,
        due_at=due_at,
        priority=QUEUE_PRIORITY.get(kind, LATER_PRIORITY),
    )
    columns = {name: getattr(message, name) for name in WRITTEN}
    sql.rows(queries.PUT, {**columns, "parts": Jsonb(message.parts)})
    message._state.adding = False  # what Django's own save would note; it takes three times as long
    live.announce(account_id, "outbox")
    return message


def owed(
    account_id: UUID,
    contact_id: UUID,
    channel: Channel,
    address: str,
    text: str,
    kind: MessageKind,
    answered: Mapping[str, Any],
) -> dict[str, Any]:
    """What inbox.queries.STOP puts into the queue itself, as its parameters. `answered`: the parts of what asked for
    it. Raises InvalidInput for an empty text."""
    return {
        "answer_id": uuid7(),
        "answer_at": timezone.now(),
        "answer_kind": kind.value,
        "answer_text": checked(text),
        "answer_parts": Jsonb(_parts(account_id, contact_id, channel, address, kind, {}, answered)),
        "answer_priority": QUEUE_PRIORITY.get(kind, LATER_PRIORITY),
    }


def _parts(
    account_id: UUID,
    contact_id: UUID,
    channel: Channel,
    address: str,
    kind: MessageKind,
    given: Mapping[str, Any],
    answered: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    if channel is Channel.EMAIL:
        return mail.parts(account_id, contact_id, address, kind, given, answered)
    return dict(given)


def checked(text: str, *, may_be_empty: bool = False) -> str:
    text = text.replace("\x00", "").strip()
    if not text and not may_be_empty:
        raise InvalidInput("The message is empty. Write something before you send it.")
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(
            f"The message has {len(text)} characters; at most {LONGEST_TEXT} can be sent. Shorten it."
        )
    return text


def connection_for(account_id: UUID, channel: Channel, address: str = "") -> Connection:
    """The account's way out to an address (routes.Ways). Raises InvalidInput where there is none."""
    found = Ways.of(account_id).to(channel, address)
    if found is None:
        label = CHANNELS[channel].label
        raise InvalidInput(f"No connection sends {label}. An admin can add one under Settings, Channels.")
    return found
