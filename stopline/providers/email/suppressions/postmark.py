"""Postmark: the suppressions of the connection's message stream.

postmarkapp.com/developer/api/suppressions-api, read November 2026. Changes "can take a minute". A spam complaint can
be lifted by Postmark's support alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson

from stopline.providers import http
from stopline.providers.base import Way
from stopline.providers.email.services.postmark import PostmarkSender
from stopline.providers.email.suppressions.suppressions import ODD, Suppressions, part
from stopline.providers.errors import MessageRefused, TryLater
from stopline.rules.words import Channel


class PostmarkSuppressions(Suppressions):
    label = "Postmark"
    api_url = PostmarkSender.api_url

    def where(self, way: Way) -> str:
        stream = str(way.settings.get("message_stream") or "outbound")
        return f"{self.api_url}message-streams/{part(stream)}/suppressions"

    def sign_in(self, way: Way) -> dict[str, str]:
        return {"Accept": "application/json", "X-Postmark-Server-Token": way.credentials.get("api_key", "")}

    async def lines(self, way: Way) -> AsyncIterator[tuple[Any, Any]]:
        """The whole list is one answer."""
        for each in (await self.read(way, "/dump"))["Suppressions"]:
            yield each["EmailAddress"], each.get("CreatedAt")

    async def add(self, way: Way, channel: Channel, address: str) -> None:
        _check(await self.ask(way, "POST", "", _one(address)))

    async def remove(self, way: Way, channel: Channel, address: str) -> None:
        _check(await self.ask(way, "POST", "/delete", _one(address)))


def _one(address: str) -> dict[str, Any]:
    return {"Suppressions": [{"EmailAddress": address}]}


def _check(answer: http.Answer) -> None:
    """A refusal comes with a 200 and is the address's own. Raises MessageRefused, TryLater."""
    try:
        [told] = orjson.loads(answer.body)["Suppressions"]
        done, why = told["Status"] in ("Suppressed", "Deleted"), str(told.get("Message") or "no reason given")
    except (orjson.JSONDecodeError, *ODD) as error:
        raise TryLater("Postmark's answer can't be read.") from error
    if not done:
        raise MessageRefused(f"Postmark did not change its list: {why[:200].rstrip('.')}.")
