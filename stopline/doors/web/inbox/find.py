"""What the Inbox's views begin with: which conversation, and whether a page or a part of one is wanted."""

from __future__ import annotations

from hashlib import blake2s
from typing import TYPE_CHECKING
from uuid import UUID

from django.shortcuts import get_object_or_404

from stopline.apps.accounts.models import Member
from stopline.apps.inbox.models import Conversation
from stopline.apps.sending.models import Message

if TYPE_CHECKING:
    from stopline.doors.web.request import MemberRequest


def find(member: Member, conversation_id: UUID) -> Conversation:
    """Raises Http404: another account's conversation looks like one that doesn't exist."""
    mine = Conversation.objects.filter(account_id=member.account_id)
    return get_object_or_404(mine.select_related("contact__account", "assignee__user"), id=conversation_id)


def message_in(conversation: Conversation, message_id: UUID) -> Message:
    """Raises Http404."""
    messages = Message.objects.filter(account_id=conversation.account_id, contact_id=conversation.contact_id)
    return get_object_or_404(messages.select_related("contact__account"), id=message_id)


def members_of(member: Member) -> list[Member]:
    """Everybody of the account, by name."""
    found = Member.objects.filter(account_id=member.account_id).select_related("user")
    return sorted(found, key=lambda each: str(each).casefold())


def is_part(request: MemberRequest) -> bool:
    """Whether htmx asks for a part; after "back" it asks for the whole page."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def digest(*shown: object) -> str:
    """Short and equal where the same is shown: a page that has it already is left alone."""
    return blake2s(repr(shown).encode(), digest_size=9).hexdigest()
