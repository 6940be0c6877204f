"""SendGrid: global unsubscribes, bounces, spam reports and invalid addresses.

twilio.com/docs/sendgrid/api-reference/suppressions-global-suppressions, …/bounces-api, …/spam-reports-api and
…/invalid-e-mails-api, read November 2026. Groups of unsubscribes aren't ours: no mail of ours names one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

from stopline.providers.base import Way
from stopline.providers.email.services.sendgrid import SendGridSender
from stopline.providers.email.suppressions.suppressions import Suppressions, part
from stopline.rules.words import Channel

GLOBAL = "asm/suppressions/global"
LISTS = ("unsubscribes", "bounces", "spam_reports", "invalid_emails")
MOST = 500  # a page


class SendGridSuppressions(Suppressions):
    label = "SendGrid"
    api_url = SendGridSender.api_url

    async def lines(self, way: Way) -> AsyncIterator[tuple[Any, Any]]:
        for name in LISTS:
            offset = 0
            while True:
                query = {"limit": MOST, "offset": offset}
                page = await self.read(way, f"suppression/{name}?{urlencode(query)}")
                for each in page:
                    yield each["email"], each.get("created")
                if len(page) < MOST:
                    break
                offset += MOST

    async def add(self, way: Way, channel: Channel, address: str) -> None:
        await self.ask(way, "POST", GLOBAL, {"recipient_emails": [address]})

    async def remove(self, way: Way, channel: Channel, address: str) -> None:
        await self.ask(way, "DELETE", f"{GLOBAL}/{part(address)}", may_be_gone=True)
        for name in LISTS[1:]:
            await self.ask(way, "DELETE", f"suppression/{name}/{part(address)}", may_be_gone=True)
