"""docs/webhook-provider.md: what it shows is what is sent and taken."""

import asyncio
import http.server
import re
import threading
import uuid
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from stopline.apps.consent.models import Subscription
from stopline.apps.sending import connections, credentials
from stopline.apps.sending.models import InboundEvent, Message
from stopline.doors.inbound import door
from stopline.providers.base import Outgoing, Request
from stopline.providers.registry import PROVIDERS
from stopline.providers.webhook.sender import CODES, payload
from stopline.rules.errors import NotAllowed
from stopline.rules.words import Channel, Standing
from tests import make
from tests.providers.contract import permit

DOCUMENT = (Path(__file__).parents[3] / "docs/webhook-provider.md").read_text()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)


EXAMPLES = [orjson.loads(block) for block in blocks("json")]
EVENTS = [each for each in EXAMPLES if each.get("type") != "message.send" and "code" not in each]


@pytest.fixture
def gateway(monkeypatch):
    """The example's own code."""
    monkeypatch.setenv("SIGNING_SECRET", SECRET)
    (code,) = blocks("python")
    names = {"__name__": "gateway"}
    exec(code, names)
    names["Gateway"].log_message = lambda *_: None
    return names


@pytest.fixture
def connection(db):
    return make.connection(
        make.account(),
        provider="webhook",
        name="Own",
        channels=["sms"],
        sender="+14155550100",
        settings={"url": "http://127.0.0.1:9/messages"},
        credentials=credentials.encrypt({"signing_secret": SECRET}),
    )


def take(connection, gateway, event):
    body, headers = gateway["signed"]({"id": "batch", **event})
    return door.take(["webhook", connection.token], Request(body, headers))


def test_the_example_gateway_takes_a_message_once(gateway, connection, monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), gateway["Gateway"])
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    url = {"url": f"http://127.0.0.1:{server.server_port}/messages"}
    way = replace(connections.way(connection), settings=url)
    message = Outgoing(uuid.uuid4(), Channel.SMS, "+14155550123", "Your bike is ready.", way)

    async def send_twice():
        sender = PROVIDERS["webhook"].sender()
        try:
            return [await sender.send(permit(message), message) for _ in range(2)]
        finally:
            await sender.close()

    first, second = asyncio.run(send_twice())
    server.shutdown()
    server.server_close()

    assert first.provider_id == second.provider_id == "gw-1"
    assert gateway["taken"] == {str(message.id): "gw-1"}


def test_the_message_shown_has_the_fields_that_are_sent(connection):
    (shown,) = (each for each in EXAMPLES if each.get("type") == "message.send")
    way = connections.way(connection)
    sent = payload(Outgoing(uuid.UUID(shown["id"]), Channel.SMS, shown["to"], shown["text"], way))

    assert list(sent) == list(shown)
    assert {**sent, "timestamp": ""} == {**shown, "timestamp": ""}
    assert len(sent["timestamp"]) == len(shown["timestamp"])


def test_every_event_shown_is_taken(gateway, connection):
    done = [take(connection, gateway, event) for event in EVENTS]

    assert {each.status for each in done} <= {200, 201} and len(EVENTS) == 5
    assert Message.objects.get(account_id=connection.account_id, kind="inbound").text == "STOP"
    assert InboundEvent.objects.get(event_id="x-1").body["type"] == "link.clicked"


def test_the_opt_out_shown_is_in_force_and_the_opt_in_shown_lifts_it(gateway, connection):
    stop, resume = (
        next(each for each in EVENTS if each.get("type") == kind) for kind in ("opt_out", "opt_in")
    )

    take(connection, gateway, stop)
    held = Subscription.objects.get(account_id=connection.account_id, channel="sms")
    assert held.standing == Standing.UNSUBSCRIBED
    take(connection, gateway, {name: value for name, value in resume.items() if name != "at"})
    held.refresh_from_db()
    assert held.standing == Standing.SUBSCRIBED


def test_an_opt_in_that_is_older_than_the_opt_out_lifts_nothing(gateway, connection):
    stop, resume = (
        next(each for each in EVENTS if each.get("type") == kind) for kind in ("opt_out", "opt_in")
    )

    take(connection, gateway, stop)
    take(connection, gateway, {**resume, "at": "2020-01-01T00:00:00Z"})

    held = Subscription.objects.get(account_id=connection.account_id, channel="sms")
    assert held.standing == Standing.UNSUBSCRIBED


def test_an_event_signed_for_another_connection_is_refused(gateway, connection):
    body, headers = gateway["signed"]({"id": "1", **EVENTS[0]})
    others = make.connection(
        make.account("Other"),
        provider="webhook",
        credentials=credentials.encrypt({"signing_secret": "whsec_" + "B" * 32}),
    )

    with pytest.raises(NotAllowed):
        door.take(["webhook", others.token], Request(body, headers))


def test_every_code_is_documented():
    table = DOCUMENT.partition("| `code` |")[2].partition("\n\n")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(CODES)
