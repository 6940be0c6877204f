"""Resend: the suppressions of the team.

resend.com/docs/api-reference/suppressions/list-suppressions, …/add-suppression and …/remove-suppression, read November
2026. Those pages call it a private beta, Resend's changelog (changelog/suppression-list-support) a release.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

from stopline.providers.base import Way
from stopline.providers.email.services.resend import ResendSender
from stopline.providers.email.suppressions.suppressions import Suppressions, part
from stopline.rules.words import Channel

MOST = 100  # a page


class ResendSuppressions(Suppressions):
    label = "Resend"
    api_url = ResendSender.api_url
    right = "full access"

    async def lines(self, way: Way) -> AsyncIterator[tuple[Any, Any]]:
        last = ""
        while True:
            behind = {"after": last} if last else {}
            page = await self.read(way, f"suppressions?{urlencode({'limit': MOST, **behind})}")
            for each in page["data"]:
                yield each["email"], each.get("created_at")
            if not page.get("has_more") or not page["data"]:
                return
            last = page["data"][-1]["id"]

    async def add(self, way: Way, channel: Channel, address: str) -> None:
        await self.ask(way, "POST", "suppressions", {"email": address})

    async def remove(self, way: Way, channel: Channel, address: str) -> None:
        await self.ask(way, "DELETE", f"suppressions/{part(address)}", may_be_gone=True)
