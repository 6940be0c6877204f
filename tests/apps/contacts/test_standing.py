"""Unsubscribing and resubscribing contacts by hand."""

import pytest

from stopline.apps.consent import subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.consent.models import Entry
from stopline.apps.contacts import standing
from stopline.rules.errors import InvalidInput, NotAllowed
from stopline.rules.lasting import still_refused
from stopline.rules.words import Channel, Source
from tests import make

pytestmark = pytest.mark.django_db
PROOF = {"text": "Called on 3 May and asked for it."}


@pytest.fixture
def account():
    return make.account()


@pytest.fixture
def admin(account):
    return Actor.member(make.member(account, "admin"))


def test_only_the_channels_named_change(account, admin):
    ada = make.contact(account, email="ada@example.org")

    standing.unsubscribe(account.id, [ada], ["sms", "email"], actor=admin)

    gone = {each.channel for each in standing.of(account.id, [ada])[ada.id] if each.unsubscribed}
    assert gone == {"sms", "email"}


def test_each_entry_knows_whose_it_is(account, admin):
    ada, ben = make.contact(account, "Ada"), make.contact(account, "Ben")

    standing.unsubscribe(account.id, [ada, ben], ["sms"], actor=admin, reason=" by phone ")

    entries = Entry.objects.filter(account=account).values_list("address", "contact_id", "reason")
    assert set(entries) == {(ada.phone, ada.id, "by phone"), (ben.phone, ben.id, "by phone")}


@pytest.mark.parametrize("channels", [[], ["fax"], ["sms", "chat"]])
def test_a_channel_must_be_named(account, admin, channels):
    with pytest.raises(InvalidInput, match="Choose at least one channel"):
        standing.unsubscribe(account.id, [make.contact(account)], channels, actor=admin)


def test_agents_change_nothing_and_are_told_whom_to_ask(account, admin):
    agent, ada = Actor.member(make.member(account, "agent")), make.contact(account, sms="unsubscribed")

    with pytest.raises(NotAllowed, match=r"Only admins can unsubscribe contacts\. Ask Ana Ruiz"):
        standing.unsubscribe(account.id, [ada], ["mms"], actor=agent)
    with pytest.raises(NotAllowed, match=r"Only admins can resubscribe contacts\. Ask Ana Ruiz"):
        standing.resubscribe(account.id, [ada], ["sms"], actor=agent, reason="asked", evidence=PROOF)


def test_resubscribing_keeps_reason_and_evidence(account, admin):
    ada = make.contact(account, sms="unsubscribed")

    changes = standing.resubscribe(account.id, [ada], ["sms"], actor=admin, reason="asked", evidence=PROOF)

    entry = Entry.objects.get(account=account, id=changes[0].entry_id)
    assert (entry.reason, entry.evidence, entry.contact_id) == ("asked", PROOF, ada.id)
    assert not any(
        row.standing == "unsubscribed" for row in subscription.of(account.id, ada.channels).values()
    )


@pytest.mark.parametrize(
    ("channel", "source", "what"),
    [
        (Channel.SMS, Source.KEYWORD, "text START"),
        (Channel.RCS, Source.PROVIDER, "text START"),
        (Channel.WHATSAPP, Source.KEYWORD, "resume your messages in WhatsApp"),
        (Channel.EMAIL, Source.COMPLAINT, "reported a message as spam"),
        (Channel.EMAIL, Source.BOUNCE, "working one"),
        (Channel.SMS, Source.ADMIN, ""),
        (Channel.EMAIL, Source.KEYWORD, ""),
        (Channel.SMS, Source.IMPORT, ""),
    ],
)
def test_where_the_provider_keeps_refusing_it_is_said(channel, source, what):
    said = still_refused(channel, source)

    assert what in said and bool(said) == bool(what)
