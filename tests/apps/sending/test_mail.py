"""What is queued as e-mail carries its way to unsubscribe, and answers the mail it answers."""

import pytest

from stopline.apps.consent import links
from stopline.apps.inbox import opt_outs, receive, reply
from stopline.apps.inbox.models import Conversation
from stopline.apps.sending.models import Message
from stopline.providers.base import OptOut
from stopline.rules.words import Channel, MessageKind, Source
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return make.account()


@pytest.fixture
def ada(account):
    return make.contact(account, email="ada@example.com")


def wrote(account, text="Hello", **parts):
    connection = make.connection(account)
    event = make.received(text, channel="email", sender="ada@example.com")
    taken = receive.take(connection, event)
    found = Message.objects.get(account_id=account.id, id=taken.message_id)
    found.parts = parts
    found.save()
    return Conversation.objects.get(account_id=account.id, id=taken.conversation_id)


def answered(account, conversation, **parts):
    return reply.reply(make.member(account), conversation, "email", "Sure", parts=parts)


def test_every_mail_says_how_to_unsubscribe_its_own_address(account, ada):
    queued = answered(account, wrote(account))

    url = queued.parts["headers"]["List-Unsubscribe"].strip("<>")
    held = links.held(url.rstrip("/").rpartition("/")[2])
    assert (held.account.id, held.channel, held.address) == (account.id, "email", "ada@example.com")
    assert queued.parts["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_an_answer_stays_in_its_thread(account, ada):
    conversation = wrote(account, subject="The bike", mail_id="<a@x.example> <b@x.example>")

    queued = answered(account, conversation)

    assert queued.parts["subject"] == "Re: The bike"
    assert queued.parts["headers"]["In-Reply-To"] == "<b@x.example>"
    assert queued.parts["headers"]["References"] == "<a@x.example> <b@x.example>"


@pytest.mark.parametrize("subject", ["Re: The bike", "AW: The bike"])
def test_an_answer_to_an_answer_says_so_once(account, ada, subject):
    assert answered(account, wrote(account, subject=subject)).parts["subject"] == subject


def test_a_subject_that_was_written_counts(account, ada):
    conversation = wrote(account, subject="The bike")

    assert answered(account, conversation, subject="Something else").parts["subject"] == "Something else"


def test_what_nobody_wrote_says_so(account, ada):
    wrote(account, "STOP", subject="The bike")

    confirmation = Message.objects.get(account_id=account.id, kind=MessageKind.OPT_OUT_CONFIRMATION)
    assert confirmation.parts["headers"]["Auto-Submitted"] == "auto-generated"


def test_a_text_has_nothing_of_an_e_mail(account, ada):
    queued = reply.reply(make.member(account), wrote(account), "sms", "Sure")

    assert queued.parts == {}


def opted_out(provider_id, address="", source=Source.BOUNCE):
    return OptOut(
        f"e-{provider_id}", Channel.EMAIL, address, source, "It bounced", {}, provider_id=provider_id
    )


def test_a_report_about_a_message_ends_the_address_it_went_to(account, ada):
    queued = answered(account, wrote(account))

    changes = opt_outs.take(queued.connection, opted_out(str(queued.id), "forwarded@elsewhere.example"))

    assert [(change.channel, change.address) for change in changes] == [("email", "ada@example.com")]


def test_a_report_finds_its_message_by_the_providers_id(account, ada):
    queued = answered(account, wrote(account))
    Message.objects.filter(account_id=account.id, id=queued.id).update(provider_id="at-the-provider")

    changes = opt_outs.take(queued.connection, opted_out("at-the-provider"))

    assert [change.address for change in changes] == ["ada@example.com"]


def test_a_report_about_a_message_of_another_account_ends_nothing(account, ada):
    queued = answered(account, wrote(account))
    elsewhere = make.connection(make.account())

    assert opt_outs.take(elsewhere, opted_out(str(queued.id))) == []
