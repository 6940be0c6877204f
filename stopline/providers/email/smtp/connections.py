"""Connections to mail servers, kept open between messages."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

import aiosmtplib

from stopline.providers import reach
from stopline.providers.base import Way, clock
from stopline.providers.email.smtp import answers
from stopline.providers.email.smtp.line import Line, Lost, Mail
from stopline.providers.errors import Misconfigured, TryLater

TLS, STARTTLS, PLAIN = "tls", "starttls", "none"
PORTS = {TLS: 465, STARTTLS: 587, PLAIN: 25}
CONNECT_WITHIN = 3.0  # seconds, each for the socket and for signing in
ANSWER_WITHIN = 8.0  # seconds for one command
AT_ONCE = 5  # connections to one server, unless the account says otherwise; many refuse more from one client
MOST_AT_ONCE = 50
LOOK_AFTER = 2.0  # seconds of rest behind which a kept connection is asked whether it is still there
REST = 25.0  # seconds; servers close what rests longer (RFC 5321 allows 5 minutes, few wait so long)


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    at_once: int = AT_ONCE

    @classmethod
    def of(cls, way: Way) -> Server:
        """Raises Misconfigured."""
        security = str(way.settings.get("security") or STARTTLS)
        host = str(way.settings.get("host") or "").strip()
        user = str(way.settings.get("user") or "").strip()
        port = str(way.settings.get("port") or PORTS.get(security, 0)).strip()
        if not host or security not in PORTS or not port.isdecimal() or not 0 < int(port[:6]) < 65536:
            raise Misconfigured("The mail server's host, port or kind of encryption is missing or not right.")
        password = way.credentials.get("password", "")
        if security == PLAIN and password:
            raise Misconfigured(
                "A password is only sent over an encrypted connection. Choose TLS or STARTTLS."
            )
        at_once = int(way.settings.get("at_once") or AT_ONCE)
        return cls(host, int(port), security, user, password, max(1, min(at_once, MOST_AT_ONCE)))


@dataclass
class Kept:
    line: Line
    rested_since: float = 0.0


class Connections:
    """The mails that wait for each server, and the few connections to it that carry them."""

    def __init__(self) -> None:
        self.context = ssl.create_default_context()
        self.desks: dict[Server, Desk] = {}
        # Of each way as it was last seen: a batch's mails share one.
        self.known: dict[UUID, tuple[Way, Desk]] = {}

    def desk(self, way: Way) -> Desk:
        """Raises Misconfigured."""
        seen, desk = self.known.get(way.id, (None, None))
        if desk is None or seen is not way:
            server = Server.of(way)
            desk = self.desks.setdefault(server, Desk(server, self.context))
            self.known[way.id] = way, desk
        return desk

    async def close(self) -> None:
        for desk in self.desks.values():
            await desk.close()
        self.desks.clear()
        self.known.clear()


class Desk:
    """One server's."""

    def __init__(self, server: Server, context: ssl.SSLContext) -> None:
        self.server = server
        self.context = context
        self.waiting: deque[Mail] = deque()
        self.resting: list[Kept] = []
        self.carriers: set[asyncio.Task[None]] = set()

    def add(self, mail: Mail) -> None:
        """It is handed over when its turn has come, and `mail.told`."""
        self.waiting.append(mail)
        if len(self.carriers) < self.server.at_once:
            self.carriers.add(asyncio.create_task(self._carry()))

    async def close(self) -> None:
        for task in list(self.carriers):
            task.cancel()
        await asyncio.gather(*self.carriers, return_exceptions=True)
        self.carriers.clear()
        for kept in self.resting:
            await kept.line.quit()
        self.resting.clear()

    def _next(self) -> Mail | None:
        while self.waiting:
            mail = self.waiting.popleft()
            if not mail.told.done():
                return mail
        return None

    async def _carry(self) -> None:
        """Over one connection after the other, while anything waits."""
        line = None
        try:
            while mail := self._next():
                try:
                    line = line or await self._rested() or await self._open()
                except Exception as error:  # one that can't leave is no reason to leave the others lying
                    mail.fail(error)
                    continue
                if again := await line.carry(mail, self._next):
                    self.waiting.appendleft(again)
                if not line.quiet:
                    line.close()
                    line = None
            if line:
                self.resting.append(Kept(line, clock()))
        except asyncio.CancelledError:
            if line:
                line.close()
            raise
        finally:
            # Now, not when the loop comes round to it: whoever adds a mail meanwhile would count on us.
            self.carriers.discard(cast(asyncio.Task[None], asyncio.current_task()))

    async def _rested(self) -> Line | None:
        while self.resting:
            kept = self.resting.pop()
            rested = clock() - kept.rested_since
            if kept.line.quiet and rested < REST and (rested < LOOK_AFTER or await _answers(kept.line)):
                return kept.line
            kept.line.close()
        return None

    async def _open(self) -> Line:
        """Raises TryLater and Misconfigured; nothing of a mail has left."""
        server = self.server
        try:
            return Line(await _sign_in(server, await _socket(server), self.context))
        except aiosmtplib.SMTPAuthenticationError as error:
            raise answers.refused(error.code, error.message) from None
        except aiosmtplib.SMTPResponseException as error:
            raise TryLater(f"The mail server answered {error.code} {error.message[:200]}.") from None
        except ssl.SSLCertVerificationError as error:
            raise Misconfigured(
                f"The certificate of {server.host} can't be trusted: {error.verify_message}."
            ) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            if type(error) in (aiosmtplib.SMTPException, aiosmtplib.SMTPNotSupported):  # no STARTTLS, no AUTH
                raise Misconfigured(f"{server.host} can't be used like this: {error}") from None
            if isinstance(error.__cause__, ssl.SSLCertVerificationError):
                raise Misconfigured(
                    f"The certificate of {server.host} can't be trusted: {error.__cause__.verify_message}."
                ) from None
            raise TryLater(f"{server.host} can't be reached. Stopline will try again by itself.") from error


async def _sign_in(server: Server, opened: socket.socket, context: ssl.SSLContext) -> aiosmtplib.SMTP:
    client = aiosmtplib.SMTP(
        # The name, for the certificate; the socket goes to the address that `reach` allowed.
        hostname=server.host,
        sock=opened,
        use_tls=server.security == TLS,
        start_tls=server.security == STARTTLS,
        tls_context=context,
        timeout=ANSWER_WITHIN,
    )
    try:
        await client.connect(timeout=CONNECT_WITHIN)
        # What is offered differs once the connection is encrypted.
        await client.ehlo(timeout=CONNECT_WITHIN)
        if server.user or server.password:
            await _authenticate(client, server)
    except BaseException:
        client.close()
        opened.close()
        raise
    return client


async def _authenticate(client: aiosmtplib.SMTP, server: Server) -> None:
    """By one mechanism only: servers take their time over each wrong password, and we have little."""
    offered = client.supported_auth_methods
    ways = {"plain": client.auth_plain, "login": client.auth_login, "cram-md5": client.auth_crammd5}
    way = next((way for name, way in ways.items() if name in offered), None)
    if way is None:
        raise aiosmtplib.SMTPNotSupported("it offers no way to sign in that Stopline knows.")
    await way(server.user, server.password, timeout=ANSWER_WITHIN)


async def _socket(server: Server) -> socket.socket:
    address, port = await reach.resolve(server.host, server.port)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setblocking(False)
    # asyncio does so for sockets of its own only. Without it the end of every mail waits for the acknowledgement of
    # its beginning, which the other side puts off by 40 ms.
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        async with asyncio.timeout(CONNECT_WITHIN):
            await asyncio.get_running_loop().sock_connect(opened, (address, port))
    except BaseException:
        opened.close()
        raise
    return opened


async def _answers(line: Line) -> bool:
    try:
        async with asyncio.timeout(1):
            return (await line.ask("RSET")).good
    except (Lost, TimeoutError):
        return False
