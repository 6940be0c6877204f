"""Once in a lifetime, on each channel, to somebody who subscribes by themselves."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from stopline.apps.automations import automation as verbs
from stopline.apps.automations.models import Run
from stopline.apps.consent import links, subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.contacts import lists
from stopline.apps.contacts.models import Contact
from stopline.apps.inbox import automatic
from stopline.apps.sending.models import Message
from stopline.rules.words import Channel, Source
from tests import make
from tests.apps.automations.conftest import PHONE

pytestmark = pytest.mark.django_db
RIDE, WELCOME, RESUMED = (
    ("automation", "See you on Saturday."),
    ("automation", "Welcome!"),
    ("opt_in_confirmation", "You are in."),
)


def test_a_stranger_who_writes_start_is_welcomed(admin, write, answers):
    make.automation(admin, "welcome")

    write("START")

    assert answers() == [WELCOME]


def test_somebody_who_comes_back_is_confirmed_and_then_welcomed_once_in_a_lifetime(
    admin, write, answers, monkeypatch
):
    made = make.automation(admin, "welcome")
    write("STOP")
    write("START")
    assert answers()[1:] == [RESUMED, WELCOME]

    verbs.remove(admin, made.id)
    make.automation(admin, "welcome")
    in_a_year = datetime.now(UTC) + timedelta(days=400)
    monkeypatch.setattr(timezone, "now", lambda: in_a_year)
    write("STOP")
    write("START", event_id="second")
    write("START", event_id="second")

    assert [kind for kind, _ in answers()].count("automation") == 1


def test_an_ordinary_message_welcomes_nobody(admin, write, answers):
    make.automation(admin, "welcome")

    write("Hello, do you mend wheels?")

    assert answers() == []


def test_each_channel_has_a_welcome_of_its_own(admin, write, answers):
    make.automation(admin, "welcome", channels=["sms", "whatsapp"])

    write("START")
    write("START", channel="whatsapp")

    assert answers() == [WELCOME, WELCOME]


def test_the_answer_of_a_keyword_that_joins_a_list_is_the_welcome(account, admin, write, answers):
    make.automation(admin, "welcome")
    make.automation(admin, list_id=lists.create(account, "Saturday ride").id)
    make.automation(admin, words=["hours"], text="Nine to five.")

    write("hours")
    assert not Run.objects.get().welcome
    write("ride")
    write("START")

    assert answers() == [("automation", "Nine to five."), RIDE]


def held_link(account, channel=Channel.SMS, address=PHONE):
    found = links.held(links.token(account.id, channel, address))
    assert found
    return found


def test_resubscribing_on_the_preference_page_welcomes_on_one_channel(account, admin, write, answers):
    make.automation(admin, "welcome", channels=["sms", "mms", "whatsapp"])
    write("STOP")
    write("STOP", channel="whatsapp")

    for _ in range(2):
        automatic.resubscribe(held_link(account), "all", {"how": "Their preference page"})

    assert [text for kind, text in answers() if kind == "automation"] == ["Welcome!"]
    assert Message.objects.get(kind="automation").channel == "sms"


def test_who_lost_their_contact_resubscribes_without_a_welcome(account, admin, write):
    make.automation(admin, "welcome")
    write("STOP")
    Contact.objects.all().delete()

    done = automatic.resubscribe(held_link(account), "all", {"how": "Their preference page"})

    assert {line.channel for line in done.changed} == {"sms", "mms", "rcs"}
    assert not Message.objects.filter(kind="automation").exists()


def test_an_admin_who_resubscribes_somebody_welcomes_nobody(account, admin, write):
    make.automation(admin, "welcome")
    write("STOP")

    subscription.resubscribe(
        account.id,
        [("sms", PHONE)],
        source=Source.ADMIN,
        actor=Actor.member(admin),
        reason="asked",
        evidence={"text": "By telephone"},
    )

    assert not Message.objects.filter(kind="automation").exists()
