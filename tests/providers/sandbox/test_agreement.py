"""The sandbox's list of opt-outs, over HTTP from the adapter to the gateway and back."""

import asyncio
import contextlib
import sqlite3
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from aiohttp import web

from stopline.providers.base import Way
from stopline.providers.errors import MessageRefused, Misconfigured, TryLater
from stopline.providers.sandbox import gateway, opt_outs
from stopline.providers.sandbox.agreement import SandboxAgreement
from stopline.providers.sandbox.receipts import connection_key
from stopline.rules.words import Channel
from tests import loopback

ADA = "+14155550123"


def way(token: str = "ours") -> Way:
    return Way(uuid4(), "sandbox", "+14155550100", {}, token)


def served(app: gateway.Gateway) -> loopback.Answer:
    """The gateway, an ASGI application, behind the loopback server."""

    async def answer(request: web.Request) -> web.StreamResponse:
        sent = []

        async def receive():
            return {"type": "http.request", "body": await request.read()}

        async def send(event):
            sent.append(event)

        scope = {
            "type": "http",
            "method": request.method,
            "path": request.path,
            "query_string": request.query_string.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in request.headers.items()],
        }
        await app(scope, receive, send)
        return web.Response(status=sent[0]["status"], body=sent[1]["body"])

    return answer


@pytest.fixture
def far(tmp_path, monkeypatch):
    async def knows(token):
        return token in ("ours", "theirs")

    playing = gateway.Gateway(tmp_path, "http://127.0.0.1:9/", knows, reports=False)
    with loopback.provider(served(playing)) as server:
        monkeypatch.setenv("STOPLINE_SANDBOX_URL", f"{server.url}/sandbox/gateway")
        yield playing


def do(act):
    """Runs `act(agreement)` and closes it."""

    async def run():
        agreement = SandboxAgreement()
        try:
            return await act(agreement)
        finally:
            await agreement.close()

    return asyncio.run(run())


def listed(token: str = "ours") -> list:
    async def read(agreement):
        return [each[:2] async for each in agreement.listed(way(token))]

    return do(read)


def test_what_is_added_is_listed_until_it_is_removed(far):
    do(lambda agreement: agreement.add(way(), Channel.SMS, ADA))
    do(lambda agreement: agreement.add(way(), Channel.SMS, ADA))
    do(lambda agreement: agreement.add(way(), Channel.EMAIL, "o'neil+x@example.com"))

    assert listed() == [(Channel.SMS, ADA), (Channel.EMAIL, "o'neil+x@example.com")]

    do(lambda agreement: agreement.remove(way(), Channel.SMS, ADA))
    assert listed() == [(Channel.EMAIL, "o'neil+x@example.com")]


def test_a_long_list_comes_in_pages(far, monkeypatch):
    monkeypatch.setattr(gateway, "PAGE", 3)
    for number in range(8):
        far.opt_outs.add("ours", "sms", f"+1415555010{number}")

    assert len(set(listed())) == 8


def test_each_connection_has_its_own_list(far):
    do(lambda agreement: agreement.add(way(), Channel.SMS, ADA))

    assert listed("theirs") == []


def test_a_stranger_reads_and_changes_nothing(far):
    with pytest.raises(Misconfigured):
        listed("a stranger's")
    with pytest.raises(Misconfigured):
        do(lambda agreement: agreement.add(way("a stranger's"), Channel.SMS, ADA))
    assert listed() == []


def test_an_address_that_is_none_is_refused(far):
    with pytest.raises(MessageRefused):
        do(lambda agreement: agreement.add(way(), Channel.EMAIL, "x" * 300))


@pytest.mark.parametrize(
    "answer",
    [
        loopback.answers(503),
        loopback.answers(429, headers={"Retry-After": "7"}),
        loopback.says(200, b"{"),
        loopback.says(200, b'{"opt_outs": [{"channel": "sms"}], "next": null}'),
        loopback.hangs_up,
        loopback.stops_half_way,
    ],
)
def test_a_bad_day_is_tried_again_later(answer, monkeypatch):
    with loopback.provider(answer) as server:
        monkeypatch.setenv("STOPLINE_SANDBOX_URL", server.url)
        with pytest.raises(TryLater):
            listed()


def test_an_unknown_channel_is_left_out(monkeypatch):
    body = {
        "opt_outs": [{"channel": "fax", "address": "1"}, {"channel": "sms", "address": ADA}],
        "next": None,
    }
    with loopback.provider(loopback.answers(200, body)) as server:
        monkeypatch.setenv("STOPLINE_SANDBOX_URL", server.url)
        assert listed() == [(Channel.SMS, ADA)]


def test_the_list_says_since_when(far):
    before = datetime.now(UTC)
    do(lambda agreement: agreement.add(way(), Channel.SMS, ADA))
    do(lambda agreement: agreement.add(way(), Channel.SMS, ADA))  # which changes nothing

    async def first(agreement):
        return [each async for each in agreement.listed(way())]

    [told] = do(first)
    assert before <= told.since <= datetime.now(UTC)


def test_a_list_from_before_it_said_when_is_still_read(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / opt_outs.FILE)) as old:
        old.executescript(opt_outs.TABLE.replace("since REAL, ", ""))
        old.execute(
            "INSERT INTO opt_out (connection, channel, address) VALUES (?, 'sms', ?)",
            (connection_key("ours"), ADA),
        )
        old.commit()

    page, _ = opt_outs.OptOuts(tmp_path).page("ours", 0, 10)

    assert page == [{"channel": "sms", "address": ADA, "since": None}]
