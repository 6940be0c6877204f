"""GET /live/: one stream of server-sent events (WHATWG HTML, section 9.2) for each open page.

Says which things of the member's account changed, by name only; the page fetches what it shows through its own
views, with their own permissions. One LISTEN connection serves every page of the process.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from importlib import import_module
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import constant_time_compare

from stopline.apps.accounts import live, members
from stopline.apps.accounts.models import User
from stopline.doors.asgi import Receive, Scope, Send, headers, in_thread, problem, renew_pool

KEEP_ALIVE = 15.0  # seconds between two comments, so that proxies don't close a quiet stream
MOST_WAITING = 200  # notices a slow page may be behind before it is told to fetch everything
log = structlog.get_logger(__name__)

Notices = asyncio.Queue[str | None]


class LiveDoor:
    def __init__(self) -> None:
        self.pages: dict[str, set[Notices]] = defaultdict(set)
        self.listener: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        listening = await in_thread(_listening, headers(scope).get("cookie", ""))
        if not listening:
            await problem(send, 401, "Signed out", "Sign in again to go on seeing changes as they happen.")
            return
        if self.listener is None or self.listener.done():
            self.listener = asyncio.create_task(self.listen())
        notices: Notices = asyncio.Queue(MOST_WAITING)
        for name in listening:
            self.pages[name].add(notices)
        try:
            await self.stream(notices, receive, send)
        finally:
            for name in listening:
                self.pages[name].discard(notices)

    async def stream(self, notices: Notices, receive: Receive, send: Send) -> None:
        fields = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        gone = asyncio.create_task(_gone(receive))
        try:
            async for chunk in _chunks(notices, gone):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            gone.cancel()
        await send({"type": "http.response.body", "body": b""})

    async def listen(self) -> None:
        """Passes notices on for as long as the process lives; after a lost connection every page starts anew."""
        pause = 0.2
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    **live.connection_parameters(), autocommit=True
                ) as connection:
                    await connection.execute(f"LISTEN {live.CHANNEL}")
                    await in_thread(renew_pool)  # told to start anew, every page asks at once
                    self.tell_all("resync")
                    pause = 0.2
                    async for notice in connection.notifies():
                        account, _, topics = notice.payload.partition(" ")
                        self.tell(account, topics.split())
            except (psycopg.Error, OSError) as error:
                log.warning("live.listening_again", error=str(error))
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5)

    def tell(self, account: str, topics: list[str]) -> None:
        for notices in list(self.pages.get(account, ())):
            for topic in topics:
                _put(notices, topic)
            if live.LEFT in topics:  # no longer a member: their pages may connect again where they still are
                _put(notices, None)

    def tell_all(self, topic: str) -> None:
        for account in list(self.pages):
            self.tell(account, [topic])

    async def close(self) -> None:
        """Ends every stream, so that a stop doesn't wait for open pages."""
        for pages in list(self.pages.values()):
            for notices in list(pages):
                _put(notices, None)
        if self.listener:
            self.listener.cancel()


def _put(notices: Notices, topic: str | None) -> None:
    if notices.full():
        while not notices.empty():
            notices.get_nowait()
        notices.put_nowait("resync")
    notices.put_nowait(topic)


async def _chunks(notices: Notices, gone: asyncio.Task[None]) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    while not gone.done():
        waiting = asyncio.ensure_future(notices.get())
        done, _ = await asyncio.wait({waiting, gone}, timeout=KEEP_ALIVE, return_when=asyncio.FIRST_COMPLETED)
        if waiting not in done:
            waiting.cancel()
            yield b": still here\n\n"
            continue
        topics = [waiting.result()]
        while not notices.empty():
            topics.append(notices.get_nowait())
        yield "".join(
            f"event: changed\ndata: {topic}\n\n" for topic in dict.fromkeys(topics) if topic
        ).encode()
        if None in topics:
            return


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _listening(cookie: str) -> tuple[str, ...]:
    """The account and the user of the member whose session the cookie names: what the page may hear of.

    Checked as Django's own middleware does; empty for nobody.
    """
    morsel = SimpleCookie(cookie).get(settings.SESSION_COOKIE_NAME)
    if morsel is None:
        return ()
    session: Any = import_module(settings.SESSION_ENGINE).SessionStore(morsel.value)
    user = (
        User.objects.filter(id=session.get(SESSION_KEY), is_active=True).first()
        if session.get(SESSION_KEY)
        else None
    )
    if user is None or session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return ()
    if not constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        return ()
    member = members.current(user, session.get("account"))
    return (str(member.account_id), str(user.id)) if member else ()
