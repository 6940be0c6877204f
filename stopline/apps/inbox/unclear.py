"""A message that looks like an opt-out waits for a person: they unsubscribe the contact, or dismiss it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from stopline.apps.accounts import live
from stopline.apps.consent import subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.inbox.models import Conversation
from stopline.apps.sending.models import Message
from stopline.rules import consent
from stopline.rules.errors import Conflict
from stopline.rules.words import Channel, Source

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Member
    from stopline.apps.consent.subscription import Change, Key

log = structlog.get_logger(__name__)


def unsubscribe(member: Member, message: Message) -> list[Change]:
    """It was an opt-out: ends what a STOP would have ended, with the message as evidence.

    Settles every other message that waits for the same decision. Raises NotAllowed for agents; Conflict where
    somebody has decided already.
    """
    scope = _scope(message)
    with transaction.atomic():
        changes = subscription.unsubscribe(
            message.account_id,
            scope,
            source=Source.ADMIN,
            actor=Actor.member(member),
            reason="The contact's message was read as an opt-out.",
            evidence={
                "text": message.text[:2000],
                "channel": message.channel,
                "received_at": message.created_at.isoformat(),
            },
            message_id=message.id,
            contact_id=message.contact_id,
        )
        entry = next((change.entry_id for change in changes if change.channel == message.channel), None)
        _decide(member, message, _waiting(message, scope), entry)
        subscription.release(message.account_id, scope)
    return changes


def dismiss(member: Member, message: Message) -> None:
    """It was none: automated messages go on, unless another message to decide about holds them.

    Any member may say so: it lifts no unsubscribe. Who did is kept on the message. Raises Conflict where
    somebody has decided already.
    """
    scope = _scope(message)
    with transaction.atomic():
        _decide(member, message, _waiting(message, scope).filter(id=message.id))
        if not _waiting(message, scope).exists():
            subscription.release(message.account_id, scope)
    log.info("opt_out.dismissed", message=str(message.id), member=str(member.id))


def _scope(message: Message) -> list[Key]:
    contact, account = message.contact, message.contact.account
    return [
        (str(channel), address)
        for channel, address in consent.stop_scope(
            Channel(message.channel), message.address, contact.addresses, everything=account.stop_everything
        )
    ]


def _waiting(message: Message, scope: list[Key]) -> QuerySet[Message]:
    return Message.objects.filter(
        account_id=message.account_id,
        conversation_id=message.conversation_id,
        looks_like_opt_out=True,
        channel__in={channel for channel, _ in scope},
        address__in={address for _, address in scope},
    )


def _decide(
    member: Member, message: Message, waiting: QuerySet[Message], entry_id: UUID | None = None
) -> None:
    now = timezone.now()
    decided = waiting.update(
        looks_like_opt_out=False, decided_by_id=member.id, decided_at=now, entry_id=entry_id
    )
    message.refresh_from_db(fields=["looks_like_opt_out", "decided_by_id", "decided_at"])
    if not decided or message.decided_at != now:
        raise Conflict(
            "Somebody has decided about this message already.",
            "Reload the conversation to see how",
            title="This is settled",
        )
    assert message.conversation_id  # inbound messages always have one
    Conversation.objects.filter(account_id=message.account_id, id=message.conversation_id).update(
        unclear=Greatest(F("unclear") - decided, 0)
    )
    live.announce(message.account_id, "inbox", f"conversation:{message.conversation_id}")
