"""The far side of the sandbox: takes what a connection sends, and nothing from anybody else."""

import asyncio

import orjson
import pytest

from stopline.providers.sandbox.gateway import PREFIX, Gateway

MESSAGE = {"id": "m-1", "channel": "sms", "from": "+14155550100", "to": "+14155550123", "text": "Hello"}


@pytest.fixture
def gateway(tmp_path):
    async def knows(token):
        return token == "ours"

    return Gateway(tmp_path, "http://127.0.0.1:9/inbound/sandbox", knows, reports=False)


def ask(gateway, method, path="", body=b"", token="ours"):
    """(status, body) of one request."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": body}

    async def send(event):
        sent.append(event)

    headers = [(b"authorization", f"Bearer {token}".encode()), (b"stopline-handoff-started", b"7")]
    scope = {"type": "http", "method": method, "path": PREFIX + path, "headers": headers}
    asyncio.run(gateway(scope, receive, send))
    return sent[0]["status"], orjson.loads(sent[1]["body"])


def test_a_message_is_taken_and_can_be_asked_about(gateway):
    status, answer = ask(gateway, "POST", body=orjson.dumps(MESSAGE))

    assert status == 202
    assert ask(gateway, "GET", "/m-1") == (200, {"id": answer["id"]})
    assert gateway.receipts.all()[0].started_ns == 7


def test_a_message_handed_over_twice_shows_twice(gateway):
    for _ in range(2):
        ask(gateway, "POST", body=orjson.dumps(MESSAGE))

    assert [receipt.message for receipt in gateway.receipts.all()] == ["m-1", "m-1"]


@pytest.mark.parametrize("token", ["", "somebody else's"])
def test_without_a_connections_token_nothing_is_taken_or_told(gateway, token):
    assert ask(gateway, "POST", body=orjson.dumps(MESSAGE), token=token)[0] == 401
    assert ask(gateway, "GET", "/m-1", token=token)[0] == 401
    assert gateway.receipts.all() == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"id": 1}', b"\xff", orjson.dumps({**MESSAGE, "to": None})]
)
def test_what_cannot_be_read_is_refused_with_what_to_send(gateway, body):
    status, answer = ask(gateway, "POST", body=body)

    assert status == 400
    assert "id, channel, from, to, text" in answer["detail"]
