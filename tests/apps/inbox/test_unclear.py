"""Messages that look like an opt-out: a person decides, and automated messages wait until then."""

import pytest

from stopline.apps.consent import subscription
from stopline.apps.consent.models import Entry
from stopline.apps.inbox import receive, unclear
from stopline.apps.inbox.models import Conversation
from stopline.apps.sending.models import Message
from stopline.rules.errors import Conflict, NotAllowed
from tests import make

pytestmark = pytest.mark.django_db
UNSURE = "I never signed up for this, how did you get my number"


@pytest.fixture
def account():
    return make.account()


@pytest.fixture
def ana(account):
    return make.member(account, "admin")


@pytest.fixture
def ben(account):
    return make.member(account, "agent")


@pytest.fixture
def message(account):
    return write(make.connection(account))


def write(connection, text=UNSURE, sender="+14155550123"):
    taken = receive.take(connection, make.received(text, sender=sender))
    return Message.objects.get(account=connection.account, id=taken.message_id)


def held(message):
    row = subscription.of(message.account_id, [("sms", message.address)])["sms", message.address]
    return row.standing, row.held_message_id is not None


def waiting(message):
    return Conversation.objects.get(account_id=message.account_id, id=message.conversation_id).unclear


def test_it_waits_for_a_decision(message):
    assert message.looks_like_opt_out
    assert (held(message), waiting(message)) == (("subscribed", True), 1)


def test_an_admin_unsubscribes_what_a_stop_would_have_with_the_message_as_evidence(message, ana):
    changes = unclear.unsubscribe(ana, message)

    entry = Entry.objects.filter(account=ana.account, channel="sms").get()
    assert {change.channel for change in changes} == {"sms", "mms", "rcs"}
    assert (entry.source, entry.actor_name, entry.message_id) == ("admin", "Ana Ruiz", message.id)
    assert entry.evidence["text"] == UNSURE
    assert (held(message), waiting(message), message.looks_like_opt_out) == (
        ("unsubscribed", False),
        0,
        False,
    )


def test_an_agent_may_dismiss_but_not_unsubscribe(message, ana, ben):
    with pytest.raises(NotAllowed, match=r"Only admins can unsubscribe contacts\. Ask Ana Ruiz"):
        unclear.unsubscribe(ben, message)
    assert held(message) == ("subscribed", True)

    unclear.dismiss(ben, message)

    assert (held(message), waiting(message)) == (("subscribed", False), 0)
    assert message.decided_by_id == ben.id and not Entry.objects.filter(account=ben.account).exists()


def test_a_second_one_goes_on_holding_when_the_first_is_dismissed(account, message, ben):
    second = write(message.connection)

    unclear.dismiss(ben, message)
    assert (held(message), waiting(message)) == (("subscribed", True), 1)

    unclear.dismiss(ben, second)
    assert (held(message), waiting(message)) == (("subscribed", False), 0)


def test_unsubscribing_settles_every_one_of_them(account, message, ana):
    write(message.connection)

    unclear.unsubscribe(ana, message)

    assert waiting(message) == 0
    assert not Message.objects.filter(account=account, looks_like_opt_out=True).exists()


def test_it_is_decided_once(message, ana, ben):
    unclear.dismiss(ben, message)

    with pytest.raises(Conflict, match="Somebody has decided"):
        unclear.unsubscribe(ana, message)
    assert held(message) == ("subscribed", False)
