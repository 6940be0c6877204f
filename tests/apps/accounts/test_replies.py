"""Automatic replies and the words an account adds."""

import pytest

from stopline.apps.accounts import replies
from stopline.apps.accounts.models import Account
from stopline.rules.errors import InvalidInput, NotAllowed
from stopline.rules.keywords import Intent, read
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return make.member(make.account())


def change(by, **changed):
    fields = {
        "confirmation_text": "You are unsubscribed.",
        "resumed_text": "You are subscribed again.",
        "help_text": "Reply STOP to unsubscribe.",
        "opt_out_words": [],
        "opt_in_words": [],
        "help_words": [],
        "stop_everything": False,
    }
    return replies.change(by, **{**fields, **changed})


def test_added_words_are_read_as_they_are_meant(admin):
    account = change(
        admin, opt_out_words=["  Keep  off ", "KEEP OFF"], opt_in_words=["Join"], help_words=["Hours"]
    )

    extra = replies.extra_words(account)

    assert account.opt_out_words == ["Keep off"]
    assert read("keep off!", "sms", extra=extra).intent is Intent.OPT_OUT
    assert read("JOIN", "sms", extra=extra).intent is Intent.OPT_IN
    assert read("hours?", "sms", extra=extra).intent is Intent.HELP


# The words of 47 CFR 64.1200(a)(10), and some of their relatives.
@pytest.mark.parametrize(
    "word",
    [
        "STOP",
        "quit",
        "End",
        "revoke",
        "opt out",
        "cancel",
        "unsubscribe",
        "Stop!",
        "BAJA",
        "arrêt",
        "no more",
    ],
)
@pytest.mark.parametrize("field", ["opt_in_words", "help_words"])
def test_a_word_that_unsubscribes_cannot_be_made_to_mean_something_else(admin, field, word):
    with pytest.raises(InvalidInput, match="can't mean anything else"):
        change(admin, **{field: [word]})

    assert Account.objects.get(id=admin.account_id).opt_in_words == []


@pytest.mark.parametrize("word", ["START", "unstop", "help"])
def test_start_and_help_keep_their_meaning(admin, word):
    with pytest.raises(InvalidInput, match="can't mean anything else"):
        change(admin, opt_out_words=[word])


def test_a_word_stands_in_one_list_only(admin):
    with pytest.raises(InvalidInput, match="“Ahoy!” stands in two lists"):
        change(admin, opt_out_words=["ahoy"], opt_in_words=["Ahoy!"])


def test_an_unclear_phrase_can_be_made_a_sure_opt_out(admin):
    assert change(admin, opt_out_words=["no more"]).opt_out_words == ["no more"]


@pytest.mark.parametrize("word", ["!!!", "🙏"])
def test_a_word_needs_a_letter(admin, word):
    with pytest.raises(InvalidInput, match="no letter or digit"):
        change(admin, opt_out_words=[word])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("  ", "is empty"),
        ("x" * 321, "has 321 characters"),
        ("You are out. See https://shop.example for offers", "marketing is forbidden"),
        ("You are out. Visit shop.com", "marketing is forbidden"),
    ],
)
def test_a_confirmation_is_short_plain_and_without_links(admin, text, why):
    with pytest.raises(InvalidInput, match=why):
        change(admin, confirmation_text=text)


def test_an_ordinary_sentence_is_not_taken_for_a_link(admin):
    assert change(
        admin, confirmation_text="You are unsubscribed.No more texts from Larkspur, Inc. Bye"
    ).confirmation_text


def test_agents_change_nothing(admin):
    agent = make.member(admin.account, "agent")

    with pytest.raises(NotAllowed, match="Only admins can change automatic replies"):
        change(agent)
