"""Where automations meet the Inbox: an ordinary message, a START, a resubscribe on the preference page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from stopline.apps.accounts import live
from stopline.apps.automations import answering
from stopline.apps.automations.answering import Reached
from stopline.apps.inbox.conversation import open_with
from stopline.apps.sending import preferences

if TYPE_CHECKING:
    from stopline.apps.automations.models import Automation
    from stopline.apps.consent.links import Held
    from stopline.apps.contacts.models import Contact
    from stopline.apps.inbox.receive import Arrival


def chosen(arrival: Arrival) -> Automation | None:
    """What answers an ordinary message. A machine's never: two of them would talk for ever."""
    event = arrival.event
    if event.automatic:
        return None
    return answering.to_message(arrival.account, event.channel, event.text, arrival.now)


def greet(arrival: Arrival, contact: Contact, conversation_id: UUID) -> None:
    """They wrote START. Once in a lifetime, so also to somebody who never stopped."""
    if found := answering.to_subscribing(arrival.account, arrival.event.channel):
        answer(found, arrival, contact, conversation_id)


def answer(automation: Automation, arrival: Arrival, contact: Contact, conversation_id: UUID) -> None:
    reached = Reached(
        contact,
        conversation_id,
        arrival.event.channel,
        arrival.address,
        arrival.now,
        arrival.connection.id,
    )
    answering.answer(automation, reached)


def resubscribe(held: Held, channel: str, evidence: Mapping[str, Any]) -> preferences.Done:
    """`preferences.resubscribe`, and one welcome: on the link's own channel, else on the first that changed."""
    with transaction.atomic():
        done = preferences.resubscribe(held, channel, evidence)
        contact = preferences.contact(held)
        for line in sorted(done.changed, key=lambda line: line.channel is not held.channel):
            found = answering.to_subscribing(held.account, line.channel) if contact else None
            if found and contact:
                conversation = open_with(contact)
                now = timezone.now()
                answering.answer(found, Reached(contact, conversation.id, line.channel, line.address, now))
                live.announce(held.account.id, "inbox", f"conversation:{conversation.id}")
                break
    return done
