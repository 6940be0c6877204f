"""What an account may answer by itself, and who says so."""

from datetime import time

import pytest
from django.db import IntegrityError, transaction

from stopline.apps.accounts.models import Account
from stopline.apps.automations import automation as verbs
from stopline.apps.automations import keywords
from stopline.apps.automations.models import Automation, Run
from stopline.apps.contacts import lists
from stopline.apps.contacts.models import ContactList
from stopline.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tests import make

pytestmark = pytest.mark.django_db


def automated(account):
    return Account.objects.get(id=account.id).automated


def test_the_account_knows_which_kinds_are_on_so_that_others_look_nothing_up(account, admin):
    keyword = make.automation(admin)
    make.automation(admin, "welcome")
    assert automated(account) == ["keyword", "welcome"]

    verbs.switch(admin, keyword.id, on=False)
    assert automated(account) == ["welcome"]

    verbs.switch(admin, keyword.id, on=True)
    verbs.remove(admin, keyword.id)
    assert automated(account) == ["welcome"]


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("Stop", "unsubscribes"),
        ("no more texts", "unsubscribes"),
        ("leave me alone", "may be a request to unsubscribe"),
        ("START", "subscribes again"),
        ("Yes", "subscribes again"),
        ("help", "asks for help"),
        ("genug", "unsubscribes"),
        ("hours", "asks for help"),
    ],
)
def test_a_word_of_consent_keeps_its_meaning_whoever_gave_it_one(account, admin, word, meaning):
    account.opt_out_words, account.help_words = ["genug"], ["Hours"]
    account.save()
    admin.account.refresh_from_db()

    with pytest.raises(InvalidInput, match=f"“{word}” {meaning} already"):
        make.automation(admin, words=["ride", word])

    assert not Automation.objects.exists()


def test_a_keyword_that_came_to_mean_something_else_since_is_named(account, admin):
    made = make.automation(admin, words=["ride", "hours"])
    assert keywords.silenced(account, made) == []

    account.help_words = ["Hours"]

    assert keywords.silenced(account, made) == [("hours", "asks for help")]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"text": "  "}, "message is empty"),
        ({"text": "x" * 1001}, "has 1001 characters"),
        ({"channels": []}, "No channel is chosen"),
        ({"channels": ["chat"]}, "no channel “chat”"),
        ({"words": [" "]}, "no word to answer"),
        ({"words": ["👍"]}, "no letter or digit"),
        ({"words": [f"w{n}" for n in range(21)]}, "These are 21 words"),
    ],
)
def test_what_could_answer_nobody_is_refused(admin, fields, problem):
    with pytest.raises(InvalidInput, match=problem):
        make.automation(admin, **fields)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"opens": None}, "need a beginning and an end"),
        ({"days": [0, 1]}, "no such day"),
    ],
)
def test_hours_that_say_nothing_are_refused(admin, fields, problem):
    with pytest.raises(InvalidInput, match=problem):
        make.automation(admin, "out_of_hours", **fields)


def test_one_message_has_one_answer(admin):
    make.automation(admin, words=["ride"], channels=["sms", "whatsapp"])
    make.automation(admin, "welcome", channels=["sms"])

    with pytest.raises(Conflict, match="“Ride!” is answered on WhatsApp by another keyword reply"):
        make.automation(admin, words=["tour", "Ride!"], channels=["whatsapp", "email"])
    with pytest.raises(Conflict, match="Another welcome message is on for SMS"):
        make.automation(admin, "welcome", channels=["sms", "email"])
    make.automation(admin, words=["ride"], channels=["email"])
    make.automation(admin, "welcome", channels=["email"])


def test_one_that_is_off_may_wait_for_its_turn(admin):
    summer = make.automation(admin, "welcome")
    winter = make.automation(admin, "welcome", enabled=False)

    with pytest.raises(Conflict):
        verbs.switch(admin, winter.id, on=True)
    verbs.switch(admin, summer.id, on=False)
    verbs.switch(admin, winter.id, on=True)

    assert Automation.objects.get(enabled=True).id == winter.id


def test_a_changed_one_is_no_conflict_with_itself(admin):
    made = make.automation(admin)

    verbs.change(admin, made.id, verbs.Wanted("Sunday now.", ["sms", "email"], words=["ride", "tour"]))

    now = Automation.objects.get()
    assert (now.text, now.channels, now.words) == ("Sunday now.", ["sms", "email"], ["ride", "tour"])


def test_agents_change_nothing(account, admin):
    agent, made = make.member(account, "agent"), make.automation(admin)

    for act in (
        lambda: make.automation(agent, "welcome"),
        lambda: verbs.change(agent, made.id, verbs.Wanted("x", ["sms"], words=["x"])),
        lambda: verbs.switch(agent, made.id, on=False),
        lambda: verbs.remove(agent, made.id),
    ):
        with pytest.raises(NotAllowed, match="Only admins can change automations"):
            act()
    assert Automation.objects.get().enabled


def test_another_accounts_automation_and_list_do_not_exist(account, admin):
    made = make.automation(admin)
    outsider = make.member(make.account("Elsewhere"))
    theirs = lists.create(outsider.account, "Theirs")

    for act in (
        lambda: verbs.change(outsider, made.id, verbs.Wanted("x", ["sms"], words=["x"])),
        lambda: verbs.switch(outsider, made.id, on=False),
        lambda: verbs.remove(outsider, made.id),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(InvalidInput, match="list doesn't exist"):
        verbs.change(admin, made.id, verbs.Wanted("x", ["sms"], words=["x"], list_id=theirs.id))
    assert verbs.everything(outsider.account) == []
    assert automated(account) == ["keyword"]


def test_a_keyword_whose_list_is_deleted_joins_none(account, admin):
    made = make.automation(admin, list_id=lists.create(account, "Saturday ride").id)

    lists.delete(ContactList.objects.get())

    assert Automation.objects.get(id=made.id).list_id is None


def test_they_are_shown_by_kind_with_how_often_they_were_used(account, admin, write):
    make.automation(admin)
    make.automation(admin, "welcome")
    write("Ride")
    write("ride!")

    assert [(each.kind, used) for each, used in verbs.everything(account)] == [("welcome", 0), ("keyword", 2)]


def test_runs_stay_when_their_automation_goes_and_go_with_their_contact(admin, write):
    made = make.automation(admin)
    write("ride")
    verbs.remove(admin, made.id)
    assert Run.objects.get().automation_id is None

    Run.objects.get().contact.delete()

    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"kind": "magic"}, {"kind": "keyword"}, {"kind": "out_of_hours", "opens": time(9)}]
)
def test_the_database_refuses_what_could_never_answer(account, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        Automation.objects.create(account=account, channels=["sms"], text="x", **fields)
