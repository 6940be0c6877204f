"""SparkPost: the suppression list of the account, for transactional and other mail.

developers.sparkpost.com/api/suppression-list, read November 2026. What SparkPost itself put there for compliance it
doesn't lift (403).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from stopline.providers.base import Way
from stopline.providers.email.services.sparkpost import SparkPostSender
from stopline.providers.email.suppressions.suppressions import Suppressions, part
from stopline.providers.errors import MessageRefused, Misconfigured
from stopline.rules.words import Channel

PATH = "suppression-list"
MOST = 1000  # a page
KINDS = ("transactional", "non_transactional")


class SparkPostSuppressions(Suppressions):
    label = "SparkPost"
    api_url = ""  # by region; tests put their own here
    right = "suppression lists: read and write"

    def where(self, way: Way) -> str:
        return self.api_url or SparkPostSender().where(way)

    def sign_in(self, way: Way) -> dict[str, str]:
        return {"Authorization": way.credentials.get("api_key", "")}

    async def lines(self, way: Way) -> AsyncIterator[tuple[Any, Any]]:
        cursor = "initial"
        while cursor:
            page = await self.read(way, f"{PATH}?{urlencode({'cursor': cursor, 'per_page': MOST})}")
            for each in page["results"]:
                yield each["recipient"], each.get("updated") or each.get("created")
            cursor = _next(page) if page["results"] else ""

    async def add(self, way: Way, channel: Channel, address: str) -> None:
        for kind in KINDS:
            line = {"type": kind, "description": "Unsubscribed"}
            await self.ask(way, "PUT", f"{PATH}/{part(address)}", line)

    async def remove(self, way: Way, channel: Channel, address: str) -> None:
        for kind in KINDS:
            try:
                await self.ask(way, "DELETE", f"{PATH}/{part(address)}", {"type": kind}, may_be_gone=True)
            except Misconfigured as error:  # a key without the right has failed at reading already
                raise MessageRefused("SparkPost keeps this address on its list itself.") from error


def _next(page: dict[str, Any]) -> str:
    """The cursor in its address of the next page, which itself isn't followed: the key goes nowhere it names."""
    for link in page.get("links") or []:
        if link.get("rel") == "next":
            return parse_qs(urlsplit(str(link["href"])).query).get("cursor", [""])[0]
    return ""
