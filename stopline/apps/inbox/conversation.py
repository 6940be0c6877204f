"""The verbs of a conversation: who looks after it, whether it is done, whether it has been read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models.functions import Greatest
from django.utils import timezone

from stopline.apps.accounts import live
from stopline.apps.accounts.models import Member
from stopline.apps.accounts.tenancy import uuid7
from stopline.apps.inbox.models import Conversation
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CHANNELS, AddressKind, Channel

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account
    from stopline.apps.contacts.models import Contact

State = Conversation.State


def channels_of(contact: Contact) -> list[tuple[Channel, str]]:
    """Every way to write to the contact, with the address; the chat panel of this installation too."""
    user = contact.addresses.get(AddressKind.USER)
    return [*contact.channels, *([(Channel.CHAT, user)] if user else [])]


def address_on(contact: Contact, channel: str) -> tuple[Channel, str]:
    """Raises InvalidInput where the contact can't be reached there, or there is no such channel."""
    ways = dict(channels_of(contact))
    known = next((each for each in CHANNELS if each == channel), None)
    if known is None:
        raise InvalidInput(f"There is no channel “{channel[:40]}”.", "Choose one of the composer's channels")
    if known not in ways:
        raise InvalidInput(
            f"{contact.name} has no address for {known.label}.",
            "Choose another channel, or add the address on the contact's page",
        )
    return known, ways[known]


def open_with(contact: Contact) -> Conversation:
    """The conversation with a contact; one in which nothing was said yet where there was none."""
    ways = channels_of(contact)
    if not ways:
        raise InvalidInput(
            f"{contact.name} has no phone number and no e-mail address.",
            "Add one on the contact's page, then write",
        )
    conversation, _ = Conversation.objects.get_or_create(
        account_id=contact.account_id,
        contact_id=contact.id,
        defaults={"id": uuid7(), "channel": ways[0][0], "last_message_at": timezone.now()},
    )
    return conversation


def assign(conversation: Conversation, assignee_id: UUID | None) -> None:
    """Hands it to a member of the account, or to nobody. Raises InvalidInput for anybody else."""
    members = Member.objects.filter(account_id=conversation.account_id)
    if assignee_id and not members.filter(id=assignee_id).exists():
        raise InvalidInput("This person is not a member of the account (any more).", "Choose another member")
    _change(conversation, assignee_id=assignee_id)


def close(conversation: Conversation) -> None:
    """Done for now; the contact's next message opens it again."""
    _change(conversation, state=State.CLOSED)


def reopen(conversation: Conversation) -> None:
    _change(conversation, state=State.OPEN)


def mark_read(conversation: Conversation) -> None:
    unread = Conversation.objects.filter(account_id=conversation.account_id, id=conversation.id, unread__gt=0)
    if unread.update(unread=0):
        live.announce(conversation.account_id, "inbox")
    conversation.unread = 0


def mark_unread(conversation: Conversation) -> None:
    _change(conversation, unread=Greatest("unread", 1))


def mark_all_read(account: Account) -> int:
    """How many conversations had something unread."""
    return _change_all(account, {"unread__gt": 0}, unread=0)


def close_all_read(account: Account) -> int:
    """How many were closed. One that waits for a decision about an opt-out is not done, so it stays open."""
    return _change_all(account, {"state": State.OPEN, "unread": 0, "unclear": 0}, state=State.CLOSED)


def _change(conversation: Conversation, **values: object) -> None:
    mine = Conversation.objects.filter(account_id=conversation.account_id, id=conversation.id)
    mine.update(**values)
    conversation.refresh_from_db(fields=list(values))
    live.announce(conversation.account_id, "inbox", f"conversation:{conversation.id}")


def _change_all(account: Account, which: dict[str, object], **values: object) -> int:
    changed = Conversation.objects.filter(account_id=account.id, **which).update(**values)
    if changed:
        live.announce(account.id, "inbox", "conversations")
    return changed
