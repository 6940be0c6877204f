"""One connection to a mail server after signing in: whole messages at a time, commands in groups (RFC 2920).

aiosmtplib opens it, encrypts it and signs in; from there on it waits for the answer to each command before it writes
the next, four round trips a message. A server that offers PIPELINING takes the first three in one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import aiosmtplib

if TYPE_CHECKING:
    from stopline.providers.base import Permit

LONGEST_LINE = 8_192  # bytes of an answer's line; RFC 5321 allows 512
MOST_LINES = 100  # of one answer
GO_ON = 354


class Lost(Exception):
    """The connection is gone, or what came over it is no SMTP."""


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    text: str

    @property
    def good(self) -> bool:
        return 200 <= self.code < 300


@dataclass(frozen=True, slots=True)
class Answers:
    """To MAIL, RCPT, DATA and the message itself; None where it did not come to that."""

    mail: Answer
    recipient: Answer | None = None
    data: Answer | None = None
    message: Answer | None = None


class Line(asyncio.Protocol):
    def __init__(self, client: aiosmtplib.SMTP) -> None:
        assert client.transport
        self.transport = cast(asyncio.Transport, client.transport)
        self.pipelining = client.supports_extension("pipelining")
        self.came = b""
        self.lines: list[bytes] = []
        self.answers: deque[Answer] = deque()
        self.waiting: asyncio.Future[None] | None = None
        self.lost: Exception | None = None
        self.transport.set_protocol(self)

    @property
    def quiet(self) -> bool:
        """Open, all written, and nothing was said that nobody asked for: a server that closes says so first (421)."""
        written = not self.transport.is_closing() and not self.transport.get_write_buffer_size()
        return self.lost is None and written and not self.answers and not self.came

    async def send(
        self, permit: Permit, sender: str, recipient: str, message: bytes, started: asyncio.Event
    ) -> Answers:
        """One message, its lines ended as SMTP wants them. Sets `started` before its first byte leaves.

        Raises PermitLapsed (then nothing of the message has left, and the connection isn't fit for another), Lost.
        """
        group = [f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", "DATA"]
        permit.check()
        mail, to, data = await (self._together(group) if self.pipelining else self._one_by_one(group))
        if data is None or to is None or data.code != GO_ON:
            await self.ask("RSET")
            return Answers(mail, to, data)
        if not (mail.good and to.good):
            # It would take a message for nobody (RFC 2920 section 3.1): it gets an empty one.
            self.transport.write(b".\r\n")
            await self.answer()
            return Answers(mail, to)
        permit.check()  # an answer later: until now nothing of the message has left
        started.set()
        self.transport.write(dotted(message))
        return Answers(mail, to, data, await self.answer())

    async def _together(self, group: list[str]) -> tuple[Answer, Answer | None, Answer | None]:
        self._write(*group)
        return await self.answer(), await self.answer(), await self.answer()

    async def _one_by_one(self, group: list[str]) -> tuple[Answer, Answer | None, Answer | None]:
        mail = await self.ask(group[0])
        to = await self.ask(group[1]) if mail.good else None
        data = await self.ask(group[2]) if to is not None and to.good else None
        return mail, to, data

    async def ask(self, command: str) -> Answer:
        self._write(command)
        return await self.answer()

    async def answer(self) -> Answer:
        """The next one. Raises Lost."""
        while not self.answers:
            if self.lost:
                raise self.lost
            self.waiting = asyncio.get_running_loop().create_future()
            await self.waiting
        return self.answers.popleft()

    async def quit(self) -> None:
        with contextlib.suppress(Lost, TimeoutError):
            async with asyncio.timeout(1):
                await self.ask("QUIT")
        self.close()

    def close(self) -> None:
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        *lines, self.came = (self.came + data).split(b"\n")
        for line in lines:
            self.lines.append(line.rstrip(b"\r"))
            if line[3:4] != b"-":
                self._answered()
        if len(self.came) > LONGEST_LINE or len(self.lines) > MOST_LINES:
            self._lose(Lost("its answer is too long"))
        self._wake()

    def eof_received(self) -> bool:
        self._lose(Lost("it closed the connection"))
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._lose(error or Lost("it closed the connection"))

    def _answered(self) -> None:
        first, said = self.lines[-1][:3], b"\n".join(line[4:] for line in self.lines)
        self.lines = []
        if len(first) == 3 and first.isdigit():
            self.answers.append(Answer(int(first), said.decode("utf-8", "replace")))
        else:
            self._lose(Lost("its answer is no SMTP"))

    def _lose(self, why: Exception) -> None:
        if self.lost is None:
            self.lost = why if isinstance(why, Lost) else Lost(str(why))
        self.transport.close()
        self._wake()

    def _wake(self) -> None:
        if self.waiting and not self.waiting.done():
            self.waiting.set_result(None)

    def _write(self, *commands: str) -> None:
        if self.lost:
            raise self.lost
        self.transport.write("".join(f"{command}\r\n" for command in commands).encode())


def dotted(message: bytes) -> bytes:
    """With a second dot before each that begins a line, and the end (RFC 5321 section 4.5.2)."""
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    stuffed = b"." + stuffed if stuffed.startswith(b".") else stuffed
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")
