"""Twilio the whole way: a queued message out and its report back, through the real hand-over and the real door."""

import asyncio
from datetime import timedelta

import pytest
from psycopg_pool import AsyncConnectionPool

from stopline.apps.accounts import live
from stopline.apps.consent.models import Subscription
from stopline.apps.inbox import receive, stored
from stopline.apps.sending import connections, credentials, queue
from stopline.apps.sending.handover import Handover
from stopline.apps.sending.models import Message
from stopline.doors.inbound import door
from stopline.providers.twilio import account as twilio_account
from stopline.rules.words import Channel, MessageKind
from tests import loopback, make
from tests.providers.contract import form_request
from tests.providers.twilio.test_twilio import CASE, CREATED, SMS, STATUS, refusal

pytestmark = pytest.mark.django_db(transaction=True)
SID = CREATED["sid"]


@pytest.fixture
def connection(settings, monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")
    settings.PUBLIC_URL = "https://stopline.example"
    return make.connection(
        make.account(),
        provider="twilio",
        channels=["sms"],
        sender=CASE.sender,
        settings=dict(CASE.settings),
        credentials=credentials.encrypt(CASE.credentials),
    )


def queued(connection):
    """A reply to a contact who wrote by SMS."""
    contact = make.contact(connection.account)
    taken = receive.take(connection, make.received("Is it ready?", sender=contact.phone))
    return queue.put(
        connection.account_id,
        conversation_id=taken.conversation_id,
        contact_id=contact.id,
        channel=Channel.SMS,
        address=contact.phone,
        text="Your bike is ready.",
        kind=MessageKind.REPLY,
    )


def hand_over():
    async def worker():
        parameters = live.connection_parameters()
        async with AsyncConnectionPool(kwargs=parameters, min_size=1, max_size=4, open=False) as pool:
            handover = Handover(pool)
            try:
                await handover.hand_over(await handover.claim())
            finally:
                await handover.close()

    asyncio.run(worker())


def post(connection, fields):
    """(status, content type, body) of what Twilio hears when it posts `fields` as it signs them."""
    request = CASE.sign(form_request(fields), connections.way(connection))
    path = f"/inbound/twilio/{connection.token}"
    headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    taken = door.take(
        ["twilio", connection.token], request
    )  # here: the door's threads keep their connections
    sent = []

    async def receive_body():
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(event):
        sent.append(event)

    async def in_thread(verb, path, again):
        assert (verb, path, again) == (door.take, ["twilio", connection.token], request)
        return taken

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(door, "in_thread", in_thread)
        asyncio.run(door.InboundDoor()(scope, receive_body, send))
    return sent[0]["status"], dict(sent[0]["headers"])[b"content-type"], sent[1]["body"]


def standing(message):
    return Subscription.objects.get(
        account_id=message.account_id, channel="sms", address=message.address
    ).standing


def test_a_message_goes_out_and_its_reports_find_it(connection, monkeypatch):
    message = queued(connection)
    with loopback.provider(loopback.answers(201, CREATED)) as far:
        monkeypatch.setattr(twilio_account, "API", far.url)
        hand_over()

    told = dict(far.requests[0].form())
    heard = post(connection, {**STATUS, "MessageSid": SID, "SmsSid": SID, "MessageStatus": "delivered"})

    assert told["StatusCallback"] == f"https://stopline.example/inbound/twilio/{connection.token}"
    assert Message.objects.get(account_id=message.account_id, id=message.id).state == "delivered"
    assert heard == (200, b"text/xml", b'<?xml version="1.0" encoding="UTF-8"?><Response/>')


def test_an_opt_out_told_at_the_hand_off_is_ours(connection, monkeypatch):
    message = queued(connection)
    with loopback.provider(loopback.answers(400, refusal(21610))) as far:
        monkeypatch.setattr(twilio_account, "API", far.url)
        hand_over()

    monkeypatch.setattr(stored, "SETTLE", timedelta(0))
    stored.apply()

    assert Message.objects.get(account_id=message.account_id, id=message.id).state == "failed"
    assert standing(message) == "unsubscribed"


def test_an_opt_out_told_in_a_report_is_in_force_when_twilio_hears_thanks(connection, monkeypatch):
    message = queued(connection)
    with loopback.provider(loopback.answers(201, CREATED)) as far:
        monkeypatch.setattr(twilio_account, "API", far.url)
        hand_over()

    report = {
        **STATUS,
        "MessageSid": SID,
        "MessageStatus": "undelivered",
        "ErrorCode": "21610",
        "To": message.address,
    }
    post(connection, report)

    assert standing(message) == "unsubscribed"


def test_a_wrong_token_pauses_the_connection_and_holds_its_queue(connection, monkeypatch):
    message = queued(connection)
    with loopback.provider(loopback.answers(401, refusal(20003, 401))) as far:
        monkeypatch.setattr(twilio_account, "API", far.url)
        hand_over()

    connection.refresh_from_db()
    assert connection.state == "paused" and "credentials" in connection.paused_because
    assert Message.objects.get(account_id=message.account_id, id=message.id).state == "queued"


def test_a_stop_by_sms_unsubscribes_before_twilio_hears_thanks(connection):
    status, _, _ = post(connection, {**SMS, "Body": "STOP"})

    assert status == 200
    held = Subscription.objects.get(account_id=connection.account_id, channel="sms")
    assert (held.address, held.standing) == (SMS["From"], "unsubscribed")
