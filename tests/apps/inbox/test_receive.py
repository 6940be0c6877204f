"""What people write: opt-outs, opt-ins, calls for help, and everything else."""

import contextlib
import threading

import psycopg
import pytest
from django.db import connection as database

from stopline.apps.consent import subscription
from stopline.apps.consent.models import Entry
from stopline.apps.contacts.models import Contact
from stopline.apps.inbox import queries, receive, stored
from stopline.apps.inbox.models import Conversation
from stopline.apps.sending.models import InboundEvent, Message
from stopline.providers.base import Progress
from stopline.rules.keywords import Intent
from stopline.rules.words import MessageState
from tests import make
from tests.doors.cli.copies import wait_until

pytestmark = pytest.mark.django_db
PHONE = "+14155550123"
# Sessions that wait for a lock behind a stored event.
WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
    AND EXISTS (SELECT FROM sending_inboundevent WHERE applied_at IS NULL)
"""


@pytest.fixture
def account():
    return make.account(
        confirmation_text="You are out.", resumed_text="You are in.", help_text="We fix bikes."
    )


@pytest.fixture
def connection(account):
    return make.connection(account)


def write(connection, text, sender=PHONE, **fields):
    return receive.take(connection, make.received(text, sender=sender, **fields))


def standings(account, address=PHONE):
    channels = ["sms", "mms", "rcs", "whatsapp"]
    found = subscription.of(account.id, [(channel, address) for channel in channels])
    return {channel: row.standing for (channel, _), row in found.items()}


def answers(account):
    return list(
        Message.objects.filter(account=account, state="queued").order_by("id").values_list("kind", "text")
    )


def test_a_message_from_an_unknown_number_creates_the_contact_and_an_unread_conversation(account, connection):
    taken = write(connection, "Is my bike ready?", sender="(415) 555-0123")

    contact = Contact.objects.get(account=account)
    conversation = Conversation.objects.get(account=account, contact_id=contact.id)
    assert (contact.phone, contact.origin) == (PHONE, "Wrote by SMS")
    assert (conversation.unread, conversation.last_line, conversation.state) == (
        1,
        "Is my bike ready?",
        "open",
    )
    assert (taken.new, taken.conversation_id) == (True, conversation.id)


def test_the_same_provider_message_delivered_twice_counts_once(account, connection):
    first = write(connection, "Hello", event_id="twice")
    second = write(connection, "Hello", event_id="twice")

    assert (first.new, second.new) == (True, False)
    assert Message.objects.count() == Conversation.objects.get().unread == 1


def test_a_new_message_opens_a_closed_conversation(account, connection):
    write(connection, "Hello")
    Conversation.objects.update(state="closed", unread=0)

    write(connection, "Are you there?")

    assert Conversation.objects.values_list("state", "unread").get() == ("open", 1)


def test_a_stop_by_sms_ends_the_carriers_three_with_the_message_as_evidence_and_one_confirmation(
    account, connection
):
    taken = write(connection, "Stop please!", event_id="m-1")

    entry = Entry.objects.get(account=account, channel="sms")
    assert standings(account) == {
        "sms": "unsubscribed",
        "mms": "unsubscribed",
        "rcs": "unsubscribed",
        "whatsapp": "subscribed",
    }
    assert (entry.source, entry.actor_kind, entry.actor_name) == ("keyword", "person", PHONE)
    assert (entry.evidence["text"], entry.evidence["provider_message"]) == ("Stop please!", "m-1")
    assert entry.message_id == taken.message_id
    assert answers(account) == [("opt_out_confirmation", "You are out.")]
    assert Message.objects.get(kind="opt_out_confirmation").caused_by == entry.id


def test_a_repeated_stop_is_kept_and_sends_nothing_more(account, connection):
    write(connection, "STOP")
    write(connection, "STOP!!!")

    assert len(answers(account)) == 1
    assert Entry.objects.count() == 3
    assert Message.objects.filter(kind="inbound").count() == 2


def test_a_redelivered_stop_is_applied_once(account, connection):
    assert write(connection, "STOP", event_id="again").new
    assert not write(connection, "STOP", event_id="again").new

    assert (len(answers(account)), Entry.objects.count()) == (1, 3)


@pytest.mark.django_db(transaction=True)
def test_a_stop_delivered_again_behind_a_start_changes_nothing():
    connection = make.connection(make.account())
    stop = make.received("STOP", sender=PHONE)
    receive.take(connection, stop)
    write(connection, "START")

    again = receive.take(connection, stop)

    assert (again.new, again.applied) == (False, True)
    assert standings(connection.account)["sms"] == "subscribed"
    assert Entry.objects.count() == 6


def test_a_stop_on_whatsapp_ends_whatsapp_alone(account, connection):
    write(connection, "STOP", channel="whatsapp")

    assert {channel for channel, standing in standings(account).items() if standing == "unsubscribed"} == {
        "whatsapp"
    }


def test_an_account_can_let_a_stop_end_every_channel(account, connection):
    account.stop_everything = True
    account.save()
    contact = make.contact(account, phone=PHONE, email="ada@example.com")

    write(connection, "STOP", channel="whatsapp")

    found = subscription.of(account.id, contact.channels)
    assert {row.standing for row in found.values()} == {"unsubscribed"}
    assert len(answers(account)) == 1


def test_start_resumes_what_it_was_written_on_and_says_so_once(account, connection):
    write(connection, "STOP")
    write(connection, "START")
    write(connection, "START")

    assert set(standings(account).values()) == {"subscribed"}
    assert [kind for kind, _ in answers(account)] == ["opt_out_confirmation", "opt_in_confirmation"]


def test_start_by_whatsapp_does_not_lift_a_stop_by_sms(account, connection):
    write(connection, "STOP")
    write(connection, "START", channel="whatsapp")

    assert standings(account)["sms"] == "unsubscribed"


def test_yes_is_an_ordinary_answer_until_somebody_is_unsubscribed(account, connection):
    assert write(connection, "YES").intent is Intent.NONE
    write(connection, "STOP")

    assert write(connection, "YES").intent is Intent.OPT_IN
    assert standings(account)["sms"] == "subscribed"


def test_an_ordinary_message_never_lifts_a_stop(account, connection):
    write(connection, "STOP")
    write(connection, "Thanks, when do you open tomorrow?")

    assert standings(account)["sms"] == "unsubscribed"


def test_help_is_answered_with_the_accounts_text(account, connection):
    write(connection, "HELP")

    assert answers(account) == [("help", "We fix bikes.")]


def test_a_keyword_inside_another_meaning_is_an_ordinary_message(account, connection):
    for text in ("bus stop at 5?", "don't stop", "restart my order", "can you cancel my appointment"):
        write(connection, text)

    assert Entry.objects.count() == 0
    assert answers(account) == []


def test_what_may_be_an_opt_out_is_flagged_and_holds_automated_messages(account, connection):
    taken = write(connection, "leave me alone")

    row = subscription.of(account.id, [("sms", PHONE)])[("sms", PHONE)]
    assert taken.intent is Intent.UNSURE
    assert Message.objects.get(id=taken.message_id).looks_like_opt_out is True
    assert (row.standing, row.held_message_id) == ("subscribed", taken.message_id)
    assert Conversation.objects.get().unclear == 1


def test_the_accounts_own_words_are_read_too(account, connection):
    account.opt_out_words = ["no bikes"]
    account.save()

    assert write(connection, "No bikes!").intent is Intent.OPT_OUT


def test_a_stop_from_a_deleted_contact_stays_after_it_comes_back(account, connection):
    write(connection, "STOP")
    Contact.objects.all().delete()

    write(connection, "Hello again")

    assert standings(account)["sms"] == "unsubscribed"


def test_another_accounts_connection_changes_nothing_here(account, connection):
    elsewhere = make.connection(make.account("Elsewhere"))

    write(elsewhere, "STOP")

    assert set(standings(account).values()) == {"subscribed"}
    assert Contact.objects.filter(account=account).count() == 0


def report(connection, provider_id, state):
    event = {"states": [{"id": f"{provider_id}:{state}", "message": provider_id, "state": state}]}
    stored.progress(connection, [Progress(f"{provider_id}:{state}", provider_id, MessageState(state), event)])


def sent(connection, provider_id="p-1"):
    taken = write(connection, "HELP")
    message = Message.objects.get(kind="help", conversation_id=taken.conversation_id)
    Message.objects.filter(id=message.id).update(state="sent", provider_id=provider_id)
    return message


@pytest.mark.parametrize(
    ("reports", "state"),
    [
        (["delivered", "read"], "read"),
        (["read", "delivered"], "read"),
        (["delivered", "sent"], "delivered"),
        (["failed"], "failed"),
        (["delivered", "failed"], "delivered"),
        (["failed", "delivered"], "failed"),
    ],
)
def test_a_delivery_state_only_moves_forward_whatever_the_order(account, connection, reports, state):
    message = sent(connection)

    for each in reports:
        report(connection, "p-1", each)

    assert Message.objects.get(id=message.id).state == state


def test_a_report_that_overtakes_its_message_is_kept_and_applied_later(account, connection, monkeypatch):
    report(connection, "p-9", "delivered")
    message = sent(connection, "p-9")
    InboundEvent.objects.filter(applied_at=None).update(received_at="2026-01-01T00:00:00Z")

    stored.apply()

    assert Message.objects.get(id=message.id).state == "delivered"
    assert not InboundEvent.objects.filter(applied_at=None).exists()


def test_a_report_for_no_message_of_ours_is_given_up_with_a_reason(account, connection):
    report(connection, "p-never", "delivered")
    InboundEvent.objects.update(received_at="2026-01-01T00:00:00Z")

    stored.apply()

    assert InboundEvent.objects.get().problem == "No message has this provider id."


@pytest.mark.django_db(transaction=True)
def test_a_stop_that_was_stored_before_its_process_died_is_applied_by_the_worker():
    connection = make.connection(make.account())
    event = make.received("STOP", sender=PHONE)
    receive._store(receive._arrival(connection, event))
    InboundEvent.objects.update(received_at="2026-01-01T00:00:00Z")

    assert stored.apply() == 1

    assert standings(connection.account)["sms"] == "unsubscribed"


def test_what_a_person_wrote_is_never_given_up(connection, monkeypatch):
    receive._store(receive._arrival(connection, make.received("STOP", sender=PHONE)))
    InboundEvent.objects.update(received_at="2026-01-01T00:00:00Z")
    monkeypatch.setattr(receive, "again", lambda *_: 1 / 0)

    assert stored.apply() == 0
    assert InboundEvent.objects.get().applied_at is None


def test_an_applied_event_keeps_nothing_of_what_was_said(connection):
    write(connection, "STOP")
    write(connection, "Hello")

    assert [event.body for event in InboundEvent.objects.all()] == [{}, {}]


@pytest.mark.django_db(transaction=True)
def test_a_stop_sent_again_after_its_process_died_is_in_force_before_it_is_acknowledged():
    connection = make.connection(make.account())
    event = make.received("STOP", sender=PHONE)
    receive._store(receive._arrival(connection, event))

    taken = receive.take(connection, event)

    assert (taken.new, taken.applied) == (False, True)
    assert standings(connection.account)["sms"] == "unsubscribed"


@pytest.mark.django_db(transaction=True)
def test_the_same_stop_delivered_many_times_at_once_counts_once():
    connection = make.connection(make.account())
    event = make.received("STOP", sender=PHONE)
    start = threading.Barrier(6)

    def deliver():
        start.wait(5)
        receive.take(connection, event)
        database.close()

    threads = [threading.Thread(target=deliver) for _ in range(6)]
    [each.start() for each in threads]
    [each.join(20) for each in threads]

    assert Entry.objects.count() == 3
    assert Message.objects.filter(kind="opt_out_confirmation").count() == 1
    assert Message.objects.filter(kind="inbound").count() == Contact.objects.count() == 1


@pytest.mark.parametrize(
    "row",
    [
        "consent_subscription FOR SHARE",  # by a hand-off that hangs
        "inbox_conversation FOR UPDATE",  # met when the standing has been changed, which is taken back
        "contacts_contact FOR UPDATE",
    ],
)
@pytest.mark.django_db(transaction=True)
def test_a_stop_that_has_to_wait_is_recorded_and_applied_when_the_lock_is_free(monkeypatch, row):
    connection = make.connection(make.account())
    monkeypatch.setattr(receive, "LOCK_WAIT", "200ms")
    write(connection, "Hello")
    subscription.hold(connection.account_id, [("sms", PHONE)], connection.id)
    held, let_go = threading.Event(), threading.Event()

    def hold():
        with database.cursor() as cursor:
            cursor.execute(f"BEGIN; SELECT 1 FROM {row}")
            held.set()
            let_go.wait(10)
            cursor.execute("COMMIT")
        database.close()

    worker = threading.Thread(target=hold)
    worker.start()
    held.wait(5)
    waiting = write(connection, "STOP")
    meanwhile = Entry.objects.count()
    let_go.set()
    worker.join(5)
    InboundEvent.objects.update(received_at="2026-01-01T00:00:00Z")
    stored.apply()

    assert (waiting.new, waiting.applied, meanwhile) == (True, False, 0)
    assert standings(connection.account)["sms"] == "unsubscribed"


@pytest.mark.django_db(transaction=True)
def test_a_stop_that_waits_for_a_hand_off_keeps_nobody_from_the_conversation():
    connection = make.connection(make.account())
    write(connection, "Hello")
    subscription.hold(connection.account_id, [("sms", PHONE)], connection.id)
    with hands() as hand_off, hands() as agent:
        hand_off.execute("BEGIN; SELECT 1 FROM consent_subscription FOR SHARE")
        stopping = threading.Thread(target=lambda: (write(connection, "STOP"), database.close()))
        stopping.start()
        wait_until(lambda: agent.execute(WAITING).fetchone() == (1,))

        locked = agent.execute("SELECT 1 FROM inbox_conversation FOR UPDATE NOWAIT").fetchall()
        wrote = write(connection, "please!!")

        hand_off.execute("COMMIT")
        stopping.join(10)
    assert (len(locked), wrote.applied) == (1, True)
    assert standings(connection.account)["sms"] == "unsubscribed"


@contextlib.contextmanager
def hands():
    """A session of its own with the test's database."""
    with psycopg.connect(
        **database.get_connection_params() | {"cursor_factory": psycopg.Cursor}, autocommit=True
    ) as own:
        yield own


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.django_db(transaction=True)
def test_a_stop_that_meets_nobody_is_not_stored_first(monkeypatch, known):
    """By somebody who is known it is one look-up and one statement, which commits by itself."""
    connection = make.connection(make.account())
    if known:
        make.contact(connection.account, phone=PHONE)
    monkeypatch.setattr(receive, "_store", lambda _: pytest.fail("stored before it had to wait"))
    run, rows = [], receive.sql.rows
    monkeypatch.setattr(
        receive.sql, "rows", lambda query, *given, **how: run.append(query) or rows(query, *given, **how)
    )

    taken = write(connection, "STOP")

    assert (taken.new, taken.applied) == (True, True)
    assert standings(connection.account)["sms"] == "unsubscribed"
    assert InboundEvent.objects.get().applied_at
    assert not known or run == [queries.PERSON, queries.STOP]


@pytest.mark.django_db(transaction=True)
def test_a_stop_by_somebody_whose_contact_goes_meanwhile_makes_it_anew(monkeypatch):
    connection = make.connection(make.account())
    contact = make.contact(connection.account, phone=PHONE)
    known, gone = receive._known, [contact, contact]  # found at once, and behind the stored event
    monkeypatch.setattr(receive, "_known", lambda arrival: gone.pop() if gone else known(arrival))
    Contact.objects.filter(id=contact.id).delete()

    taken = write(connection, "STOP")

    assert (gone, taken.new, taken.applied) == ([], True, True)
    assert standings(connection.account)["sms"] == "unsubscribed"
    assert Message.objects.get(kind="inbound").contact_id == Contact.objects.get().id != contact.id


@pytest.mark.django_db(transaction=True)
def test_a_stop_that_fails_half_way_leaves_nothing_but_the_stored_event(monkeypatch):
    """And is in force all the same where a second try succeeds."""
    connection = make.connection(make.account())
    owed, tries = receive.queue.owed, []

    def fails_once(*given):
        tries.append(Entry.objects.count())
        answer = owed(*given)
        return (
            {**answer, "answer_kind": None} if len(tries) == 1 else answer
        )  # the last part can't be written

    monkeypatch.setattr(receive.queue, "owed", fails_once)

    taken = write(connection, "STOP")

    assert (taken.new, taken.applied) == (True, True)
    assert tries == [0, 0] and Entry.objects.count() == 3, "what the first had written was taken back"
    assert Message.objects.filter(kind="inbound").count() == 1
