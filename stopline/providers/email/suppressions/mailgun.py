"""Mailgun: a domain's bounces, complaints and unsubscribes.

documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/unsubscribe, …/bounces and …/complaints, read
November 2026.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlencode

from stopline.providers.base import Way
from stopline.providers.email.services.mailgun import MailgunSender
from stopline.providers.email.suppressions.suppressions import Suppressions, basic, part
from stopline.rules.words import Channel

LISTS = ("unsubscribes", "complaints", "bounces")
MOST = 1000  # a page
EVERYTHING = "*"  # the tag of an unsubscribe from all of a domain's mail


class MailgunSuppressions(Suppressions):
    label = "Mailgun"
    api_url = ""  # by region; tests put their own here

    def where(self, way: Way) -> str:
        sender = MailgunSender()
        domain = sender.options(way)["sender_domain"]
        return f"{self.api_url or sender.where(way)}{quote(domain, safe='')}/"

    def sign_in(self, way: Way) -> dict[str, str]:
        return basic("api", way.credentials.get("api_key", ""))

    async def lines(self, way: Way) -> AsyncIterator[tuple[Any, Any]]:
        for name in LISTS:
            last = ""
            while True:
                # Its own address of the next page isn't followed: the key goes nowhere it names.
                behind = {"page": "next", "address": last} if last else {}
                page = (await self.read(way, f"{name}?{urlencode({'limit': MOST, **behind})}"))["items"]
                for each in page:
                    yield each["address"], each.get("created_at")
                if len(page) < MOST or last == page[-1]["address"]:
                    break
                last = page[-1]["address"]

    async def add(self, way: Way, channel: Channel, address: str) -> None:
        await self.ask(way, "POST", "unsubscribes", [{"address": address, "tags": [EVERYTHING]}])

    async def remove(self, way: Way, channel: Channel, address: str) -> None:
        for name in LISTS:
            await self.ask(way, "DELETE", f"{name}/{part(address)}", may_be_gone=True)
