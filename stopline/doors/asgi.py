"""What the raw ASGI doors share: reading a body, answering, and running the (synchronous) verbs in threads."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import orjson
from django.db import connection
from django.db.utils import InterfaceError, OperationalError

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Result = TypeVar("Result")

# Threads, each with a database connection of its own that it keeps.
THREADS = int(os.environ.get("STOPLINE_DOOR_THREADS", "8"))
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="door")


async def in_thread(verb: Callable[..., Result], *arguments: Any) -> Result:
    return await asyncio.get_running_loop().run_in_executor(_threads, _connected, verb, *arguments)


def _connected(verb: Callable[..., Result], *arguments: Any) -> Result:
    """Runs a verb; a connection that died while it was idle (a restarted database) is replaced once."""
    try:
        return verb(*arguments)
    except (OperationalError, InterfaceError):
        if connection.connection is None or not connection.connection.closed:
            raise
        connection.close()
        return verb(*arguments)


class TooLarge(Exception):
    """The body is larger than this door takes."""


class Gone(Exception):
    """Whoever called hung up before the body was whole. Half of it must not be read as all of it."""


def renew_pool() -> None:
    """Replaces the pool's dead connections: after a restart of the database server all of them are dead."""
    if pool := getattr(connection, "pool", None):
        pool.check()


async def read_body(receive: Receive, largest: int) -> bytes:
    """The request's body of at most `largest` bytes. Raises TooLarge, Gone."""
    parts: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise Gone
        part = event.get("body", b"")
        size += len(part)
        if size > largest:
            raise TooLarge
        parts.append(part)
        if not event.get("more_body"):
            return b"".join(parts)


def headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def answer(send: Send, status: int, body: Mapping[str, Any], kind: bytes = b"application/json") -> None:
    await reply(send, status, orjson.dumps(body), kind)


async def reply(send: Send, status: int, raw: bytes, kind: bytes) -> None:
    fields = [
        (b"content-type", kind),
        (b"content-length", str(len(raw)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": raw})


async def problem(send: Send, status: int, title: str, detail: str) -> None:
    """A problem document (RFC 9457)."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    await answer(send, status, body, b"application/problem+json")
