"""HTTP to providers: one pooled client, the permit looked at on the wire's edge, every failure named."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson
from aiohttp.abc import AbstractStreamWriter
from yarl import URL

from stopline.providers import reach
from stopline.providers.base import Permit
from stopline.providers.errors import Misconfigured, OutcomeUnknown, PermitLapsed, TryLater

# Seconds a provider may take to answer. An unsubscribe waits for hand-offs in flight, so this bounds it too.
TIMEOUT = aiohttp.ClientTimeout(total=10, connect=3)
CONNECTIONS = 200


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]

    def json(self) -> Any:
        """The body as JSON. A provider that took the message but answers gibberish: the outcome is unknown."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise OutcomeUnknown from error

    def told(self, *path: str | int) -> str:
        """A text or a whole number in a JSON answer, found by names and places; "" where it isn't there."""
        try:
            found = orjson.loads(self.body)
            for step in path:
                found = found[step]
        except (orjson.JSONDecodeError, LookupError, TypeError):
            return ""
        return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""

    def needed(self, *path: str | int) -> str:
        """As `told`. A provider that answers yes and leaves it out may have the message: OutcomeUnknown."""
        if found := self.told(*path):
            return found
        raise OutcomeUnknown


async def _look(_session: Any, context: SimpleNamespace, _parameters: Any) -> None:
    """Runs when a connection is in hand and nothing is written yet: raising here leaves nothing sent."""
    permit = context.trace_request_ctx
    if permit is not None:
        permit.check()


class _Permitted(aiohttp.BytesPayload):
    """Looks at its permit once more where the first byte is written: aiohttp writes in a task of its own, behind
    whatever else the loop has to do by then, and a worker may be frozen meanwhile. Headers wait for the body."""

    def __init__(self, body: bytes, permit: Permit) -> None:
        super().__init__(body)
        self.permit = permit

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        self.permit.check()
        await super().write_with_length(writer, content_length)


def client(*, anywhere: bool = False) -> aiohttp.ClientSession:
    """`anywhere` False: public addresses only, whatever URL an account has given us (see `reach`)."""
    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(_look)
    trace.on_connection_create_end.append(_look)
    connector = aiohttp.TCPConnector(
        limit=CONNECTIONS, ttl_dns_cache=60, socket_factory=None if anywhere else reach.socket_factory
    )
    return aiohttp.ClientSession(connector=connector, timeout=TIMEOUT, trace_configs=[trace])


async def hand_off(
    session: aiohttp.ClientSession,
    permit: Permit,
    url: str,
    payload: Any,
    headers: Mapping[str, str],
    *,
    form: bool = False,
) -> Answer:
    """POST `payload` as JSON (or as a form, a list of pairs) under a permit. A POST is never repeated here.

    Bytes go as they are, with the Content-Type among `headers`.

    Raises PermitLapsed and TryLater (nothing left), OutcomeUnknown (something may have).
    """
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    typed = headers if isinstance(payload, bytes) else {**headers, "Content-Type": kind}
    stamped = {**typed, "Stopline-Handoff-Started": str(time.time_ns())}
    try:
        async with session.post(
            url,
            data=_Permitted(_body(payload, form=form), permit),
            headers=stamped,
            trace_request_ctx=permit,
            allow_redirects=False,
        ) as got:
            return Answer(got.status, await got.read(), got.headers)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise TryLater("The provider can't be reached. Stopline will try again by itself.") from error
    except aiohttp.InvalidURL as error:
        raise Misconfigured from error
    except (aiohttp.ClientError, TimeoutError) as error:
        if isinstance(error.__cause__, PermitLapsed):
            raise error.__cause__ from None
        raise OutcomeUnknown from error


async def tell(
    session: aiohttp.ClientSession,
    url: str | URL,
    payload: Any,
    headers: Mapping[str, str],
    *,
    form: bool = False,
    method: str = "POST",
) -> Answer:
    """POST or PUT what reaches no person and may be told twice (an entry in the provider's list of opt-outs).

    Never for a message: `hand_off` is. Raises TryLater where the provider is out of reach, Misconfigured.
    """
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    try:
        async with session.request(
            method,
            url,
            data=_body(payload, form=form),
            headers={**headers, "Content-Type": kind},
            allow_redirects=False,
        ) as got:
            return Answer(got.status, await got.read(), got.headers)
    except aiohttp.InvalidURL as error:
        raise Misconfigured from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise TryLater("The provider can't be reached. Stopline will try again by itself.") from error


async def ask(
    session: aiohttp.ClientSession, method: str, url: str | URL, headers: Mapping[str, str]
) -> Answer:
    """A request without a body that reaches no person and may be repeated: GET, PUT or DELETE.

    Raises TryLater where the provider is out of reach, Misconfigured.
    """
    try:
        async with session.request(method, url, headers=headers, allow_redirects=False) as got:
            return Answer(got.status, await got.read(), got.headers)
    except aiohttp.InvalidURL as error:
        raise Misconfigured from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise TryLater("The provider can't be reached. Stopline will try again by itself.") from error


def _body(payload: Any, *, form: bool) -> bytes:
    if isinstance(payload, bytes):
        return payload
    return urlencode(payload).encode() if form else orjson.dumps(payload)


def retry_after(answer: Answer) -> float | None:
    """Seconds that a Retry-After header asks for, itself or by a date (RFC 9110 section 10.2.3); None without one."""
    value = answer.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:10])
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
