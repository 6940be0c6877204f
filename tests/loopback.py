"""A real HTTP server on loopback that plays a provider: it answers as told and remembers what it got."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Taken:
    """One request as it arrived."""

    method: str
    path: str  # with its query
    headers: Mapping[str, str]
    body: bytes

    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True)


@dataclass
class Provider:
    """`requests` holds all that arrived in order, `got` the JSON bodies; `answer` may be replaced at any time."""

    answer: Answer
    got: list[dict[str, Any]] = field(default_factory=list)
    requests: list[Taken] = field(default_factory=list)
    url: str = ""
    streams: bool = False  # `answer` reads the body itself, and nothing is remembered

    async def take(self, request: web.Request) -> web.StreamResponse:
        if self.streams:
            return await self.answer(request)
        body = await request.read()
        self.requests.append(Taken(request.method, request.path_qs, dict(request.headers), body))
        if request.content_type == "application/json" and body:
            self.got.append(orjson.loads(body))
        return await self.answer(request)


async def accepts(request: web.Request) -> web.StreamResponse:
    return web.json_response({"id": f"p-{(await request.json())['id']}"}, status=202)


def answers(status: int, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response(body or {}, status=status, headers=headers)

    return answer


def says(status: int, body: bytes, headers: dict[str, str] | None = None) -> Answer:
    """An answer of any bytes at all."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers=headers)

    return answer


async def stops_half_way(request: web.Request) -> web.StreamResponse:
    """Announces an answer of a thousand bytes and closes the connection after a few."""
    answer = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    await answer.prepare(request)
    await answer.write(b'{"id": ')
    assert request.transport is not None
    request.transport.close()
    return answer


async def never_answers(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(60)
    return web.Response()


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """Takes the request and closes the connection without a word."""
    assert request.transport is not None
    request.transport.close()
    raise web.HTTPInternalServerError


def asgi(app: Callable[..., Awaitable[None]]) -> Answer:
    """An ASGI application behind the server, its body in pieces as they arrive. One that answers nothing: a 499."""

    async def answer(request: web.Request) -> web.StreamResponse:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            try:
                part, _ = await request.content.readchunk()
            except (OSError, web.HTTPException, web.RequestPayloadError):
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": part, "more_body": not request.content.at_eof()}

        async def send(event: dict[str, Any]) -> None:
            sent.append(event)

        scope = {
            "type": "http",
            "method": request.method,
            "path": request.path,
            "query_string": request.query_string.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in request.headers.items()],
        }
        await app(scope, receive, send)
        if not sent:
            return web.Response(status=499)
        head, body = sent[0], sent[1]["body"]
        return web.Response(
            status=head["status"], body=body, headers={k.decode(): v.decode() for k, v in head["headers"]}
        )

    return answer


@contextlib.contextmanager
def provider(answer: Answer = accepts, *, streams: bool = False) -> Iterator[Provider]:
    """A running provider; stopped at the end."""
    playing = Provider(answer, streams=streams)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> web.AppRunner:
        app = web.Application(client_max_size=100_000_000)
        app.router.add_route("*", "/{path:.*}", playing.take)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        playing.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    runner = asyncio.run_coroutine_threadsafe(start(), loop).result(5)
    try:
        yield playing
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
