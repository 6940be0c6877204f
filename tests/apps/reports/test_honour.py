"""How long opt-outs took, and what would be seen if anything were handed over behind one."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from stopline.apps.consent import erasure, subscription
from stopline.apps.consent.models import Entry
from stopline.apps.inbox import receive
from stopline.apps.reports import honour
from stopline.apps.sending.models import InboundEvent, Message
from stopline.rules.words import MessageKind, MessageState, Source
from tests import make
from tests.apps.reports.made import NOON, asked, message, rows, stop

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def account():
    made = make.account()
    make.connection(made)
    return made


def section(account):
    """Of yesterday and today: just after midnight some of what a test made lies there."""
    today = timezone.now().date()
    return honour.section(asked(account, str(today - timedelta(days=1)), str(today)))


def writes(account, text="STOP"):
    """Somebody sends `text`; their contact."""
    contact = make.contact(account)
    receive.take(account.connections.get(), make.received(text, sender=contact.phone))
    return contact


def behind(account):
    return next(each for each in section(account).figures if each.label == "Hand-offs after an opt-out")


def test_an_opt_out_is_timed_from_its_arrival_however_often_it_was_tried(account):
    for _ in range(3):
        writes(account)
    first = InboundEvent.objects.order_by("event_id").first()
    InboundEvent.objects.filter(event_id=first.event_id).update(received_at=F("received_at") - 8 * SECOND)

    found = section(account)

    half, most, longest = (figure.value for figure in found.figures[:3])
    assert half < 2
    assert 7 < most <= longest
    assert 8 <= longest < 12
    # One STOP by SMS is three opt-outs: one to the carrier, who keeps it for MMS and RCS too.
    assert rows(found, "opt-outs-by-channel")["All channels"] == [9, half, most, longest]
    assert rows(found, "opt-outs-by-channel")["SMS"][3] == longest
    assert max(found.charts[0].values) == longest


def test_what_was_told_of_late_is_timed_from_when_we_were_told(account):
    ada = make.contact(account)
    stop(ada, timezone.now() - timedelta(hours=2), source=Source.PROVIDER)

    assert section(account).figures[2].value < 2


def test_an_erased_opt_out_keeps_its_time(account):
    ada = writes(account)
    erasure.forget(account.id, [ada.phone])

    assert section(account).figures[2].value < 2


def test_what_nobody_asked_for_is_no_opt_out(account):
    for source in (Source.IMPORT, Source.BOUNCE, Source.ERASED, Source.ADDRESS_CHANGED):
        stop(make.contact(account), source=source)

    found = section(account)

    assert [figure.value for figure in found.figures] == [None, None, None, 0]
    assert rows(found, "hand-offs-after-opt-outs")["SMS"][:2] == [4, 0]


def test_nothing_behind_an_opt_out_is_nought_and_good(account):
    ada = writes(account)
    entry = Entry.objects.get(account=account, channel="sms", address=ada.phone)
    message(ada, entry.recorded_at - 3 * SECOND)

    found = behind(account)

    assert (found.value, found.good) == (0, True)
    [number, after, nearest] = rows(section(account), "hand-offs-after-opt-outs")["SMS"]
    assert (number, after) == (1, 0)
    assert nearest == pytest.approx(3, abs=0.01)


@pytest.mark.parametrize("state", ["sent", "delivered", "read", "failed", "unknown"])
def test_a_hand_off_behind_an_opt_out_is_seen_whatever_came_of_it(account, state):
    ada = writes(account)
    late = message(ada, state=state)
    entry = Entry.objects.get(account=account, channel="sms", address=ada.phone)
    Message.objects.filter(id=late.id).update(checked_at=entry.recorded_at + SECOND)

    assert behind(account).value == 0  # written before the days that are looked at
    Message.objects.filter(id=late.id).update(id=subscription.uuid7())

    found = behind(account)
    assert (found.value, found.good) == (1, False)


def test_a_hand_off_whose_moment_is_lost_is_told_by_when_it_was_written(account):
    ada = writes(account)
    message(ada, timezone.now() + SECOND, checked_at=None)

    assert behind(account).value == 1


def test_what_is_owed_and_what_was_refused_or_came_in_is_no_hand_off_behind_it(account):
    ada = writes(account)
    later = timezone.now() + SECOND
    entry = Entry.objects.get(account=account, channel="sms", address=ada.phone)
    Message.objects.filter(kind=MessageKind.OPT_OUT_CONFIRMATION, caused_by=entry.id).update(
        state=MessageState.DELIVERED, checked_at=later
    )
    message(ada, later, kind=MessageKind.HELP)
    message(ada, later, kind=MessageKind.INBOUND)
    message(ada, later, state=MessageState.REFUSED)
    message(ada, later, channel="whatsapp")

    assert behind(account).value == 0


def test_what_leaves_after_the_person_came_back_is_not_behind_the_opt_out(account):
    ada = writes(account)
    receive.take(account.connections.get(), make.received("START", sender=ada.phone))
    message(ada, timezone.now() + SECOND)

    assert behind(account).value == 0

    stop(ada)
    message(ada, timezone.now() + 2 * SECOND)
    assert behind(account).value == 2


def test_another_account_with_the_same_person_is_another_matter(account):
    ada = writes(account)
    elsewhere = make.contact(make.account("Elsewhere"), phone=ada.phone)
    message(elsewhere, timezone.now() + SECOND)

    assert behind(account).value == 0
    assert section(elsewhere.account).figures[3].note == "0 unsubscribes looked at"


def test_opt_outs_before_the_range_are_not_timed(account):
    stop(make.contact(account), NOON)

    assert section(account).figures[2].note == "of 0 opt-outs"
