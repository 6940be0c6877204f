"""What the services' lists have in common: one address at a time, every answer named, times of every notation."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import quote

import aiohttp
import orjson
from yarl import URL

from stopline.providers import http
from stopline.providers.base import Listed, Way
from stopline.providers.errors import MessageRefused, Misconfigured, TryLater
from stopline.rules.words import Channel

UNREADABLE = "The service's list can't be read just now."
# Whatever a list should hold and doesn't.
ODD = (KeyError, TypeError, ValueError, AttributeError, LookupError)


class Suppressions:
    """An Agreement over HTTP. Every list of a service counts: whoever is on one is refused there."""

    lists = adds = removes = True
    label: ClassVar[str]
    api_url: ClassVar[str]  # with a slash at its end
    right: ClassVar[str] = "read and change suppressions"  # what the key needs, for people

    @cached_property
    def session(self) -> aiohttp.ClientSession:
        return http.client()

    def where(self, way: Way) -> str:
        return self.api_url

    def sign_in(self, way: Way) -> dict[str, str]:
        return bearer(way)

    def headers(self, way: Way, method: str, url: str, body: bytes) -> dict[str, str]:
        return self.sign_in(way)

    async def listed(self, way: Way) -> AsyncIterator[Listed]:
        try:
            async for address, since in self.lines(way):
                yield Listed(Channel.EMAIL, str(address), when(since))
        except ODD as error:
            raise TryLater(UNREADABLE) from error

    def lines(self, way: Way) -> AsyncIterator[tuple[Any, Any]]:
        """Every (address, since when). May raise any of ODD where an answer makes no sense."""
        raise NotImplementedError

    async def add(self, way: Way, channel: Channel, address: str) -> None:
        raise NotImplementedError

    async def remove(self, way: Way, channel: Channel, address: str) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        if "session" in self.__dict__:
            await self.session.close()

    async def read(self, way: Way, path: str) -> Any:
        """A page of a list, as JSON."""
        try:
            answer = await self.ask(way, "GET", path)
        except MessageRefused as error:
            raise Misconfigured(f"{self.label} does not show its list to this connection's key.") from error
        try:
            return orjson.loads(answer.body)
        except orjson.JSONDecodeError as error:
            raise TryLater(UNREADABLE) from error

    async def ask(
        self, way: Way, method: str, path: str, payload: Any = None, *, may_be_gone: bool = False
    ) -> http.Answer:
        """Raises Misconfigured, MessageRefused and TryLater; a 404 is fine where the line `may_be_gone`."""
        url = self.where(way) + path
        body = b"" if payload is None else orjson.dumps(payload)
        headers = self.headers(way, method, url, body)
        exactly = URL(url, encoded=True)  # as it was signed, and as the address was written
        if payload is None:
            answer = await http.ask(self.session, method, exactly, headers)
        else:
            answer = await http.tell(self.session, exactly, body, headers, method=method)
        if answer.status < 300 or answer.status == 304 or (may_be_gone and answer.status == 404):
            return answer
        raise self.refused(answer)

    def refused(self, answer: http.Answer) -> MessageRefused | Misconfigured | TryLater:
        said = f"{self.label} answered {answer.status}."
        match answer.status:
            case 401 | 402 | 403:
                return Misconfigured(f"{said} Give the connection's key the right to {self.right}.")
            case status if status == 429 or status >= 500:
                return TryLater(f"{said} Stopline will try again by itself.", http.retry_after(answer))
            case status if status < 400:
                return Misconfigured(f"{said} Its interface has moved: ask for a newer Stopline.")
        return MessageRefused(f"{said} It does not take this address.")


def part(address: str) -> str:
    """An address as a part of a path."""
    return quote(address, safe="")


def bearer(way: Way) -> dict[str, str]:
    return {"Authorization": f"Bearer {way.credentials.get('api_key', '')}"}


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def when(told: Any) -> datetime | None:
    """A time as services write it (seconds since 1970, ISO 8601, RFC 5322); None where it is none."""
    try:
        if isinstance(told, int | float):
            return datetime.fromtimestamp(told, UTC)
        found = datetime.fromisoformat(told) if told[:4].isdigit() else parsedate_to_datetime(told)
    except (*ODD, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
