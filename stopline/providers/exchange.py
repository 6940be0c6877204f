"""One connection of `wire`: a request goes out, its answer comes back, parsed by llhttp (httptools)."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple, cast

import httptools
from multidict import CIMultiDict

from stopline.providers.base import Permit

LARGEST_ANSWER = 4_000_000  # bytes; a provider's receipt is a few hundred


class Lost(Exception):
    """The connection ended before a whole answer had come, or what came was none."""


class Answered(NamedTuple):
    status: int
    headers: CIMultiDict[str]
    body: bytes


class Exchange(asyncio.Protocol):
    """Requests one after the other, each written whole before the next: what waits in a buffer leaves later than its
    permit was looked at. `reusable` says whether another may follow; if not, close it."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.answered: asyncio.Future[Answered] | None = None
        self.parser = httptools.HttpResponseParser(self)
        self.free = True  # nothing was asked that isn't answered, and the server goes on
        self.idle_since = time.monotonic()
        self._begin()

    @property
    def awaited(self) -> bool:
        return self.answered is not None and not self.answered.done()

    @property
    def reusable(self) -> bool:
        return self.free and not self.transport.is_closing() and not self.transport.get_write_buffer_size()

    @property
    def idle_for(self) -> float:
        return time.monotonic() - self.idle_since

    def ask(self, permit: Permit, request: bytes) -> asyncio.Future[Answered]:
        """Looks at the permit and writes, with nothing in between: this loop's transports write where they are asked
        to. Raises PermitLapsed, and nothing has left. The answer may raise Lost."""
        permit.check()
        self.transport.write(request)
        self.free = False
        self.answered = asyncio.get_running_loop().create_future()
        return self.answered

    def close(self) -> None:
        self.free = False
        self.transport.abort()

    # What asyncio tells a protocol.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if not self.awaited:  # nobody has asked
            self.close()
            return
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._lose(error)

    def connection_lost(self, error: Exception | None) -> None:
        self.free = False
        ends_here = error is None and self.complete_headers and not self.framed
        if ends_here and self.awaited:
            self._answer()
        else:
            self._lose(error)

    # What the parser tells.

    def on_message_begin(self) -> None:
        self._begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.add(name.decode("latin-1"), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        self.complete_headers = True
        # Without either, the answer ends where the connection does (RFC 9112 section 6.3).
        self.framed = "Content-Length" in self.headers or "Transfer-Encoding" in self.headers

    def on_body(self, body: bytes) -> None:
        self.body += body
        if len(self.body) > LARGEST_ANSWER:
            raise Lost("The answer is too long.")

    def on_message_complete(self) -> None:
        if self.parser.get_status_code() < 200:  # on its way (RFC 9110 section 15.2)
            self._begin()
            return
        if not self.awaited:  # a second answer to one question
            self.close()
            return
        self.free = bool(self.parser.should_keep_alive())
        self.idle_since = time.monotonic()
        self._answer()

    def _begin(self) -> None:
        self.headers: CIMultiDict[str] = CIMultiDict()
        self.body = b""
        self.complete_headers = self.framed = False

    def _answer(self) -> None:
        if self.answered:
            self.answered.set_result(Answered(self.parser.get_status_code(), self.headers, self.body))

    def _lose(self, error: Exception | None) -> None:
        if self.answered and not self.answered.done():
            self.answered.set_exception(Lost(str(error or "closed")))
        self.close()
