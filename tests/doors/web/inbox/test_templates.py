"""The composer where WhatsApp takes only approved templates, as the admin, the agent and the outsider see it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from stopline.apps.consent import subscription
from stopline.apps.inbox import receive
from stopline.apps.inbox.models import Conversation
from stopline.apps.sending import credentials, templates
from stopline.apps.sending.models import Message
from stopline.providers.whatsapp_cloud import graph
from stopline.rules.words import MessageKind, Source
from tests import loopback, make
from tests.providers.whatsapp_cloud.samples import error
from tests.providers.whatsapp_cloud.test_whatsapp_cloud import DELIVERY, SALE

pytestmark = pytest.mark.django_db
VALUES = {"value:header:1": "77", "value:body:1": "Ada", "value:body:2": "77"}


@pytest.fixture
def whatsapp(account):
    return make.connection(
        account,
        provider="whatsapp_cloud",
        name="WhatsApp",
        channels=["whatsapp"],
        settings={"phone_number_id": "1", "waba_id": "2"},
        credentials=credentials.encrypt({"access_token": "EAAJB", "app_secret": "secret"}),
    )


@pytest.fixture
def meta(monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")
    with loopback.provider(loopback.answers(200, {"data": [DELIVERY, SALE]})) as playing:
        monkeypatch.setattr(graph, "GRAPH", playing.url)
        yield playing


@pytest.fixture
def delivery(whatsapp, meta):
    templates.refresh(whatsapp)
    return templates.offered(whatsapp).get(name="order_delivery_update")


@pytest.fixture
def ada(account):
    return make.contact(account, "Ada", last_name="Byron")


@pytest.fixture
def talk(whatsapp, ada):
    """Ada wrote two days ago."""
    return wrote(whatsapp, ada, hours=48)


def wrote(connection, contact, hours=0):
    taken = receive.take(connection, make.received("Hello", sender=contact.phone, channel="whatsapp"))
    at = timezone.now() - timedelta(hours=hours)
    Message.objects.filter(account_id=contact.account_id, id=taken.message_id).update(created_at=at)
    return Conversation.objects.get(account_id=contact.account_id, id=taken.conversation_id)


def shown(browser, talk, **query):
    return browser.get(f"/inbox/{talk.id}/", {"channel": "whatsapp", **query}).content.decode()


def composer(browser, talk, **query):
    return browser.htmx.get(f"/inbox/{talk.id}/composer/", {"channel": "whatsapp", **query})


def was(html):
    return re.search(r'id="composer-state".*?name="was" value="([^"]+)"', html)[1]


def sent():
    return Message.objects.exclude(kind=MessageKind.INBOUND)


def test_outside_the_window_templates_stand_in_place_of_the_text(agent, talk, delivery):
    html = shown(agent, talk)

    assert "WhatsApp takes only approved templates now" in html and "last wrote by WhatsApp on" in html
    assert "composer-text" not in html
    assert "order_delivery_update · Utility · en_US" in html and "sale · Marketing · en" in html


def test_inside_the_window_there_is_the_text_and_until_when(agent, whatsapp, ada, delivery):
    html = shown(agent, wrote(whatsapp, ada, hours=1))

    assert "composer-text" in html and "Free text until" in html
    assert 'id="composer-template"' not in html


def test_somebody_who_never_wrote_can_be_sent_a_template(agent, account, whatsapp, ada, delivery):
    agent.post("/inbox/new/", {"contact": ada.id})
    talk = Conversation.objects.get(contact_id=ada.id)

    assert "has not written to WhatsApp yet" in shown(agent, talk)


def test_other_channels_and_providers_know_no_window(agent, account, talk):
    make.connection(account, channels=["sms"])

    html = shown(agent, talk, channel="sms")

    assert "composer-text" in html and "window-" not in html


def test_an_unsubscribed_contact_is_offered_no_template(agent, talk, ada, delivery):
    key = [each for each in ada.channels if each[0] == "whatsapp"]
    subscription.unsubscribe(ada.account_id, key, source=Source.KEYWORD, actor=make.system())

    html = shown(agent, talk)

    assert "is unsubscribed from WhatsApp" in html and 'id="composer-template"' not in html


def test_the_chosen_template_shows_its_variables_and_a_preview(agent, talk, delivery):
    html = composer(agent, talk, template=delivery.id).content.decode()

    for label in ("Header 1", "Text 1", "Text 2"):
        assert f">{label}</label>" in html
    assert 'placeholder="Mark"' in html
    assert 'data-place="body:1">{{1}}</span>! Your order #' in html
    assert "Stop Delivery Updates" in html and "Send" in html


def test_without_javascript_the_page_itself_shows_the_chosen_template(agent, talk, delivery):
    assert ">Text 2</label>" in shown(agent, talk, template=delivery.id)


def test_a_filled_in_template_is_queued_as_the_contact_will_read_it(agent, talk, delivery):
    response = agent.htmx.post(
        f"/inbox/{talk.id}/", {"channel": "whatsapp", "template": delivery.id, **VALUES}
    )

    assert response.status_code == 204 and "sent" in response["HX-Trigger"]
    message = sent().get()
    assert message.text.startswith("Order 77\n\nGood news Ada!")
    assert message.parts["template"] == {
        "name": "order_delivery_update",
        "language": "en_US",
        "variables": {"header:1": "77", "body:1": "Ada", "body:2": "77"},
    }


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": "Hi"}, "Choose a template"),
        ({"template": "DELIVERY", "value:body:1": "Ada"}, "Header 1, Text 2"),
        ({"template": "nonsense"}, "offered"),
    ],
    ids=["free text", "something missing", "no template"],
)
def test_what_whatsapp_would_refuse_is_refused_here_with_what_to_do(agent, talk, delivery, fields, words):
    if fields.get("template") == "DELIVERY":
        fields = {**fields, "template": delivery.id}

    response = agent.htmx.post(f"/inbox/{talk.id}/", {"channel": "whatsapp", **fields})

    assert response.status_code == 422 and words in response.content.decode()
    assert not sent().exists()


def test_the_composer_opens_as_soon_as_the_person_writes(agent, whatsapp, talk, ada, delivery):
    known = was(shown(agent, talk))
    assert composer(agent, talk, was=known).status_code == 204

    wrote(whatsapp, ada)

    assert "composer-text" in composer(agent, talk, was=known).content.decode()


def test_another_message_inside_the_window_leaves_what_is_being_written_alone(agent, whatsapp, ada):
    talk = wrote(whatsapp, ada, hours=2)
    known = was(shown(agent, talk))

    wrote(whatsapp, ada)

    assert composer(agent, talk, was=known).status_code == 204


# Refreshing


def test_an_agent_can_fetch_the_templates_anew(agent, whatsapp, meta, talk):
    response = agent.htmx.post(f"/inbox/templates/{whatsapp.id}/refresh/")

    assert response.status_code == 204
    assert "2 templates fetched, 2 of them can be sent." in response["HX-Trigger"]
    assert templates.offered(whatsapp).count() == 2


def test_without_javascript_one_comes_back_to_the_conversation(agent, whatsapp, meta, talk):
    response = agent.post(f"/inbox/templates/{whatsapp.id}/refresh/", {"conversation": talk.id})

    assert response.url == f"/inbox/{talk.id}/?channel=whatsapp"


def test_what_stands_in_the_way_is_told(agent, whatsapp, meta):
    meta.answer = loopback.answers(401, error(190))

    response = agent.htmx.post(f"/inbox/templates/{whatsapp.id}/refresh/")

    assert response.status_code == 502 and "expired" in response.content.decode()


def test_the_outsider_sees_and_refreshes_nothing(outsider, whatsapp, talk, delivery):
    assert outsider.post(f"/inbox/templates/{whatsapp.id}/refresh/").status_code == 404
    assert outsider.get(f"/inbox/{talk.id}/composer/").status_code == 404
    assert (
        outsider.post(f"/inbox/{talk.id}/", {"channel": "whatsapp", "template": delivery.id}).status_code
        == 404
    )
    assert not sent().exists()
