"""One bound session: requests and their answers, a window of those outstanding, a sign of life now and then."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import ssl
from collections.abc import Awaitable, Callable

from stopline.providers import reach
from stopline.providers.base import Permit, clock
from stopline.providers.errors import Misconfigured, OutcomeUnknown, PermitLapsed, TryLater
from stopline.providers.smpp import pdu, statuses
from stopline.providers.smpp.pdu import Malformed, Pdu
from stopline.providers.smpp.terms import Terms

# Seconds. A hand-off may take as long as one over HTTP, because an unsubscribe waits for it.
CONNECT_WITHIN, BIND_WITHIN, RESPOND_WITHIN, UNBIND_WITHIN = 3.0, 5.0, 10.0, 1.0
ENQUIRE_EVERY = 30.0
MOST_UNREAD = 200  # deliver_sm waiting to be stored
LARGEST_SEQUENCE = 0x7FFFFFFF
AWAY = "The gateway can't be reached. Stopline will try again by itself."

Deliver = Callable[["Session", Pdu], Awaitable[int]]


class Lost(Exception):
    """The session ended, or its answer did not come in time."""


class Session:
    """`deliver` stores a deliver_sm and returns the status to answer it with."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, terms: Terms, deliver: Deliver
    ) -> None:
        self.reader, self.writer, self.deliver = reader, writer, deliver
        self.ended = asyncio.Event()
        self.window = asyncio.Semaphore(terms.window)
        self.waiting: dict[int, asyncio.Future[Pdu]] = {}
        self.unread: asyncio.Queue[Pdu] = asyncio.Queue(MOST_UNREAD)
        self.heard = clock()
        self._sequence = itertools.cycle(range(1, LARGEST_SEQUENCE + 1))
        writer.transport.set_write_buffer_limits(0)  # so that `drain` waits until everything has left
        parts = (self._read(), self._deliver(), self._keep_alive())
        self.parts = [asyncio.create_task(part) for part in parts]

    async def bind(self, terms: Terms) -> None:
        """Raises Misconfigured, TryLater."""
        try:
            body = pdu.bind(terms.system_id, terms.password, terms.system_type)
            answer = await self._request(pdu.BIND_TRANSCEIVER, body, BIND_WITHIN)
        except Malformed as error:
            raise Misconfigured(f"System ID, password or system type can't be sent: {error}.") from error
        except Lost as error:
            raise TryLater(AWAY) from error
        if answer.status != statuses.OK:
            raise statuses.of_bind(answer.status)

    async def submit(self, body: bytes, permit: Permit | None, within: float) -> Pdu:
        """The answer to a submit_sm. With a permit it is looked at before the first byte leaves, when all that was
        written before has left.

        Raises PermitLapsed and TryLater (nothing left), OutcomeUnknown (it may have).
        """
        try:
            async with asyncio.timeout(permit.deadline - clock() if permit else within):
                await self.window.acquire()
        except TimeoutError as error:
            raise PermitLapsed if permit else OutcomeUnknown from error
        try:
            await self._quiet()
            if self.ended.is_set():
                raise TryLater(AWAY)
            if permit:
                permit.check()
            return await self._request(pdu.SUBMIT_SM, body, within)
        except Lost as error:
            raise OutcomeUnknown from error
        finally:
            self.window.release()

    async def close(self) -> None:
        """Says goodbye, where there is somebody to say it to."""
        if not self.ended.is_set():
            with contextlib.suppress(Lost):
                await self._request(pdu.UNBIND, b"", UNBIND_WITHIN)
        self.end()
        await asyncio.gather(*self.parts, return_exceptions=True)
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(UNBIND_WITHIN):
                await self.writer.wait_closed()

    def end(self) -> None:
        if self.ended.is_set():
            return
        self.ended.set()
        for waiting in self.waiting.values():
            if not waiting.done():
                waiting.set_exception(Lost())
        self.writer.close()
        for part in self.parts:
            if part is not asyncio.current_task():
                part.cancel()

    async def _quiet(self) -> None:
        with contextlib.suppress(OSError):
            while self.writer.transport.get_write_buffer_size() and not self.ended.is_set():
                await self.writer.drain()

    async def _request(self, command: int, body: bytes, within: float) -> Pdu:
        """Raises Lost. What is answered later is nobody's any more."""
        sequence = next(self._sequence)
        answered: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        self.waiting[sequence] = answered
        try:
            self._write(Pdu(command, sequence, body=body))
            # Not `wait_for`: before Python 3.12 that drowns a cancellation which comes with the answer.
            async with asyncio.timeout(within):
                return await answered
        except (OSError, TimeoutError) as error:
            raise Lost from error
        finally:
            del self.waiting[sequence]

    def _write(self, message: Pdu) -> None:
        if self.ended.is_set():
            raise Lost
        self.writer.write(message.encode())

    async def _read(self) -> None:
        try:
            while True:
                found = await pdu.read(self.reader)
                self.heard = clock()
                if self._take(found):
                    break
        except Malformed:
            # From here on nobody knows where the next one begins.
            with contextlib.suppress(Lost):
                self._write(Pdu(pdu.GENERIC_NACK, 0, statuses.INVALID_LENGTH))
        except (asyncio.IncompleteReadError, OSError, Lost):
            pass
        finally:
            self.end()

    def _take(self, found: Pdu) -> bool:
        """Whether the other side says goodbye."""
        if found.is_response:
            waiting = self.waiting.get(found.sequence)
            if waiting and not waiting.done():
                waiting.set_result(found)
            return False
        answer = Pdu(found.command | pdu.RESPONSE, found.sequence)
        match found.command:
            case pdu.DELIVER_SM:
                if self.unread.full():
                    self._write(Pdu(answer.command, found.sequence, statuses.QUEUE_FULL, b"\x00"))
                else:
                    self.unread.put_nowait(found)
            case pdu.ENQUIRE_LINK | pdu.UNBIND:
                self._write(answer)
            case pdu.ALERT:
                pass  # it wants no answer
            case _:
                self._write(Pdu(pdu.GENERIC_NACK, found.sequence, statuses.INVALID_COMMAND))
        return found.command == pdu.UNBIND

    async def _deliver(self) -> None:
        """One after the other, as they came; the answer leaves when it is stored."""
        while True:
            found = await self.unread.get()
            status = await self.deliver(self, found)
            with contextlib.suppress(Lost):
                self._write(Pdu(found.command | pdu.RESPONSE, found.sequence, status, b"\x00"))

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(max(0.0, self.heard + ENQUIRE_EVERY - clock()))
            if clock() - self.heard < ENQUIRE_EVERY:
                continue
            try:
                await self._request(pdu.ENQUIRE_LINK, b"", RESPOND_WITHIN)
            except Lost:
                return self.end()


async def opened(terms: Terms, deliver: Deliver) -> Session:
    """Connects and binds. Raises Misconfigured, TryLater."""
    address, port = await _resolved(terms)
    secure = ssl.create_default_context() if terms.tls else None
    name = terms.host if terms.tls else None
    try:
        async with asyncio.timeout(CONNECT_WITHIN):
            reader, writer = await asyncio.open_connection(address, port, ssl=secure, server_hostname=name)
    except ssl.SSLCertVerificationError as error:
        words = f"The gateway's certificate can't be trusted ({error.verify_message})."
        raise Misconfigured(f"{words} Ask its operator, or check the host.") from error
    except (OSError, TimeoutError) as error:
        raise TryLater(AWAY) from error
    session = Session(reader, writer, terms, deliver)
    try:
        await session.bind(terms)
    except BaseException:
        session.end()
        raise
    return session


async def _resolved(terms: Terms) -> tuple[str, int]:
    """A name server that is away must not pause a connection: what people write would no longer come in."""
    try:
        return await reach.resolve(terms.host, terms.port)
    except Misconfigured as error:
        cause = error.__cause__
        if isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_AGAIN:
            raise TryLater(AWAY) from error
        raise
    except UnicodeError as error:
        raise Misconfigured(f"{terms.host} is not a host name. Check it for a typing mistake.") from error
