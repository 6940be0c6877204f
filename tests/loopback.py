"""A real HTTP server on loopback that plays a provider: it answers as told and remembers what it got."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Provider:
    """`got` holds the JSON bodies in order of arrival; `answer` may be replaced at any time."""

    answer: Answer
    got: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    async def take(self, request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            self.got.append(await request.json())
        return await self.answer(request)


async def accepts(request: web.Request) -> web.StreamResponse:
    return web.json_response({"id": f"p-{(await request.json())['id']}"}, status=202)


def answers(status: int, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response(body or {}, status=status, headers=headers)

    return answer


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """Takes the request and closes the connection without a word."""
    assert request.transport is not None
    request.transport.close()
    raise web.HTTPInternalServerError


@contextlib.contextmanager
def provider(answer: Answer = accepts) -> Iterator[Provider]:
    """A running provider; stopped at the end."""
    playing = Provider(answer)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> web.AppRunner:
        app = web.Application()
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
