"""What sets an automation off, what never does, and that each answers exactly once."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from stopline.apps.accounts.models import Account
from stopline.apps.automations import automation as verbs
from stopline.apps.automations.models import Run
from stopline.apps.consent import subscription
from stopline.apps.contacts import lists
from stopline.apps.contacts.models import ListMembership
from stopline.apps.inbox import receive, reply
from stopline.apps.inbox.models import Conversation
from stopline.apps.sending import queue
from stopline.apps.sending.models import Message
from stopline.rules.automations import MOST
from stopline.rules.errors import InvalidInput
from tests import make
from tests.apps.automations.conftest import PHONE

pytestmark = pytest.mark.django_db
RIDE, WELCOME = ("automation", "See you on Saturday."), ("automation", "Welcome!")
CLOSED, RESUMED = ("automation", "We are closed."), ("opt_in_confirmation", "You are in.")


def at(monkeypatch, moment):
    monkeypatch.setattr(timezone, "now", lambda: moment)


def later(monkeypatch, **span):
    at(monkeypatch, datetime.now(UTC) + timedelta(**span))


def test_a_keyword_is_answered_where_it_was_written(admin, connection, write, answers):
    make.automation(admin)

    taken = write("RIDE, please!")

    message = Message.objects.get(kind="automation")
    assert answers() == [RIDE]
    assert (message.address, message.channel, message.connection_id) == (PHONE, "sms", connection.id)
    assert (message.conversation_id, message.author_id) == (taken.conversation_id, None)


@pytest.mark.parametrize("text", ["I want a ride", "rides", "", "Is the ride on Saturday?"])
def test_other_words_are_not_answered(admin, write, answers, text):
    make.automation(admin)

    write(text)

    assert answers() == []


def test_an_answer_calls_people_by_their_names(account, admin, write, answers):
    make.automation(admin, text='Hello {{ first_name | default: "there" }}, from {{ account_name }}.')
    write("ride")
    make.contact(account, "Grace", phone="+14155550124")
    write("ride", sender="+14155550124")

    assert [text for _, text in answers()] == ["Hello there, from Larkspur.", "Hello Grace, from Larkspur."]


def test_a_keyword_joins_its_list(account, admin, write):
    saturday = lists.create(account, "Saturday ride")
    make.automation(admin, list_id=saturday.id)

    write("ride")
    write("ride")

    member = ListMembership.objects.get()
    assert (member.contact_list_id, member.contact.phone) == (saturday.id, PHONE)


def test_a_channel_that_was_not_chosen_is_not_answered(admin, write, answers):
    make.automation(admin, channels=["whatsapp"])

    write("ride")
    assert answers() == []

    write("ride", channel="whatsapp")
    assert answers() == [RIDE]


@pytest.mark.parametrize("text", ["STOP", "HELP", "leave me alone", "stop ride"])
def test_a_message_about_consent_sets_nothing_off_but_its_own_answer(admin, write, text):
    make.automation(admin, words=["ride", "alone"])
    make.automation(admin, "out_of_hours")
    make.automation(admin, "welcome")

    write(text)

    assert not Message.objects.filter(kind="automation").exists()


def test_a_machine_is_not_answered(admin, connection):
    make.automation(admin)
    make.automation(admin, "out_of_hours")
    connection.account.refresh_from_db()

    receive.take(connection, replace(make.received("ride", sender=PHONE), automatic=True))

    assert not Message.objects.filter(kind="automation").exists()
    assert Message.objects.get().kind == "inbound"


def test_a_redelivered_message_is_answered_once(admin, write, answers):
    make.automation(admin)

    for _ in range(3):
        write("ride", event_id="again")

    assert answers() == [RIDE]
    assert Run.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_keyword_delivered_many_times_at_once_is_answered_once(admin, connection):
    make.automation(admin)
    connection.account.refresh_from_db()
    event, start = make.received("ride", sender=PHONE), threading.Barrier(6)

    def deliver():
        start.wait(5)
        receive.take(connection, event)
        database.close()

    threads = [threading.Thread(target=deliver) for _ in range(6)]
    [each.start() for each in threads]
    [each.join(20) for each in threads]

    assert Message.objects.filter(kind="automation").count() == Run.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_keywords_at_once_are_answered_no_more_often_than_one_after_the_other(admin, connection):
    make.automation(admin)
    make.contact(admin.account, phone=PHONE)
    connection.account.refresh_from_db()
    start = threading.Barrier(10)

    def deliver():
        start.wait(5)
        receive.take(connection, make.received("ride", sender=PHONE))
        database.close()

    threads = [threading.Thread(target=deliver) for _ in range(10)]
    [each.start() for each in threads]
    [each.join(20) for each in threads]

    assert Message.objects.filter(kind="inbound").count() == 10
    assert Message.objects.filter(kind="automation").count() == MOST[0][1]


def test_two_machines_that_answer_each_other_fall_silent(admin, connection):
    """The other one is an account of the same kind: each one's answer is the other one's keyword."""
    other = make.member(make.account("Elsewhere"))
    back = make.connection(other.account)
    make.automation(admin, words=["ping"], text="pong")
    make.automation(other, words=["pong"], text="ping")
    for each in (connection, back):
        each.account.refresh_from_db()

    text, here, exchanged = "ping", True, 0
    while exchanged < 100:
        receive.take(connection if here else back, make.received(text, sender=PHONE))
        account = (connection if here else back).account
        answer = Message.objects.filter(account=account, kind="automation").order_by("-id").first()
        if answer is None or Message.objects.filter(kind="automation").count() <= exchanged:
            break
        text, here, exchanged = answer.text, not here, exchanged + 1

    assert exchanged == 2 * MOST[0][1]


def test_a_person_who_is_unsubscribed_is_answered_only_through_the_gate_and_joins_without_resubscribing(
    account, admin, write
):
    make.automation(admin, list_id=lists.create(account, "Saturday ride").id)
    write("STOP")

    write("ride")

    assert subscription.of(account.id, [("sms", PHONE)])[("sms", PHONE)].standing == "unsubscribed"
    assert ListMembership.objects.count() == 1
    assert not Run.objects.get().welcome
    assert Message.objects.filter(kind="automation", state="queued").count() == 1


def test_an_answer_that_cannot_be_written_costs_nothing_else(admin, write, monkeypatch):
    make.automation(admin)

    def refuse(*_, **__):
        raise InvalidInput("No way out")

    monkeypatch.setattr(queue, "put", refuse)
    assert write("ride").new
    monkeypatch.setattr(queue, "put", lambda *_, **__: 1 / 0)
    assert write("ride").new

    assert Message.objects.filter(kind="inbound").count() == 2
    assert not Run.objects.exists()


def test_an_account_without_automations_looks_nothing_up(connection, write, django_assert_num_queries):
    write("Hello")
    event = make.received("ride", sender=PHONE)

    with django_assert_num_queries(0):  # TAKE goes around Django's cursor, and is the only one
        receive.take(connection, event)


def test_somebody_who_writes_while_nobody_is_there_is_told_once_a_night(admin, write, answers, monkeypatch):
    make.automation(admin, "out_of_hours", days=[1, 2, 3, 4, 5])
    at(monkeypatch, datetime(2030, 5, 6, 15, 30, tzinfo=UTC))  # Monday, 17:30 in Paris
    write("Are you there?")
    at(monkeypatch, datetime(2030, 5, 7, 3, 0, tzinfo=UTC))
    write("Hello?")
    assert answers() == [CLOSED]

    at(monkeypatch, datetime(2030, 5, 7, 8, 0, tzinfo=UTC))  # Tuesday, ten in the morning
    write("Good morning")
    assert answers() == [CLOSED]

    at(monkeypatch, datetime(2030, 5, 7, 20, 0, tzinfo=UTC))
    write("And tonight?")
    assert answers() == [CLOSED, CLOSED]


def test_the_hours_are_the_accounts_own(account, admin, write, answers, monkeypatch):
    make.automation(admin, "out_of_hours", days=[1], opens=time(9), closes=time(17))
    at(monkeypatch, datetime(2030, 5, 6, 7, 30, tzinfo=UTC))
    write("Nine thirty in Paris")
    assert answers() == []

    Account.objects.filter(id=account.id).update(time_zone="America/New_York")
    write("Three thirty in New York")
    assert answers() == [CLOSED]


def test_an_office_that_works_through_the_night_is_there_after_midnight(admin, write, answers, monkeypatch):
    make.automation(admin, "out_of_hours", days=[6], opens=time(18), closes=time(2))
    at(monkeypatch, datetime(2030, 5, 11, 23, 30, tzinfo=UTC))  # Sunday, 1:30 in Paris
    write("Still open?")
    assert answers() == []

    at(monkeypatch, datetime(2030, 5, 12, 0, 30, tzinfo=UTC))
    write("And now?")
    assert answers() == [CLOSED]


def test_a_keyword_is_answered_instead_of_the_hours(admin, write, answers):
    make.automation(admin, "out_of_hours")
    make.automation(admin)

    write("ride")

    assert answers() == [RIDE]


def test_nobody_is_told_that_nobody_is_there_while_somebody_answers(admin, write, answers, monkeypatch):
    make.automation(admin, "out_of_hours")
    verbs.switch(admin, verbs.everything(admin.account)[0][0].id, on=False)
    conversation = Conversation.objects.get(id=write("Still there?").conversation_id)
    reply.reply(admin, conversation, "sms", "Yes!")
    verbs.switch(admin, verbs.everything(admin.account)[0][0].id, on=True)

    write("Great")
    assert answers() == [("reply", "Yes!")]

    later(monkeypatch, minutes=31)
    write("And now?")
    assert answers() == [("reply", "Yes!"), CLOSED]


def test_an_automatic_e_mail_says_that_nobody_wrote_it_and_stays_in_its_thread(admin, write):
    make.automation(admin, channels=["email"])

    write("Ride", sender="ada@example.com", channel="email")

    assert Message.objects.get(kind="automation").parts["headers"]["Auto-Submitted"] == "auto-generated"
