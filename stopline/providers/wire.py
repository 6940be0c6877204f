"""The wire to providers for messages: HTTP/1.1 POSTs over connections that stay open, and the permit looked at in the
statement before the bytes leave (docs/decisions/0030).

Everything that reaches nobody (lists of opt-outs, templates, files) goes through `http` and its library.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import aiohappyeyeballs
from yarl import URL

from stopline.providers import http, reach
from stopline.providers.base import Permit
from stopline.providers.errors import Misconfigured, OutcomeUnknown, TryLater
from stopline.providers.exchange import Exchange, Lost

# Seconds a provider may take to answer. An unsubscribe waits for hand-offs in flight, so this bounds it too.
ANSWER_WITHIN = 10.0
CONNECT_WITHIN = 3.0
ROOM = 200  # messages on their way at once through one connection of an account
# Seconds an idle connection is kept: less than the 5 after which common servers (Node, uvicorn) close theirs. A close
# that crosses a POST would leave its outcome unknown.
KEPT_FOR = 4.0
NAMES_FOR = 60.0  # seconds a name's addresses are good for
USUAL = {"Accept": "*/*", "User-Agent": "Stopline"}  # what a request says unless its adapter says otherwise
BREAKS = ("\r", "\n", "\0")


class Origin(NamedTuple):
    secure: bool
    host: str
    port: int


Address = tuple[int, int, int, str, Any]  # as getaddrinfo tells it


class Wire:
    """The connections of one adapter. `anywhere` False: to public addresses only, whatever URL an account has given
    us (see `reach`)."""

    def __init__(self, *, anywhere: bool = False) -> None:
        self.anywhere = anywhere
        # By connection of an account, so that one whose provider hangs takes no room from the others.
        self.rooms: defaultdict[UUID, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(ROOM))
        self.idle: defaultdict[Origin, deque[Exchange]] = defaultdict(deque)  # the longest idle first
        self.names: dict[Origin, tuple[float, list[Address]]] = {}
        self.sweep: asyncio.TimerHandle | None = None

    async def hand_off(
        self, permit: Permit, url: str, payload: Any, headers: Mapping[str, str], *, form: bool = False
    ) -> http.Answer:
        """POST `payload` as JSON (or as a form, a list of pairs) under a permit, once; redirects are not followed.

        Bytes go as they are, with the Content-Type among `headers`.

        Raises PermitLapsed, Misconfigured and TryLater (nothing left), OutcomeUnknown (something may have).
        """
        origin, line, host = _target(url)
        body = http.encoded(payload, form=form)
        typed = headers if isinstance(payload, bytes) else {**headers, "Content-Type": http.kind(form=form)}
        head = line + _lines(
            {"Host": host, **USUAL}
            | {name.title(): value for name, value in typed.items()}  # so that one of them is the only one
            | {"Content-Length": str(len(body))}
        )
        async with self.rooms[permit.connection_id]:
            exchange = self._kept(origin) or await self._open(origin)
            stamped = f"{head}Stopline-Handoff-Started: {time.time_ns()}\r\n\r\n"
            try:
                answered = exchange.ask(permit, stamped.encode() + body)
                async with asyncio.timeout(ANSWER_WITHIN):
                    status, told, content = await answered
            except (Lost, TimeoutError) as error:
                raise OutcomeUnknown from error
            finally:
                self._keep(origin, exchange)
        return http.Answer(status, content, told)

    async def close(self) -> None:
        self._close_idle(longer_than=0.0)
        if self.sweep:
            self.sweep.cancel()

    def _kept(self, origin: Origin) -> Exchange | None:
        """The one that was idle last, so that those beyond what is needed grow old."""
        kept = self.idle[origin]
        while kept:
            exchange = kept.pop()
            if exchange.reusable and exchange.idle_for < KEPT_FOR:
                return exchange
            exchange.close()
        return None

    def _keep(self, origin: Origin, exchange: Exchange) -> None:
        if not exchange.reusable:  # an answer that is still to come must never be read as the next message's
            exchange.close()
            return
        self.idle[origin].append(exchange)
        if self.sweep is None:
            self.sweep = asyncio.get_running_loop().call_later(KEPT_FOR, self._swept)

    def _swept(self) -> None:
        self._close_idle(longer_than=KEPT_FOR)
        self.sweep = asyncio.get_running_loop().call_later(KEPT_FOR, self._swept) if self.idle else None

    def _close_idle(self, longer_than: float) -> None:
        for origin, kept in list(self.idle.items()):
            while kept and not (kept[0].reusable and kept[0].idle_for < longer_than):
                kept.popleft().close()
            if not kept:
                del self.idle[origin]

    async def _open(self, origin: Origin) -> Exchange:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                addresses = await self._addresses(origin)
                opened = await aiohappyeyeballs.start_connection(
                    addresses, happy_eyeballs_delay=0.25, interleave=1
                )
                _, exchange = await loop.create_connection(
                    Exchange,
                    sock=opened,
                    ssl=_tls() if origin.secure else None,
                    server_hostname=origin.host if origin.secure else None,
                )
        except (OSError, UnicodeError) as error:  # OSError: a time-out, a certificate, an unknown name, too
            self.names.pop(origin, None)
            raise TryLater("The provider can't be reached. Stopline will try again by itself.") from error
        return exchange

    async def _addresses(self, origin: Origin) -> list[Address]:
        """What the host resolves to. Looked at here and connected to as it is, so a second resolution gains nothing.

        Raises Misconfigured for an address that may not be talked to.
        """
        loop = asyncio.get_running_loop()
        known_until, found = self.names.get(origin, (0.0, []))
        if loop.time() >= known_until:
            found = await loop.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)  # type: ignore[assignment]
            self.names[origin] = loop.time() + NAMES_FOR, found
        if not self.anywhere:
            for *_, address in found:
                reach.require(str(address[0]))
        return found


@lru_cache(1024)
def _target(url: str) -> tuple[Origin, str, str]:
    """Where a URL leads, how a request to it begins, and its Host."""
    try:
        parts = URL(url)
    except ValueError as error:
        raise Misconfigured from error
    if parts.scheme not in ("http", "https") or not parts.raw_host or parts.port is None:
        raise Misconfigured
    origin = Origin(parts.scheme == "https", parts.raw_host, parts.port)
    return origin, f"POST {parts.raw_path_qs} HTTP/1.1\r\n", str(parts.host_port_subcomponent)


def _lines(headers: Mapping[str, str]) -> str:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if any(each in line for line in lines for each in BREAKS):
        raise Misconfigured(
            "A credential of this connection holds a line break. Enter it again under Settings, Channels."
        )
    return "\r\n".join((*lines, ""))


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
