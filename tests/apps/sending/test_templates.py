"""Approved templates: fetched, kept, offered, filled in; and free text kept inside WhatsApp's window."""

from datetime import timedelta

import pytest
from django.utils import timezone

from stopline.apps.inbox import receive
from stopline.apps.inbox.models import Conversation
from stopline.apps.inbox.reply import reply, reply_with_template, send_again
from stopline.apps.sending import credentials, templates, window
from stopline.apps.sending.models import Connection, Message, MessageTemplate
from stopline.providers.whatsapp_cloud import graph
from stopline.rules.errors import InvalidInput
from stopline.rules.words import MessageKind, MessageState
from tests import loopback, make
from tests.providers.whatsapp_cloud.samples import error
from tests.providers.whatsapp_cloud.test_whatsapp_cloud import DELIVERY, SALE

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return make.account()


@pytest.fixture
def whatsapp(account):
    secret = {"access_token": "EAAJB", "app_secret": "secret"}
    return make.connection(
        account,
        provider="whatsapp_cloud",
        name="WhatsApp",
        channels=["whatsapp"],
        settings={"phone_number_id": "1", "waba_id": "2"},
        credentials=credentials.encrypt(secret),
    )


@pytest.fixture
def meta(monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")
    with loopback.provider(loopback.answers(200, {"data": [DELIVERY, SALE]})) as playing:
        monkeypatch.setattr(graph, "GRAPH", playing.url)
        yield playing


@pytest.fixture
def member(account):
    return make.member(account)


def wrote(connection, contact, text="Hello", hours=0, channel="whatsapp"):
    """The conversation in which the contact wrote so many hours ago."""
    taken = receive.take(connection, make.received(text, sender=contact.phone, channel=channel))
    Message.objects.filter(account_id=contact.account_id, id=taken.message_id).update(
        created_at=timezone.now() - timedelta(hours=hours)
    )
    return Conversation.objects.get(account_id=contact.account_id, id=taken.conversation_id)


# Fetching


def test_templates_are_kept_and_what_is_gone_at_the_provider_goes(whatsapp, meta):
    assert templates.refresh(whatsapp) == 2
    kept = templates.offered(whatsapp).get(name="sale")
    meta.answer = loopback.answers(200, {"data": [{**SALE, "category": "UTILITY"}]})

    templates.refresh(whatsapp)

    assert [(each.name, each.category) for each in templates.offered(whatsapp)] == [("sale", "utility")]
    assert templates.offered(whatsapp).get().id == kept.id


def test_only_what_is_approved_and_can_be_filled_in_is_offered(whatsapp, meta):
    pending = {**DELIVERY, "name": "pending", "status": "PENDING"}
    carousel = {**DELIVERY, "name": "carousel", "components": [{"type": "CAROUSEL"}]}
    meta.answer = loopback.answers(200, {"data": [DELIVERY, pending, carousel]})

    assert templates.refresh(whatsapp) == 3

    assert [each.name for each in templates.offered(whatsapp)] == ["order_delivery_update"]


def test_a_token_that_lacks_a_permission_is_told_and_what_was_fetched_stays(whatsapp, meta):
    templates.refresh(whatsapp)
    meta.answer = loopback.answers(403, error(200))

    with pytest.raises(templates.NotFetched, match="permission"):
        templates.refresh(whatsapp)

    whatsapp.refresh_from_db()
    assert "permission" in whatsapp.last_error and whatsapp.state == Connection.State.ACTIVE
    assert templates.offered(whatsapp).count() == 2


def test_a_connection_without_templates_says_so(account):
    with pytest.raises(InvalidInput, match="has no templates"):
        templates.refresh(make.connection(account))


def test_every_active_connection_with_templates_is_refreshed_by_and_by(account, whatsapp):
    make.connection(account)
    make.connection(account, provider="whatsapp_cloud", state=Connection.State.PAUSED)

    assert templates.refreshable() == [(account.id, whatsapp.id)]


# Filling in


@pytest.fixture
def delivery(whatsapp, meta):
    templates.refresh(whatsapp)
    return templates.offered(whatsapp).get(name="order_delivery_update")


def test_a_template_is_shown_as_the_contact_will_read_it(delivery):
    text, parts = templates.fill(delivery, {"header:1": "77", "body:1": "Ada", "body:2": "77"})

    assert text == (
        "Order 77\n\nGood news Ada! Your order #77 is on its way.\n\n"
        "To stop receiving delivery updates, tap the button below."
    )
    assert parts["template"]["variables"] == {"header:1": "77", "body:1": "Ada", "body:2": "77"}


def test_what_is_not_filled_in_is_named(delivery):
    with pytest.raises(InvalidInput, match="Header 1, Text 2"):
        templates.fill(delivery, {"body:1": "Ada", "body:2": "  "})


def test_a_template_of_another_account_is_not_offered(delivery):
    other = make.connection(make.account("Elsewhere"), provider="whatsapp_cloud", channels=["whatsapp"])

    for wanted in (str(delivery.id), "", "no id"):
        with pytest.raises(InvalidInput, match="isn't offered"):
            templates.one(other, wanted)


# The window


def test_free_text_is_queued_while_the_window_is_open(whatsapp, member):
    talk = wrote(whatsapp, make.contact(whatsapp.account), hours=23)

    assert reply(member, talk, "whatsapp", "Hi").state == MessageState.QUEUED


def test_free_text_outside_the_window_is_refused_and_says_what_to_do(whatsapp, member):
    talk = wrote(whatsapp, make.contact(whatsapp.account), hours=25)

    with pytest.raises(InvalidInput, match="Choose a template"):
        reply(member, talk, "whatsapp", "Hi")

    assert not Message.objects.exclude(kind=MessageKind.INBOUND).exists()


def test_a_message_by_another_channel_or_connection_opens_no_window(account, whatsapp, member):
    contact = make.contact(account)
    sandbox = make.connection(account, channels=["sms", "whatsapp"])
    wrote(sandbox, contact, channel="sms")
    talk = wrote(sandbox, contact)

    with pytest.raises(InvalidInput, match="Choose a template"):
        reply(member, talk, "whatsapp", "Hi", connection_id=whatsapp.id)
    assert reply(member, talk, "whatsapp", "Hi", connection_id=sandbox.id)


def test_providers_without_a_window_take_free_text_at_any_time(account, member):
    talk = wrote(make.connection(account), make.contact(account), hours=1000)

    assert reply(member, talk, "whatsapp", "Hi")


def test_an_opt_out_is_confirmed_whatever_the_clock_says(whatsapp, monkeypatch):
    monkeypatch.setattr(window, "of", lambda *_: pytest.fail("it was asked"))

    wrote(whatsapp, make.contact(whatsapp.account), text="STOP")

    assert Message.objects.filter(kind=MessageKind.OPT_OUT_CONFIRMATION).exists()


def test_a_template_is_queued_outside_the_window_and_again_when_it_failed(whatsapp, member, delivery):
    talk = wrote(whatsapp, make.contact(whatsapp.account), hours=100)
    values = {"header:1": "77", "body:1": "Ada", "body:2": "77"}

    message = reply_with_template(member, talk, "whatsapp", str(delivery.id), values)
    Message.objects.filter(id=message.id).update(state=MessageState.FAILED)
    message.state = MessageState.FAILED
    again = send_again(member, talk, message)

    assert message.parts["template"]["name"] == "order_delivery_update"
    assert again.parts == message.parts and again.text == message.text
    assert MessageTemplate.objects.count() == 2
