"""One connection to a mail server after signing in: mail after mail, commands in groups (RFC 2920).

aiosmtplib opens it, encrypts it and signs in; from there on it waits for the answer to each command before it writes
the next, four round trips a mail. A server that offers PIPELINING takes a mail's text together with the commands of
the next one (section 3.1): one round trip a mail.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import aiosmtplib

from stopline.providers.errors import PermitLapsed

if TYPE_CHECKING:
    from stopline.providers.base import Permit

LONGEST_LINE = 8_192  # bytes of an answer's line; RFC 5321 allows 512
MOST_LINES = 100  # of one answer
# Bytes of a text that the next mail's commands may go with: an empty socket takes them at once. Behind a longer one
# they would wait in our memory, and leave whenever the server reads on, long after their permit was looked at.
SHORT = 16_384
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


@dataclass(slots=True, eq=False)
class Mail:
    """One to hand over: from whom to whom, and its bytes, their lines ended as SMTP wants them.

    `told`: what the server said, or the error that kept it from that: PermitLapsed, Lost, or one of opening a
    connection. Once that is known, nothing of the mail is begun any more. `started` is set before the first byte of its
    text leaves; until then an error means that nothing of it has.
    """

    permit: Permit
    sender: str
    recipient: str
    content: bytes
    told: asyncio.Future[Answers]
    started: bool = False
    line: Line | None = None  # that has it in hand

    def answer(self, told: Answers) -> None:
        if not self.told.done():
            self.told.set_result(told)

    def fail(self, error: Exception) -> None:
        if not self.told.done():
            self.told.set_exception(error)

    def give_up(self) -> None:
        """Nobody waits for it any longer."""
        self.fail(Lost("it took too long"))
        if self.line:
            self.line.given_up(self)

    @property
    def group(self) -> list[str]:
        return [f"MAIL FROM:<{self.sender}>", f"RCPT TO:<{self.recipient}>", "DATA"]

    def may_leave(self) -> bool:
        """Asked immediately before something is written; the mail is told where its permit has lapsed."""
        try:
            self.permit.check()
        except PermitLapsed as lapsed:
            self.fail(lapsed)
        return not self.told.done()


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
        # The one that is being handed over, and the one whose commands went with its text.
        self.in_hand: list[Mail] = []
        self.unheard: Mail | None = None  # the latter, until something is said to it
        self.transport.set_protocol(self)

    @property
    def quiet(self) -> bool:
        """Open, all written, and nothing was said that nobody asked for: a server that closes says so first (421)."""
        written = not self.transport.is_closing() and not self.transport.get_write_buffer_size()
        return self.lost is None and written and not self.answers and not self.came

    async def carry(self, mail: Mail, following: Callable[[], Mail | None]) -> Mail | None:
        """Hands it over, and while all goes well those that wait behind it. Afterwards the connection is `quiet`, or
        closed. Returns one that another connection should carry: the server went away behind the mail before it."""
        if not mail.may_leave():
            return None
        try:
            self._take(mail)
            if self.pipelining:
                self._write(*mail.group)
            while self.in_hand:
                await self._hand_over(self.in_hand[0], following)
                del self.in_hand[0]
        except Exception as error:  # whatever it is, nobody in hand is left without an answer
            self._lose(error)
            again, self.unheard = self.unheard, None
            for each in self.in_hand:
                if each is not again:
                    each.fail(error)
            return again
        finally:
            self.in_hand = []
        return None

    def given_up(self, mail: Mail) -> None:
        """Its answer may never come, and the next one's neither. One whose turn hasn't come costs the one before it
        nothing."""
        if self.in_hand[:1] == [mail]:
            self._lose(Lost("it took too long"))

    async def _hand_over(self, mail: Mail, following: Callable[[], Mail | None]) -> None:
        # Given up behind the one before it: nobody would notice that nothing is said to it.
        if mail.told.done():
            raise Lost("it was given up meanwhile")
        told = await self._offer(mail)
        if told.data is None or told.data.code != GO_ON:
            await self.ask("RSET")
        elif not told.recipient or not (told.mail.good and told.recipient.good):
            # It would take a mail for nobody (RFC 2920 section 3.1): it gets an empty one.
            self.transport.write(b".\r\n")
            await self.answer()
        elif self.lost or not mail.may_leave():  # an answer later: until now nothing of the mail has left
            raise Lost("it waits for a mail that will not come")
        else:
            text = dotted(mail.content)
            behind = self._begin_next(following) if self.pipelining and len(text) <= SHORT else b""
            mail.started = True
            self.transport.write(text + behind)
            told = Answers(told.mail, told.recipient, told.data, await self.answer())
        mail.answer(told)

    async def _offer(self, mail: Mail) -> Answers:
        """What is said to its commands."""
        if self.pipelining:  # they were written already
            first = await self.answer()
            self.unheard = None
            return Answers(first, await self.answer(), await self.answer())
        return Answers(*await self._one_by_one(mail.group))

    def _begin_next(self, following: Callable[[], Mail | None]) -> bytes:
        """The commands of the next mail that waits, if any does; from here on it is in our hands."""
        while mail := following():
            if mail.may_leave():
                self._take(mail)
                self.unheard = mail
                return _lines(*mail.group)
        return b""

    def _take(self, mail: Mail) -> None:
        mail.line = self
        self.in_hand.append(mail)

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
        """At once: what is left of a text is not written any more."""
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        *lines, self.came = (self.came + data).split(b"\n")
        for line in lines:
            if self.lost:  # what comes behind an answer that is none belongs to nobody
                return
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
        self.close()
        self._wake()

    def _wake(self) -> None:
        if self.waiting and not self.waiting.done():
            self.waiting.set_result(None)

    def _write(self, *commands: str) -> None:
        if self.lost:
            raise self.lost
        self.transport.write(_lines(*commands))


def _lines(*commands: str) -> bytes:
    return "".join(f"{command}\r\n" for command in commands).encode()


def dotted(message: bytes) -> bytes:
    """With a second dot before each that begins a line, and the end (RFC 5321 section 4.5.2)."""
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    stuffed = b"." + stuffed if stuffed.startswith(b".") else stuffed
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")
