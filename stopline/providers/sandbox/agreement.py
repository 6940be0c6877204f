"""The sandbox's list of opt-outs: read in pages, added to and taken from, one address at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson

from stopline.providers import http
from stopline.providers.base import Listed, Way
from stopline.providers.errors import MessageRefused, Misconfigured, TryLater
from stopline.providers.http import Answer
from stopline.providers.sandbox.sender import gateway_url
from stopline.rules.words import CONSENT_CHANNELS, Channel


class SandboxAgreement:
    lists = adds = removes = True

    @cached_property
    def session(self) -> aiohttp.ClientSession:
        return http.client(anywhere=True)  # the operator's own, not an account's

    async def listed(self, way: Way) -> AsyncIterator[Listed]:
        after: int | None = 0
        while after is not None:
            answer = await self._ask(way, "GET", f"?after={after}")
            page, after = _page(answer)
            for each in page:
                yield each

    async def add(self, way: Way, channel: Channel, address: str) -> None:
        await self._ask(way, "PUT", f"/{channel}/{quote(address, safe='')}")

    async def remove(self, way: Way, channel: Channel, address: str) -> None:
        await self._ask(way, "DELETE", f"/{channel}/{quote(address, safe='')}")

    async def close(self) -> None:
        if "session" in self.__dict__:
            await self.session.close()

    async def _ask(self, way: Way, method: str, path: str) -> Answer:
        headers = {"Authorization": f"Bearer {way.token}"}
        answer = await http.ask(self.session, method, f"{gateway_url()}/opt-outs{path}", headers)
        match answer.status:
            case 200 | 204:
                return answer
            case 401 | 403:
                raise Misconfigured("The sandbox did not know this connection's token.")
            case 400 | 404 | 422:
                raise MessageRefused("The sandbox does not take this address.")
            case _:
                raise TryLater(after_seconds=http.retry_after(answer))


def _page(answer: Answer) -> tuple[list[Listed], int | None]:
    """What is on this page, and where the next begins. Raises TryLater where it can't be read."""
    try:
        body = orjson.loads(answer.body)
        known = [each for each in body["opt_outs"] if each["channel"] in CONSENT_CHANNELS]
        found = [Listed(Channel(each["channel"]), str(each["address"]), _since(each)) for each in known]
        after = body["next"]
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise TryLater("The sandbox's list of opt-outs can't be read.") from error
    return found, after if isinstance(after, int) else None


def _since(told: dict[str, Any]) -> datetime | None:
    """Raises ValueError for what is no time."""
    since = told.get("since")
    return datetime.fromtimestamp(float(since), UTC) if since is not None else None
