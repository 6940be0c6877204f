"""From the queue to Meta and back through the webhook, with a real PostgreSQL and Meta played on loopback."""

import asyncio
import hashlib
import hmac

import orjson
import pytest
from psycopg_pool import AsyncConnectionPool

from stopline.apps.accounts import live
from stopline.apps.consent import subscription
from stopline.apps.inbox import stored
from stopline.apps.inbox.models import Conversation
from stopline.apps.inbox.reply import reply, reply_with_template
from stopline.apps.sending import credentials, templates
from stopline.apps.sending.handover import Handover
from stopline.apps.sending.models import Connection, InboundEvent, Message
from stopline.doors.inbound import door
from stopline.providers.base import Request
from stopline.providers.whatsapp_cloud import graph
from stopline.rules.words import MessageState, Standing
from tests import loopback, make
from tests.providers.whatsapp_cloud.samples import WAMID, error, hook, message, preference, status
from tests.providers.whatsapp_cloud.test_whatsapp_cloud import DELIVERY

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "+16505551234"


@pytest.fixture
def meta(monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")
    with loopback.provider(loopback.answers(200, {"messages": [{"id": "wamid.out"}]})) as playing:
        monkeypatch.setattr(graph, "GRAPH", playing.url)
        yield playing


@pytest.fixture
def whatsapp():
    return make.connection(
        make.account(),
        provider="whatsapp_cloud",
        name="WhatsApp",
        channels=["whatsapp"],
        settings={"phone_number_id": "106540352242922", "waba_id": "2"},
        credentials=credentials.encrypt({"access_token": "EAAJB", "app_secret": "secret"}),
    )


@pytest.fixture
def talk(whatsapp):
    """Sheena wrote just now."""
    posted(whatsapp, message("text", {"body": "Does it come in another color?"}))
    return Conversation.objects.get(account=whatsapp.account)


def posted(connection, body):
    """What Meta posts to the webhook, signed."""
    raw = orjson.dumps(body)
    signature = hmac.new(b"secret", raw, hashlib.sha256).hexdigest()
    request = Request(raw, {"x-hub-signature-256": f"sha256={signature}"})
    return door.take(["whatsapp_cloud", connection.token], request)


def hand_over():
    async def work():
        parameters = live.connection_parameters()
        async with AsyncConnectionPool(kwargs=parameters, min_size=1, max_size=4, open=False) as pool:
            handover = Handover(pool)
            try:
                await handover.hand_over(await handover.claim())
            finally:
                await handover.close()

    asyncio.run(work())


def answer(talk, text="Yes, in blue."):
    return reply(make.member(talk.account), talk, "whatsapp", text)


def fresh(sent):
    return Message.objects.get(account_id=sent.account_id, id=sent.id)


def standing(talk):
    key = ("whatsapp", NUMBER)
    return subscription.of(talk.account_id, [key])[key].standing


def test_meta_hears_two_hundred_and_a_message_is_in_the_inbox(whatsapp):
    heard = posted(whatsapp, message("text", {"body": "Does it come in another color?"}))

    assert heard.status == 200
    talk = Conversation.objects.select_related("contact").get(account=whatsapp.account)
    assert (talk.contact.phone, talk.contact.name) == (NUMBER, "Sheena Nelson")


def test_an_answer_leaves_and_its_states_come_back_in_any_order(meta, whatsapp, talk):
    sent = answer(talk)

    hand_over()
    assert fresh(sent).state == MessageState.SENT
    read, late = ({**status(state), "id": "wamid.out"} for state in ("read", "delivered"))
    posted(whatsapp, hook({"statuses": [read]}))
    posted(whatsapp, hook({"statuses": [late]}))

    assert fresh(sent).state == MessageState.READ
    assert meta.got[0]["text"]["body"] == "Yes, in blue."


def test_a_template_from_the_database_reaches_meta_with_its_variables_in_order(meta, whatsapp, talk):
    meta.answer = loopback.answers(200, {"data": [DELIVERY]})
    templates.refresh(whatsapp)
    meta.answer = loopback.answers(200, {"messages": [{"id": "wamid.out"}]})
    wanted = str(templates.offered(whatsapp).get().id)
    values = {"body:2": "second", "body:1": "first", "header:1": "head"}
    reply_with_template(make.member(talk.account), talk, "whatsapp", wanted, values)

    hand_over()

    body, header = meta.got[-1]["template"]["components"]
    assert [each["text"] for each in body["parameters"]] == ["first", "second"]
    assert header["parameters"] == [{"type": "text", "text": "head"}]


def test_a_stop_told_at_hand_over_is_in_force_afterwards(meta, whatsapp, talk):
    meta.answer = loopback.answers(400, error(131050))
    sent = answer(talk)

    hand_over()
    InboundEvent.objects.update(received_at="2026-01-01T00:00Z")
    stored.apply()

    assert fresh(sent).state == MessageState.FAILED and "stopped" in fresh(sent).failure
    assert standing(talk) == Standing.UNSUBSCRIBED


def test_a_stop_told_later_fails_the_message_and_is_in_force_when_the_door_answers(meta, whatsapp, talk):
    sent = answer(talk)
    hand_over()

    failed = {**status("failed", [{"code": 131050, "title": "Stopped"}]), "id": "wamid.out"}
    posted(whatsapp, hook({"statuses": [failed]}))

    assert fresh(sent).state == MessageState.FAILED and "stopped" in fresh(sent).failure
    assert standing(talk) == Standing.UNSUBSCRIBED


def test_a_persons_own_stop_and_resume_in_whatsapp(meta, whatsapp, talk):
    stop, resume = preference("stop"), preference("resume")
    resume["user_preferences"][0]["timestamp"] += 60

    posted(whatsapp, hook(stop, "user_preferences"))
    assert standing(talk) == Standing.UNSUBSCRIBED
    sent = answer(talk)
    hand_over()
    assert fresh(sent).state == MessageState.REFUSED and not meta.got

    posted(whatsapp, hook(resume, "user_preferences"))
    assert standing(talk) == Standing.SUBSCRIBED


def test_the_window_that_closed_meanwhile_fails_the_message_with_what_to_do(meta, whatsapp, talk):
    meta.answer = loopback.answers(400, error(131047))
    sent = answer(talk)

    hand_over()

    assert fresh(sent).state == MessageState.FAILED
    assert "Use a template" in fresh(sent).failure
    assert standing(talk) == Standing.SUBSCRIBED


def test_an_expired_token_pauses_the_connection_and_keeps_the_message(meta, whatsapp, talk):
    meta.answer = loopback.answers(401, error(190))
    sent = answer(talk)

    hand_over()

    paused = Connection.objects.get(account=whatsapp.account)
    assert (paused.state, fresh(sent).state) == (Connection.State.PAUSED, MessageState.QUEUED)
    assert "expired" in paused.paused_because


def test_the_marketing_cap_of_a_person_waits_a_day(meta, whatsapp, talk):
    meta.answer = loopback.answers(400, error(131049))
    sent = answer(talk)

    hand_over()

    waiting = fresh(sent)
    assert waiting.state == MessageState.QUEUED
    assert (waiting.due_at - waiting.created_at).total_seconds() > 86_000


def test_stop_by_message_is_confirmed_inside_the_window_and_nothing_else_leaves(meta, whatsapp, talk):
    stop = message("text", {"body": "STOP"})
    stop["entry"][0]["changes"][0]["value"]["messages"][0]["id"] = f"{WAMID}2"
    posted(whatsapp, stop)

    hand_over()

    assert standing(talk) == Standing.UNSUBSCRIBED
    assert [each["type"] for each in meta.got] == ["text"]
