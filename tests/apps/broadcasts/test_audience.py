"""SQL narrows the audience and only the gate decides: so everybody whom the gate would let through is in it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection as database
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from stopline.apps.broadcasts import audience
from stopline.apps.broadcasts.audience import LeftOut
from stopline.apps.broadcasts.models import Broadcast
from stopline.apps.consent.models import Subscription
from stopline.apps.sending.models import Message, SendingRules
from stopline.rules import gate
from stopline.rules.words import Channel, Refusal, Standing
from tests import make

CHANNELS = ("sms", "whatsapp", "email")
KINDS = {"sms": "phone", "whatsapp": "phone", "email": "email"}
# What one person is on a channel: the standing (None: no record), held, and the messages there were lately or long ago.
ON_CHANNEL = st.tuples(
    st.sampled_from([None, "subscribed", "unsubscribed", "pending"]),
    st.booleans(),
    st.lists(
        st.tuples(
            st.sampled_from(["broadcast", "notice", "reply"]),
            st.sampled_from(
                ["sent", "delivered", "read", "unknown", "refused", "failed", "queued", "cancelled"]
            ),
            st.sampled_from([0.5, 6.9, 7.1]),  # days ago
        ),
        max_size=3,
    ),
)
PEOPLE = st.lists(
    st.fixed_dictionaries(
        {"phone": st.booleans(), "email": st.booleans(), **dict.fromkeys(CHANNELS, ON_CHANNEL)}
    ),
    min_size=1,
    max_size=4,
)
AGREES = {
    LeftOut.UNSUBSCRIBED: Refusal.UNSUBSCRIBED,
    LeftOut.PENDING: Refusal.PENDING,
    LeftOut.HELD: Refusal.HELD,
    LeftOut.CAPPED: Refusal.CAPPED,
}


class TestAudience(TestCase):
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        people=PEOPLE,
        purpose=st.sampled_from(["marketing", "service"]),
        cap=st.sampled_from([None, 0, 1, 2]),
        size=st.sampled_from([None, 1, 3]),
    )
    def test_it_is_the_gates_own_answer_for_everybody(self, people, purpose, cap, size):
        account = make.account()
        make.connection(account)
        SendingRules.objects.create(account=account, cap=cap, cap_days=7)
        known = {contact.id: (contact, each) for each in people for contact in [person(account, each)]}
        broadcast = Broadcast.objects.create(
            account=account, name="Spring", purpose=purpose, include=[{}], channels=list(CHANNELS)
        )

        found = judged(broadcast, size)

        assert set(found) == set(known)
        for contact_id, reasons in found.items():
            contact, each = known[contact_id]
            for channel, reason in zip(CHANNELS, reasons, strict=True):
                assert reason == expected(broadcast, contact, each, channel, cap), (channel, each)


def person(account, each):
    addresses = {kind: address(each, kind) for kind in ("phone", "email")}
    contact = make.contact(account, phone=addresses["phone"], email=addresses["email"])
    for channel in CHANNELS:
        standing, held, had = each[channel]
        to = addresses[KINDS[channel]]
        if to and standing:
            Subscription.objects.update_or_create(
                account_id=account.id,
                channel=channel,
                address=to,
                defaults={
                    "standing": standing,
                    "held_message_id": uuid4() if held else None,
                    "entry_id": None if standing == "subscribed" else uuid4(),
                    "since": timezone.now(),
                },
            )
        for kind, state, days in had:
            past = timezone.now() - timedelta(days=days)
            Message.objects.create(
                account=account, contact_id=contact.id, connection_id=account.connections.get().id, kind=kind,
                channel=channel, address=to, text="", state=state, created_at=past,
                sent_at=past if state in ("sent", "delivered", "read") else None,
            )  # fmt: skip
    return contact


def address(each, kind):
    if not each[kind]:
        return ""
    return make.phone() if kind == "phone" else f"{uuid4().hex}@example.com"


def judged(broadcast, size):
    """{contact: reasons}; with `size` chunk by chunk, as messages are written."""
    found, after = {}, None
    while True:
        query, parameters = audience.judged(broadcast, after=after, size=size)
        with database.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({query}) j ORDER BY id", parameters)
            rows = cursor.fetchall()
        found |= {row[0]: row[3:] for row in rows}
        if size is None or len(rows) < size:
            return found
        after = rows[-1][0]


def expected(broadcast, contact, each, channel, cap):
    """What the gate would say, in the audience's words."""
    if getattr(contact, KINDS[channel]) is None:
        return LeftOut.NO_ADDRESS
    standing, held, had = each[channel]
    facts = gate.Facts(
        channel=Channel(channel),
        kind=broadcast.kind,
        standing=Standing(standing or "subscribed"),
        now=timezone.now(),
        held=held and standing is not None,
        had=sum(
            kind == "broadcast" and state in ("sent", "delivered", "read", "unknown") and days < 7
            for kind, state, days in had
        ),
        cap=cap,
    )
    verdict = gate.judge(facts)
    return None if verdict.allowed else {why: ours for ours, why in AGREES.items()}[verdict.reason]


@pytest.mark.django_db
def test_the_sum_is_what_the_rows_say():
    account = make.account()
    make.connection(account)
    make.contact(account, "Ada", email="ada@example.com")
    make.contact(account, "Bo", sms="unsubscribed", email="bo@example.com")
    make.contact(account, "Cy", sms="unsubscribed")
    make.contact(account, "Di", phone="")
    broadcast = Broadcast.objects.create(
        account=account, name="Spring", include=[{}], channels=["sms", "email"], pick="first"
    )

    reach = audience.reach(broadcast)

    assert (reach.contacts, reach.on) == (4, {"sms": 1, "email": 1})
    assert reach.without["sms"] == {"unsubscribed": 2, "no_address": 1}
    assert reach.left_out == {"unsubscribed": 1, "no_address": 1}


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["sent", "delivered", "read", "unknown"])
def test_what_may_have_reached_somebody_counts_against_the_cap(state):
    account = make.account()
    SendingRules.objects.create(account=account, cap=1)
    contact = make.contact(account)
    now = timezone.now()
    Message.objects.create(
        account=account, contact_id=contact.id, kind="broadcast", channel="sms", address=contact.phone, text="",
        state=state, created_at=now,
    )  # fmt: skip
    broadcast = Broadcast.objects.create(account=account, name="Spring", include=[{}], channels=["sms"])

    assert audience.reach(broadcast).left_out == {"capped": 1}


@pytest.mark.django_db
def test_another_accounts_people_and_standings_count_nowhere():
    mine, other = make.account(), make.account("Other")
    number = make.phone()
    make.contact(mine, "Ada", phone=number)
    make.contact(other, "Ada", phone=number, sms="unsubscribed")
    broadcast = Broadcast.objects.create(account=mine, name="Spring", include=[{}], channels=["sms"])

    assert audience.reach(broadcast).on == {"sms": 1}
