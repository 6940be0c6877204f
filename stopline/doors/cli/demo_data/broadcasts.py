"""Broadcasts in every state: written through the verbs, and what came of the past ones told afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stopline.apps.broadcasts import broadcast as verbs
from stopline.apps.broadcasts import composing, lookup, preview, writing
from stopline.apps.broadcasts.models import Broadcast
from stopline.apps.consent import subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.inbox.models import Conversation
from stopline.apps.sending.models import Message, Stream
from stopline.doors.cli.demo_data.business import Demo
from stopline.providers.errors import AddressDead, OutcomeUnknown
from stopline.rules.words import Channel, MessageState, Refusal, Source

EVERY_OTHER = 0.4  # seconds between two messages that left
SALE = (
    "Hello {{ first_name | default: 'there' }}, everything for your spring rides is 20% off until Saturday. "
    "Larkspur Cycles"
)
RIDE = (
    "{{ first_name | default: 'Hello' }}, we ride on Saturday at 9 from the shop: 40 km, two hills, cake. Ben"
)
RECALL = (
    "Larkspur Cycles: the maker calls back the brake levers of some bicycles sold this year. "
    "Please come by, {{ first_name | default: 'we' }}: checking takes ten minutes and costs nothing."
)
Outcome = tuple[MessageState, str]  # and why it failed


@dataclass(frozen=True, slots=True)
class Plan:
    name: str
    list: str
    channels: Sequence[str]
    text: str
    subject: str = ""
    purpose: str = Broadcast.Purpose.MARKETING
    by: str = "ben"


def write(demo: Demo) -> None:
    _draft(
        demo, Plan("Autumn service week", "Workshop customers", ("sms", "email"), SALE, "Before winter comes")
    )
    _scheduled(demo, Plan("Saturday ride", "Saturday ride", ("whatsapp", "sms"), RIDE))
    _paused(
        demo, Plan("Brake lever recall", "VIP", ("sms", "email"), RECALL, "Please come by", "service", "ana")
    )
    _cancelled(demo, Plan("Trade prices", "Trade partners", ("email",), SALE, "New prices", by="ana"))
    _sent(
        demo,
        Plan("Spring sale", "Spring sale", ("email", "sms"), SALE, "20% off for your spring rides", by="ana"),
    )
    _receive(demo)


def _draft(demo: Demo, plan: Plan) -> Broadcast:
    member = demo.members[plan.by]
    made = verbs.create(member, plan.name)
    include = [{"list": str(demo.lists[plan.list].id)}]
    verbs.change(made, purpose=plan.purpose, include=include, channels=plan.channels)
    for channel in plan.channels:
        subject = plan.subject if channel == Channel.EMAIL else ""
        composing.write(made, channel, text=plan.text, subject=subject)
    return lookup.find(made.account_id, made.id)


def _scheduled(demo: Demo, plan: Plan) -> None:
    made = _draft(demo, plan)
    at = (
        (demo.now + timedelta(days=4))
        .astimezone(demo.zone)
        .replace(hour=10, minute=0, second=0, microsecond=0)
    )
    verbs.change(made, starts_at=at)
    verbs.send(demo.members[plan.by], made)


def _paused(demo: Demo, plan: Plan) -> None:
    made = _written(demo, plan)
    verbs.pause(made)

    def halfway(number: int) -> Outcome | None:
        return (MessageState.DELIVERED, "") if number % 2 else None

    _tell(demo, made, demo.now - timedelta(minutes=40), halfway)


def _cancelled(demo: Demo, plan: Plan) -> None:
    made = _written(demo, plan)
    verbs.cancel(made)
    began = demo.ago(16)

    def soon(number: int) -> Outcome:
        return (MessageState.DELIVERED, "") if number < 5 else (MessageState.CANCELLED, "")

    _tell(demo, made, began, soon)
    Broadcast.objects.filter(pk=made.pk).update(finished_at=began + timedelta(minutes=2))


def _sent(demo: Demo, plan: Plan) -> None:
    made = _written(demo, plan)
    began = demo.ago(2)
    messages = _tell(demo, made, began, _as_it_goes)
    finished = began + timedelta(seconds=len(messages) * EVERY_OTHER + 5)
    Broadcast.objects.filter(pk=made.pk).update(state=Broadcast.State.DONE, finished_at=finished)
    Stream.objects.filter(account_id=made.account_id, broadcast_id=made.id).update(state=Stream.State.STOPPED)
    _said_stop(demo, [each for each in messages if each.channel == Channel.EMAIL], began)


def _as_it_goes(number: int) -> Outcome:
    if number % 37 == 11:
        return MessageState.FAILED, str(AddressDead())
    if number % 41 == 17:
        return MessageState.UNKNOWN, str(OutcomeUnknown())
    return (MessageState.READ, MessageState.DELIVERED, MessageState.DELIVERED, MessageState.SENT)[
        number % 4
    ], ""


def _said_stop(demo: Demo, mails: Sequence[Message], began: datetime) -> None:
    """By the link, some after their mail, some before its turn had come: those were refused."""
    for number, message in enumerate(mails[3:60:9]):
        too_early = number % 2 == 0 and message.state in (MessageState.READ, MessageState.DELIVERED)
        [change] = subscription.unsubscribe(
            demo.account.id,
            [(message.channel, message.address)],
            source=Source.LINK,
            actor=Actor.person(message.address),
            reason="Used the link in an earlier newsletter."
            if too_early
            else "Used the link in the newsletter.",
            evidence={"form": "Preference page at larkspur.example", "ip": f"203.0.113.{120 + number}"},
            contact_id=message.contact_id,
            at=began + (timedelta(seconds=1) if too_early else timedelta(hours=1 + number)),
        )
        if too_early:
            Message.objects.filter(pk=message.pk).update(
                state=MessageState.REFUSED,
                refusal=Refusal.UNSUBSCRIBED,
                entry_id=change.entry_id,
                text="",
                parts={},
                sent_at=None,
                delivered_at=None,
                read_at=None,
            )


def _written(demo: Demo, plan: Plan) -> Broadcast:
    """Its messages are there, as a worker would have written them; none to those whose talks are told."""
    made = _draft(demo, plan)
    verbs.send(demo.members[plan.by], made)
    writing.run(made.account_id, made.id)
    talking = Conversation.objects.filter(account_id=made.account_id).values("contact_id")
    Message.objects.filter(account_id=made.account_id, broadcast_id=made.id, contact_id__in=talking).delete()
    return lookup.find(made.account_id, made.id)


def _tell(
    demo: Demo, made: Broadcast, began: datetime, outcome: Callable[[int], Outcome | None]
) -> list[Message]:
    """Its messages again, of the time when it began, each with what became of it; None: it waits."""
    mine = Message.objects.filter(account_id=made.account_id, broadcast_id=made.id)
    queued = list(mine.select_related("contact").order_by("contact_id", "channel"))
    mine.delete()
    written = composing.contents(made)
    for number, message in enumerate(queued):
        left = began + timedelta(seconds=2 + number * EVERY_OTHER)
        message.id = demo.id(began)
        message.created_at = message.due_at = began
        if found := outcome(number):
            message.state, message.failure = found
            if message.state != MessageState.CANCELLED:
                _left(demo, message, preview.written(written[message.channel], _of(demo, message)), left)
    Message.objects.bulk_create(queued)
    Broadcast.objects.filter(pk=made.pk).update(
        created_at=began - timedelta(hours=3),
        started_at=began,
        written_at=began + timedelta(seconds=2),
        messages=len(queued),
    )
    return queued


def _of(demo: Demo, message: Message) -> Any:
    message.contact.account = demo.account
    return message.contact


def _left(demo: Demo, message: Message, said: preview.Said, at: datetime) -> None:
    message.text, message.parts = said.text, dict(said.parts)
    message.checked_at = at
    if message.state in (MessageState.SENT, MessageState.DELIVERED, MessageState.READ):
        message.sent_at = at
        if message.state != MessageState.SENT:
            message.delivered_at = at + timedelta(seconds=demo.rng.randrange(1, 20))
        if message.state == MessageState.READ:
            message.read_at = at + timedelta(minutes=demo.rng.randrange(2, 300))


def _receive(demo: Demo) -> None:
    """The sandbox remembers what reached it."""
    sent = Message.objects.filter(
        account_id=demo.account.id, broadcast_id__isnull=False, sent_at__isnull=False
    )
    arrived = list(sent.order_by("sent_at"))
    for message in arrived:
        assert message.sent_at
        sent_ns = int(message.sent_at.timestamp() * 1e9)
        words = {"id": message.id, "channel": message.channel, "from": demo.sandbox.sender}
        handed = {**words, "to": message.address, "text": message.text}
        message.provider_id = demo.receipts.append(demo.sandbox.token, handed, sent_ns, sent_ns)
    Message.objects.bulk_update(arrived, ["provider_id"], batch_size=500)
