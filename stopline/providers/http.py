"""HTTP to providers for what reaches no person: one pooled client, every failure named. Messages go over `wire`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson
from yarl import URL

from stopline.providers import reach
from stopline.providers.errors import Misconfigured, OutcomeUnknown, TryLater

# Seconds.
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


def client(*, anywhere: bool = False) -> aiohttp.ClientSession:
    """`anywhere` False: public addresses only, whatever URL an account has given us (see `reach`)."""
    connector = aiohttp.TCPConnector(
        limit=CONNECTIONS, ttl_dns_cache=60, socket_factory=None if anywhere else reach.socket_factory
    )
    return aiohttp.ClientSession(connector=connector, timeout=TIMEOUT)


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

    Never for a message: `Wire.hand_off` is. Raises TryLater where the provider is out of reach, Misconfigured.
    """
    try:
        async with session.request(
            method,
            url,
            data=encoded(payload, form=form),
            headers={**headers, "Content-Type": kind(form=form)},
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


def kind(*, form: bool) -> str:
    return "application/x-www-form-urlencoded" if form else "application/json"


def encoded(payload: Any, *, form: bool) -> bytes:
    """As JSON, or a list of pairs as a form; bytes as they are."""
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
