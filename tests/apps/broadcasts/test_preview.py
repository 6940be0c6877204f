"""Before it is sent: what each contact will get, what it will cost, and a test of it."""

import pytest

from stopline.apps.accounts.models import Account
from stopline.apps.broadcasts import audience, composing, cost, preview, testing
from stopline.apps.consent import links
from stopline.apps.consent.models import PreferencePage
from stopline.apps.contacts.models import Contact
from stopline.apps.sending.models import Message, SendingRules
from stopline.rules.errors import InvalidInput
from tests import make
from tests.apps.broadcasts.conftest import draft, hand_over, sent

pytestmark = pytest.mark.django_db(transaction=True)


def costs(broadcast):
    return cost.of(broadcast, composing.contents(broadcast), audience.reach(broadcast))


def said(broadcast, contact):
    contact.account = broadcast.account
    return preview.of(broadcast, composing.contents(broadcast), contact)


def test_what_is_shown_is_what_is_sent(account, admin, provider):
    SendingRules.objects.create(account=account, keeps_hours=False)
    ada = make.contact(account, "Ada")
    text = "Hello {{ first_name }} of {{ account_name }}"
    shown = said(draft(admin, text, purpose="marketing"), ada)

    sent(admin, text, purpose="marketing")
    hand_over()

    assert [body["text"] for body in provider.got] == [shown[0].text]


def test_a_short_link_is_shown_as_long_as_it_will_be_and_opens_nothing(account, admin):
    PreferencePage.objects.create(account=account, link_in_texts=True)
    ada = make.contact(account, "Ada")

    [shown] = said(draft(admin, purpose="marketing"), ada)

    assert shown.text.endswith(links.sample_url())
    assert len(links.sample_url()) == len(links.short_url(account.id, "sms", ada.phone))
    assert links.held(links.SAMPLE) is None


def test_only_the_first_free_channel_is_taken_unless_all_are_wanted(account, admin):
    ada = make.contact(account, "Ada", email="ada@example.com", rcs="unsubscribed")
    channels = ("rcs", "sms", "email")

    first = said(draft(admin, channels=channels), ada)
    every = said(draft(admin, channels=channels, pick="all"), ada)

    assert [(each.why, each.spare) for each in first] == [
        ("unsubscribed", False),
        (None, False),
        (None, True),
    ]
    assert [each.spare for each in every] == [False, False, False]


def test_one_person_whose_fields_fit_no_text_is_told_and_costs_nothing(account, admin):
    ada = make.contact(account, "Ada")
    broken = draft(admin, "{% if first_name > 5 %}yes{% endif %}")

    [shown] = said(broken, ada)

    assert "a number and a word are compared" in shown.problem
    assert [each.segments for each in costs(broken)] == [0]


def test_the_cost_is_exact_for_few_and_about_right_for_many(account, admin, monkeypatch):
    for _ in range(40):
        make.contact(account, "Ada")
    make.contact(account, "Zoë", sms="unsubscribed")
    broadcast = draft(admin, "Hello {{ first_name }}" + "x" * 160)

    [exact] = costs(broadcast)
    monkeypatch.setattr(cost, "COUNTED", 10)
    [estimated] = costs(broadcast)

    assert (exact.messages, exact.segments, exact.longest, exact.exact) == (40, 80, 2, True)
    assert (estimated.segments, estimated.exact) == (80, False)
    assert costs(broadcast) == [estimated]  # the same sample each time


def test_what_is_not_counted_in_segments_costs_none(account, admin):
    make.contact(account, "Ada", email="ada@example.com")

    assert costs(draft(admin, channels=["email"])) == []


def test_a_test_to_somebody_who_said_stop_is_refused_by_the_gate(account, admin, provider):
    ada = make.contact(account, "Ada")
    stopped = make.contact(account, "Bo", sms="unsubscribed")
    broadcast = draft(admin)

    testing.send(admin, broadcast, "sms", stopped.phone, ada)
    testing.send(admin, broadcast, "sms", ada.phone, ada)
    assert hand_over(claim="claim") == [2]

    assert [(body["to"], body["text"]) for body in provider.got] == [(ada.phone, "Hello Ada")]
    refused = Message.objects.get(contact_id=stopped.id)
    assert (refused.state, refused.refusal) == ("refused", "unsubscribed")


def test_a_test_makes_a_contact_of_a_new_address_of_its_own_account_only(account, admin):
    other: Account = make.account("Other")
    theirs = make.contact(other, phone="+15005550199")
    ada = make.contact(account, "Ada")

    testing.send(admin, draft(admin), "sms", "+15005550199", ada)

    assert Contact.objects.filter(phone="+15005550199").count() == 2
    assert not Message.objects.filter(account_id=theirs.account_id).exists()


@pytest.mark.parametrize("channel", ["email", "fax"])
def test_a_test_goes_by_the_broadcasts_channels_only(account, admin, channel):
    ada = make.contact(account, "Ada")

    with pytest.raises(InvalidInput, match="doesn't go out by"):
        testing.send(admin, draft(admin), channel, "ada@example.com", ada)
