"""A real mail server on loopback: it answers as told and remembers what it got."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope


@dataclass
class MailServer:
    """`answers` by command (RCPT, DATA); anything else is taken. `hangs_up` at a command: no word more."""

    answers: dict[str, str] = field(default_factory=dict)
    hangs_up: str = ""
    got: list[Envelope] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    sessions: set[Any] = field(default_factory=set)
    port: int = 0

    async def handle_MAIL(self, server, session, envelope, address, mail_options):  # noqa: N802 (aiosmtpd's name)
        self._note("MAIL", server, session)
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):  # noqa: N802 (aiosmtpd's name)
        self._note("RCPT", server, session)
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (aiosmtpd's name)
        self._note("DATA", server, session)
        self.got.append(envelope)
        return self.answers.get("DATA", "250 2.0.0 taken")

    def _note(self, command, server, session):
        self.commands.append(command)
        self.sessions.add(session.peer)
        if self.hangs_up == command:
            server.transport.abort()


@contextlib.contextmanager
def mail_server(*, ssl_context: ssl.SSLContext | None = None, **options: Any) -> Iterator[MailServer]:
    """`ssl_context`: TLS from the first byte; `options` go to aiosmtpd's SMTP."""
    playing = MailServer()
    with serving(lambda: SMTP(playing, hostname="mail.example", **options), ssl_context) as port:
        playing.port = port
        yield playing


@contextlib.contextmanager
def serving(protocol: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server on loopback in a thread of its own; its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> asyncio.Server:
        return await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(5)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.run_until_complete(_end(asyncio.all_tasks(loop)))
        loop.close()


async def _end(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def knows(user: bytes, password: bytes):
    def authenticator(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (user, password), handled=False)

    return authenticator
