"""What members write: queued here, judged by the gate at hand-over; a refusal stays on the message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from stopline.apps.accounts import live
from stopline.apps.contacts.models import Contact
from stopline.apps.inbox.conversation import address_on
from stopline.apps.inbox.models import Conversation
from stopline.apps.inbox.receive import line
from stopline.apps.sending import media, queue, templates
from stopline.apps.sending.models import MediaFile
from stopline.rules.errors import Conflict
from stopline.rules.words import MessageKind, MessageState

if TYPE_CHECKING:
    from uuid import UUID

    from stopline.apps.accounts.models import Member
    from stopline.apps.sending.models import Message

# Only of these can it be said that they didn't, or may not have, arrived.
MAY_GO_AGAIN = (MessageState.FAILED, MessageState.UNKNOWN)


def reply(
    member: Member,
    conversation: Conversation,
    channel: str,
    text: str,
    *,
    connection_id: UUID | None = None,
    parts: Mapping[str, Any] | None = None,
    files: Sequence[MediaFile] = (),
) -> Message:
    """Queues a message to the contact and opens the conversation: an answer may come. Raises InvalidInput.

    `connection_id`: the way it shall leave; by default the account's routes say. `parts`: what else it holds.
    `files`: of media.attach, not saved yet.
    """
    known, address = address_on(conversation.contact, channel)
    if files:
        parts = {**(parts or {}), "media": [media.lent(file) for file in files]}
    with transaction.atomic():
        message = queue.put(
            conversation.account_id,
            conversation_id=conversation.id,
            contact_id=conversation.contact_id,
            channel=known,
            address=address,
            text=text,
            kind=MessageKind.REPLY,
            author_id=member.id,
            connection_id=connection_id,
            parts=parts,
        )
        media.save(files, message.id)
        _move_up(conversation, message)
    return message


def reply_with_template(
    member: Member, conversation: Conversation, channel: str, template_id: str, values: Mapping[str, str]
) -> Message:
    """Queues an approved message with its variables filled in. Raises InvalidInput."""
    known, address = address_on(conversation.contact, channel)
    connection = queue.connection_for(conversation.account_id, known, address)
    template = templates.one(connection, template_id)
    text, parts = templates.fill(template, values)
    return reply(member, conversation, channel, text, connection_id=connection.id, parts=parts)


def send_again(member: Member, conversation: Conversation, message: Message) -> Message:
    """Sends what failed, or may be lost, as a new message. Raises Conflict, InvalidInput."""
    if message.inbound or message.state not in MAY_GO_AGAIN:
        raise Conflict(
            f"This message is {message.state_label.lower()}, so sending it again would repeat it.",
            "Only a message that failed, or whose outcome is unknown, can be sent again",
        )
    parts = {"template": message.parts["template"]} if "template" in message.parts else {}
    return reply(member, conversation, message.channel, message.text, parts=parts, files=media.again(message))


def _move_up(conversation: Conversation, message: Message) -> None:
    conversation.state = Conversation.State.OPEN
    conversation.channel = message.channel
    conversation.last_line = line(message.text or media.words(message))
    conversation.last_message_at = message.created_at
    conversation.save(update_fields=["state", "channel", "last_line", "last_message_at"])
    Contact.objects.filter(account_id=message.account_id, id=message.contact_id).update(
        last_activity_at=message.created_at
    )
    live.announce(message.account_id, "inbox", f"conversation:{conversation.id}")
