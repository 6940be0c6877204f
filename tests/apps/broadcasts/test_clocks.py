"""A host whose clock is a day off: what is due is decided by the database's clock, so it delays and hurries nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from stopline.apps.broadcasts import broadcast as broadcasts
from stopline.apps.broadcasts import running, writing
from stopline.apps.broadcasts.models import Broadcast
from stopline.apps.inbox import receive, stored
from stopline.apps.sending.models import Connection, InboundEvent, Message, Stream
from stopline.providers.base import Progress
from stopline.rules.words import MessageState
from tests import make
from tests.apps.broadcasts.conftest import draft, fresh, in_worker, sent

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture(params=[DAY, -DAY], ids=["ahead", "behind"])
def skewed(request, monkeypatch):
    """Sets this host's clock wrong, when it is called."""
    right = timezone.now
    return lambda: monkeypatch.setattr(timezone, "now", lambda: right() + request.param)


def claimed(claim="claim_stream"):
    return [each.id for each in in_worker(lambda handover: getattr(handover, claim)())]


def test_a_broadcast_that_is_written_there_leaves_at_once(account, admin, skewed):
    make.contact(account)
    skewed()

    sent(admin)

    assert len(claimed()) == 1


def test_the_confirmation_of_a_stop_leaves_at_once(account, skewed):
    skewed()

    receive.take(Connection.objects.get(), make.received("STOP", sender=make.contact(account).phone))

    assert len(claimed("claim")) == 1


def test_an_answer_leaves_at_once(account, skewed):
    skewed()

    receive.take(Connection.objects.get(), make.received("HELP", sender=make.contact(account).phone))

    assert len(claimed("claim")) == 1


def test_one_that_is_scheduled_begins_when_it_is_due_and_not_before(account, admin, skewed):
    make.contact(account)
    soon, past = draft(admin), draft(admin)
    hour = timedelta(hours=1)
    for each, starts_at in ((soon, timezone.now() + hour), (past, timezone.now() + hour)):
        broadcasts.change(each, starts_at=starts_at)
        broadcasts.send(admin, each)
    Broadcast.objects.filter(id=past.id).update(starts_at=timezone.now() - hour)
    skewed()

    running.begin_due()

    assert (fresh(soon).state, fresh(past).state) == ("scheduled", "sending")
    writing.run(account.id, past.id)
    assert len(claimed()) == 1


def test_a_stream_that_was_stopped_goes_on_at_once(account, admin, skewed):
    make.contact(account)
    broadcast = sent(admin)
    Message.objects.update(state="unknown")
    running.look()
    skewed()

    broadcasts.retry_unknown(admin, fresh(broadcast))

    assert Stream.objects.get().state == "running"
    assert len(claimed()) == 1


def test_no_broadcast_is_taken_for_lost(account, admin, skewed):
    make.contact(account)
    broadcast = draft(admin)
    broadcasts.send(admin, broadcast)
    asked = fresh(broadcast).progress_at
    skewed()

    writing.resume_lost()

    assert fresh(broadcast).progress_at == asked


def test_no_report_is_given_up_that_may_still_find_its_message(account, skewed, monkeypatch):
    monkeypatch.setattr(stored, "SETTLE", timedelta())
    skewed()
    told = {"states": [{"id": "r-1", "message": "p-9", "state": "delivered"}]}
    stored.progress(Connection.objects.get(), [Progress("r-1", "p-9", MessageState.DELIVERED, told)])

    stored.apply()

    assert InboundEvent.objects.get().applied_at is None


def test_a_stop_that_had_to_be_stored_there_is_applied_as_soon_as_any(account, skewed, monkeypatch):
    monkeypatch.setattr(stored, "SETTLE", timedelta())
    contact = make.contact(account)
    skewed()
    receive._store(receive._arrival(Connection.objects.get(), make.received("STOP", sender=contact.phone)))

    assert stored.apply() == 1
