"""Answers nobody writes: which automation a message sets off, and the one message it becomes.

Everything here runs in the transaction that takes in what is answered, so that the answer, its record and the list
joined are there exactly once, however often a provider delivers the event.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction

from stopline.apps.automations import text as texts
from stopline.apps.automations.models import Automation, Run
from stopline.apps.consent import subscription
from stopline.apps.contacts import lists
from stopline.apps.contacts.models import ContactList
from stopline.apps.sending import queue
from stopline.apps.sending.models import Message
from stopline.rules.automations import REMEMBERED, AutomationKind, may_answer
from stopline.rules.errors import InvalidInput
from stopline.rules.keywords import whole
from stopline.rules.words import Channel, MessageKind, Standing

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account
    from stopline.apps.contacts.models import Contact

log = structlog.get_logger(__name__)
TO_MESSAGES = {AutomationKind.KEYWORD, AutomationKind.OUT_OF_HOURS}


@dataclass(frozen=True, slots=True)
class Reached:
    """Whom an automation may write to, and how. `connection_id` None: as the account's routes say."""

    contact: Contact
    conversation_id: UUID
    channel: Channel
    address: str
    now: datetime
    connection_id: UUID | None = None


def to_message(account: Account, channel: Channel, text: str, now: datetime) -> Automation | None:
    """What an ordinary message sets off: its keyword's reply, or nobody being there. An account without such
    automations is not looked up.
    """
    if not TO_MESSAGES & set(account.automated):
        return None
    ours = [each for each in _on(account.id, TO_MESSAGES) if each.covers(channel)]
    keyworded = (each for each in ours if each.words and whole(text, channel, each.words))
    local = now.astimezone(ZoneInfo(account.time_zone))
    return next(keyworded, None) or next((each for each in ours if each.away(local)), None)


def to_subscribing(account: Account, channel: Channel) -> Automation | None:
    """What somebody reads who has just subscribed there by themselves."""
    if AutomationKind.WELCOME not in account.automated:
        return None
    ours = _on(account.id, {AutomationKind.WELCOME})
    return next((each for each in ours if each.covers(channel)), None)


def answer(automation: Automation, reached: Reached) -> Message | None:
    """Queues the automation's message, where the limits allow one more and a welcome is the first. None: it doesn't.

    Whether it leaves decides the gate. A problem with the answer never costs what is answered: it is logged.
    """
    try:
        with transaction.atomic():
            return _answer(automation, reached)
    except InvalidInput as refusal:
        log.info("automation.not_written", automation=str(automation.id), why=str(refusal))
    except Exception:
        log.exception("automation.failed", automation=str(automation.id))
    return None


def _answer(automation: Automation, reached: Reached) -> Message | None:
    joins = automation.list_id is not None and _join(automation.list_id, reached.contact)
    if not _allowed(automation, reached):
        return None
    if not _record(automation, reached, welcome=automation.what is AutomationKind.WELCOME or joins):
        return None
    return queue.put(
        automation.account_id,
        conversation_id=reached.conversation_id,
        contact_id=reached.contact.id,
        channel=reached.channel,
        address=reached.address,
        text=texts.rendered(automation.text, reached.contact),
        kind=MessageKind.AUTOMATION,
        connection_id=reached.connection_id,
    )


def _join(list_id: UUID, contact: Contact) -> bool:
    """By their own message, so there is nothing to limit. It lifts no unsubscribe: the gate refuses the answer then."""
    joined = ContactList.objects.filter(account_id=contact.account_id, id=list_id).first()
    if joined:
        lists.add(joined, [contact])
    return joined is not None


def _allowed(automation: Automation, reached: Reached) -> bool:
    """Read behind the conversation's lock, which its message has taken: two at once count each other."""
    account_id, since = automation.account_id, reached.now - REMEMBERED
    runs = Run.objects.filter(account_id=account_id, contact_id=reached.contact.id, at__gt=since)
    before = [(AutomationKind(kind), at) for kind, at in runs.values_list("kind", "at")]
    attended_at = None
    if automation.what is AutomationKind.OUT_OF_HOURS:
        written = Message.objects.filter(
            account_id=account_id, contact_id=reached.contact.id, kind=MessageKind.REPLY
        )
        attended_at = written.order_by("-id").values_list("created_at", flat=True).first()
    return may_answer(automation.what, before, reached.now, attended_at=attended_at)


def _record(automation: Automation, reached: Reached, *, welcome: bool) -> bool:
    """Whether the message may be written: a welcome only the first time. A keyword's answer counts as the welcome of
    somebody who will get it.
    """
    account_id, contact, channel = automation.account_id, reached.contact, reached.channel
    about = {"automation_id": automation.id, "kind": automation.kind, "at": reached.now}
    once = {"account_id": account_id, "contact_id": contact.id, "channel": channel.value}
    first = (
        welcome
        and _subscribed(account_id, reached)
        and Run.objects.get_or_create(**once, welcome=True, defaults=about)[1]
    )
    if not first and automation.what is not AutomationKind.WELCOME:
        Run.objects.create(**once, **about)
        return True
    return first


def _subscribed(account_id: UUID, reached: Reached) -> bool:
    key = (reached.channel.value, reached.address)
    return subscription.of(account_id, [key])[key].standing == Standing.SUBSCRIBED


def _on(account_id: UUID, kinds: Collection[AutomationKind]) -> list[Automation]:
    """The oldest first."""
    mine = Automation.objects.filter(account_id=account_id, enabled=True, kind__in=kinds)
    return list(mine.order_by("created_at", "id"))
