"""The demo shows every state, and nothing in it contradicts the rules."""

from __future__ import annotations

from collections import Counter

import phonenumbers
import pytest
from django.contrib.auth import authenticate
from django.db import transaction
from django.utils import timezone

from stopline.apps.accounts.models import Account, Member
from stopline.apps.broadcasts import progress
from stopline.apps.broadcasts.models import Broadcast
from stopline.apps.consent import ledger
from stopline.apps.consent.models import Entry, EvidenceFile, Subscription
from stopline.apps.contacts import search
from stopline.apps.contacts.models import Contact, ContactList, ListMembership
from stopline.apps.inbox.models import Conversation
from stopline.apps.sending.models import Connection, Message, Stream
from stopline.doors.cli import demo_data
from stopline.doors.cli.demo_data import script
from stopline.providers.sandbox.receipts import Receipts
from stopline.rules import addresses, keywords
from stopline.rules.keywords import Intent
from stopline.rules.words import (
    CONSENT_CHANNELS,
    Channel,
    MessageKind,
    MessageState,
    Refusal,
    Source,
    Standing,
)
from tests import make


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """Loaded once for all tests of this module, and rolled back after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        demo_data.load()
        yield
        transaction.set_rollback(True)


def test_one_account_with_500_contacts_and_40_conversations(loaded):
    assert Account.objects.get().is_operator
    assert Contact.objects.count() == 500
    assert Conversation.objects.count() == 40


def test_both_members_can_sign_in(loaded):
    for email, role in (("admin@demo.test", "admin"), ("agent@demo.test", "agent")):
        user = authenticate(None, email=email, password="stopline-demo")

        assert user is not None
        assert Member.objects.get(user=user).role == role


def test_every_address_is_one_the_rules_accept_as_it_is(loaded):
    for contact in Contact.objects.all():
        assert contact.addresses
        if contact.phone:
            assert addresses.phone(contact.phone, None) == contact.phone
        if contact.email:
            assert addresses.email(contact.email) == contact.email
            assert contact.email.endswith(("@example.com", "@example.org", "@example.net"))


def test_the_contacts_live_in_seven_countries(loaded):
    codes = Counter(
        phonenumbers.parse(phone).country_code
        for phone in Contact.objects.exclude(phone=None).values_list("phone", flat=True)
    )

    assert set(codes) == {1, 44, 33, 34, 49, 39, 31}


def test_contacts_are_found_by_name_and_by_digits(loaded):
    everybody = Contact.objects.all()

    assert search.matching(everybody, "lucia nav", "GB").count() == 1
    assert search.matching(everybody, "07700 900", "GB").count() > 50


def test_every_source_appears_in_the_ledger(loaded):
    assert set(Entry.objects.values_list("source", flat=True)) == {source.value for source in Source}


@pytest.mark.django_db(transaction=True)
def test_the_ledger_proves_the_standings():
    demo_data.load()

    entries, differences = ledger.verify()

    assert entries > 100
    assert differences == []


def test_some_were_resubscribed_by_themselves_and_some_by_an_admin_with_reason_and_evidence(loaded):
    lifted = Entry.objects.filter(standing=Standing.SUBSCRIBED)

    assert set(lifted.values_list("source", flat=True)) == {Source.KEYWORD, Source.LINK, Source.ADMIN}
    assert set(lifted.filter(source=Source.ADMIN).values_list("reason", flat=True)) == {"asked", "mistake"}
    assert all(entry.evidence["text"] for entry in lifted.filter(source=Source.ADMIN))
    assert EvidenceFile.objects.exists()


def test_everything_happened_in_the_past(loaded):
    now = timezone.now()

    assert not Entry.objects.filter(at__gt=now).exists()
    assert not Message.objects.filter(created_at__gt=now).exists()
    assert not Conversation.objects.filter(last_message_at__gt=now).exists()


def test_every_lasting_state_of_a_message_can_be_seen(loaded):
    states = set(Message.objects.values_list("state", flat=True))

    assert states == {state.value for state in MessageState} - {MessageState.HANDING_OVER}
    refusals = set(Message.objects.exclude(refusal="").values_list("refusal", flat=True))
    assert refusals == {Refusal.UNSUBSCRIBED, Refusal.HELD, Refusal.TOO_LATE}


def test_nothing_leaves_by_itself_when_the_worker_starts(loaded):
    due = Message.objects.filter(state=MessageState.QUEUED, due_at__lte=timezone.now())

    assert not due.filter(broadcast_id=None).exists()
    assert not Stream.objects.filter(state=Stream.State.RUNNING).exists()


def test_broadcasts_are_in_every_state_but_on_their_way(loaded):
    states = set(Broadcast.objects.values_list("state", flat=True))

    assert states == set(Broadcast.State.values) - {Broadcast.State.SENDING}


def test_the_broadcast_that_was_sent_has_every_outcome_and_opt_outs_it_caused(loaded):
    sale = Broadcast.objects.get(state=Broadcast.State.DONE)

    found = progress.of(sale)

    assert set(found.states) == {"sent", "delivered", "read", "failed", "refused", "unknown"}
    assert found.messages == sale.messages
    assert found.refusals.keys() == {"unsubscribed"}
    assert found.unsubscribes["link"] >= 2


def test_messages_came_and_went_on_every_channel(loaded):
    assert set(Message.objects.values_list("channel", flat=True)) == {c.value for c in CONSENT_CHANNELS}


def test_conversations_are_open_and_closed_assigned_and_not_read_and_unread(loaded):
    conversations = Conversation.objects.all()

    assert set(conversations.values_list("state", flat=True)) == {"open", "closed"}
    assert len(set(conversations.values_list("assignee_id", flat=True))) == 3
    assert conversations.filter(unread__gt=0).exists() and conversations.filter(unread=0).exists()


def test_a_thread_read_by_id_is_in_the_order_it_was_written(loaded):
    for conversation in Conversation.objects.all():
        times = list(conversation.messages.order_by("id").values_list("created_at", flat=True))

        assert times == sorted(times)


def test_what_looks_like_an_opt_out_holds_its_address(loaded):
    unclear = Message.objects.filter(looks_like_opt_out=True)

    assert unclear.count() == 3
    for message in unclear:
        held = Subscription.objects.get(address=message.address, channel=message.channel)
        assert held.held_message_id == message.id
        assert held.held_since == message.created_at
    assert Conversation.objects.filter(unclear=1).count() == 3


def test_each_opt_out_was_confirmed_once_and_a_repeated_one_was_not(loaded):
    stops = Entry.objects.filter(source=Source.KEYWORD, standing=Standing.UNSUBSCRIBED)
    confirmed = Message.objects.filter(kind=MessageKind.OPT_OUT_CONFIRMATION)

    assert confirmed.count() == stops.values("message_id").distinct().count()
    assert set(confirmed.values_list("caused_by", flat=True)) <= set(stops.values_list("id", flat=True))


def test_the_rules_read_every_message_as_the_demo_tells_it():
    meant = {"stop": Intent.OPT_OUT, "start": Intent.OPT_IN, "help": Intent.HELP, "unclear": Intent.UNSURE}
    meant["dismissed"] = Intent.UNSURE
    told = {
        line.text: (next((meant[word] for word in line.what if word in meant), Intent.NONE), line.channels[0])
        for talk in script.read()
        for line in talk.lines
        if line.inbound
    }

    read = {text: keywords.read(text, channel).intent for text, (_, channel) in told.items()}

    assert read == {text: intent for text, (intent, _) in told.items()}


def test_the_sandbox_remembers_what_arrived_and_nothing_else(loaded, settings):
    connection = Connection.objects.get(provider="sandbox")
    arrived = Message.objects.filter(state__in=["sent", "delivered", "read"])

    receipts = Receipts(settings.STOPLINE_DATA)

    assert all(receipts.of_message(connection.token, str(message.id)) for message in arrived)
    refused = Message.objects.filter(state__in=["refused", "queued", "unknown", "failed"])
    assert not any(receipts.of_message(connection.token, str(message.id)) for message in refused)


def test_lists_and_custom_fields_are_filled(loaded):
    assert ContactList.objects.filter(name="VIP").exists()
    assert ListMembership.objects.values("contact_list_id").distinct().count() == ContactList.objects.count()
    kinds = {type(value) for contact in Contact.objects.all() for value in contact.custom.values()}
    assert kinds == {str, int}


def test_the_operators_end_of_chat_with_support_is_there(loaded):
    assert Connection.objects.get(provider="panel").channels == [Channel.CHAT.value]


@pytest.mark.django_db
def test_where_there_is_an_account_nothing_is_touched():
    make.account()

    assert demo_data.load() is False
    assert Account.objects.count() == 1
    assert not Contact.objects.exists()


@pytest.mark.django_db
def test_the_same_people_come_every_time():
    def load() -> set[tuple]:
        with transaction.atomic():
            demo_data.load()
            found = set(Contact.objects.values_list("first_name", "last_name", "phone", "email", "notes"))
            transaction.set_rollback(True)
            return found

    assert load() == load()
