"""The far side of the sandbox: a small HTTP service that takes messages as a provider does, and reports on them.

    POST /sandbox/gateway/messages       Authorization: Bearer <token>; {"id", "channel", "from", "to", "text"},
        with files also "media": [{"url", "content_type", "name"}]
        202 {"id": provider id}
    GET  /sandbox/gateway/messages/<id>  200 {"id": provider id} or 404
    GET  /sandbox/gateway/opt-outs?after=<n>
        200 {"opt_outs": [{"channel", "address"}], "next": n or null}
    PUT, DELETE /sandbox/gateway/opt-outs/<channel>/<address>
        204

Reports go to /inbound/sandbox/<token>, gathered for a moment as large providers do. Reports not yet delivered
when the process ends are lost, as they are with real ones.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

import aiohttp
import orjson

from stopline.providers.sandbox.opt_outs import OptOuts
from stopline.providers.sandbox.receipts import Receipts
from stopline.rules.words import CONSENT_CHANNELS, Channel

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

PREFIX = "/sandbox/gateway/messages"
OPT_OUTS = "/sandbox/gateway/opt-outs"
PATHS = (PREFIX, OPT_OUTS)
PAGE = 500  # opt-outs
LONGEST_ADDRESS = 254  # characters
LARGEST_BODY = 1_000_000  # bytes
GATHER = 0.2  # seconds
READ_AFTER = 2.0  # seconds
MOST_REPORTS = 200  # in one request
REPORTS_READING = (Channel.WHATSAPP, Channel.RCS)
FIELDS = ("id", "channel", "from", "to", "text")


class Gateway:
    """An ASGI application. `knows` tells whether a token is a connection's; `reports` False: stays silent about
    the messages it took."""

    def __init__(
        self, data: Path, inbound_url: str, knows: Callable[[str], Awaitable[bool]], *, reports: bool = True
    ) -> None:
        self.knows = knows
        self.known: set[str] = set()
        self.receipts = Receipts(data)
        self.opt_outs = OptOuts(data)
        self.inbound_url = inbound_url
        self.reports = reports
        self.waiting: dict[str, list[dict[str, str]]] = defaultdict(list)
        self.reporter: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = _token(scope)
        path = scope["path"].removeprefix(PREFIX).strip("/")
        if not token or not await self.is_known(token):
            await _answer(
                send,
                401,
                {"title": "The token is missing or unknown", "detail": "Send Authorization: Bearer <token>."},
            )
        elif scope["path"].startswith(OPT_OUTS):
            await self.tell_opt_outs(scope, send, token)
        elif scope["method"] == "POST" and not path:
            await self.take(scope, receive, send, token)
        elif scope["method"] == "GET" and path:
            await self.tell(send, token, path)
        else:
            await _answer(send, 404, {"title": "There is nothing here"})

    async def is_known(self, token: str) -> bool:
        """Asked once a token, while this process lives."""
        if token not in self.known and await self.knows(token):
            self.known.add(token)
        return token in self.known

    async def take(self, scope: Scope, receive: Receive, send: Send, token: str) -> None:
        received_ns = time.time_ns()
        message = _message(await read_body(receive, LARGEST_BODY))
        if message is None:
            problem = f"Send a JSON object of texts, {', '.join(FIELDS)}, and perhaps a list of files, media."
            await _answer(send, 400, {"title": "The message can't be read", "detail": problem})
            return
        started = _header(scope, b"stopline-handoff-started")
        provider_id = self.receipts.append(
            token, message, int(started) if started.isdigit() else 0, received_ns
        )
        self.report(token, provider_id, "delivered")
        if message["channel"] in REPORTS_READING:
            asyncio.get_running_loop().call_later(READ_AFTER, self.report, token, provider_id, "read")
        await _answer(send, 202, {"id": provider_id})

    async def tell(self, send: Send, token: str, message_id: str) -> None:
        found = self.receipts.of_message(token, message_id)
        if found:
            await _answer(send, 200, {"id": found[0].provider_id})
        else:
            await _answer(send, 404, {"title": "No such message"})

    async def tell_opt_outs(self, scope: Scope, send: Send, token: str) -> None:
        """Its list of opt-outs: read it, or put an address on it or take one off."""
        channel, _, address = scope["path"].removeprefix(OPT_OUTS).strip("/").partition("/")
        change = {"PUT": self.opt_outs.add, "DELETE": self.opt_outs.remove}.get(scope["method"])
        if scope["method"] == "GET" and not channel:
            after = parse_qs(scope["query_string"].decode("latin-1")).get("after", ["0"])[0]
            found, following = self.opt_outs.page(token, int(after) if after.isdecimal() else 0, PAGE)
            await _answer(send, 200, {"opt_outs": found, "next": following})
        elif change and channel in CONSENT_CHANNELS and 0 < len(address) <= LONGEST_ADDRESS:
            change(token, channel, address)
            await _answer(send, 204, None)
        else:
            await _answer(send, 404, {"title": "There is nothing here"})

    def report(self, token: str, provider_id: str, state: str) -> None:
        if not self.reports:
            return
        self.waiting[token].append({"id": f"{provider_id}:{state}", "message": provider_id, "state": state})
        if self.reporter is None or self.reporter.done():
            self.reporter = asyncio.create_task(self.deliver())

    async def deliver(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            while self.waiting:
                await asyncio.sleep(GATHER)
                waiting, self.waiting = self.waiting, defaultdict(list)
                for token, states in waiting.items():
                    for start in range(0, len(states), MOST_REPORTS):
                        await self.post(session, token, states[start : start + MOST_REPORTS])

    async def post(self, session: aiohttp.ClientSession, token: str, states: list[dict[str, str]]) -> None:
        """Tries three times, then gives up: a report is a courtesy."""
        url = f"{self.inbound_url}/{quote(token, safe='')}"
        for pause in (0.5, 2, 0):
            try:
                async with session.post(url, data=orjson.dumps({"states": states})) as got:
                    if got.status < 500:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(pause)


def from_environment(data: Path, knows: Callable[[str], Awaitable[bool]]) -> Gateway:
    base = os.environ.get("STOPLINE_INTERNAL_URL") or f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
    reports = os.environ.get("STOPLINE_SANDBOX_REPORTS", "1") != "0"
    return Gateway(data, f"{base}/inbound/sandbox", knows, reports=reports)


async def read_body(receive: Receive, largest: int) -> bytes | None:
    """The request's body; None where it is larger than `largest` bytes."""
    parts: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        parts.append(event.get("body", b""))
        size += len(parts[-1])
        if size > largest:
            return None
        if not event.get("more_body"):
            return b"".join(parts)


def _message(body: bytes | None) -> dict[str, Any] | None:
    try:
        found = orjson.loads(body or b"")
    except orjson.JSONDecodeError:
        return None
    whole = isinstance(found, dict) and all(isinstance(found.get(field), str) for field in FIELDS)
    return found if whole and _are_files(found.get("media", [])) else None


def _are_files(media: Any) -> bool:
    """A list of {"url", "content_type", "name"}; it may be left out."""
    return isinstance(media, list) and all(
        isinstance(each, dict) and str(each.get("url")).startswith(("https://", "http://")) for each in media
    )


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _token(scope: Scope) -> str:
    kind, _, token = _header(scope, b"authorization").partition(" ")
    return token if kind.lower() == "bearer" else ""


async def _answer(send: Send, status: int, body: dict[str, Any] | None) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if body is None else orjson.dumps(body)})
