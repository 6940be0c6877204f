"""Mailjet: the exclusion list of the account.

dev.mailjet.com/email/reference/contacts/contact, read November 2026. It keeps campaigns from people and not
transactional mail, so Stopline alone refuses that.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

from stopline.providers.base import Way
from stopline.providers.email.suppressions.suppressions import Suppressions, basic, part
from stopline.rules.words import Channel

MOST = 1000  # a page
EXCLUDED = "IsExcludedFromCampaigns"


class MailjetSuppressions(Suppressions):
    label = "Mailjet"
    api_url = "https://api.mailjet.com/v3/REST/"
    right = "manage contacts"

    def sign_in(self, way: Way) -> dict[str, str]:
        return basic(way.credentials.get("api_key", ""), way.credentials.get("secret_key", ""))

    async def lines(self, way: Way) -> AsyncIterator[tuple[Any, Any]]:
        offset = 0
        while True:
            query = {EXCLUDED: "true", "Limit": MOST, "Offset": offset}
            page = (await self.read(way, f"contact?{urlencode(query)}"))["Data"]
            for each in page:
                if each[EXCLUDED]:
                    yield each["Email"], each.get("ExclusionFromCampaignsUpdatedAt")
            if len(page) < MOST:
                return
            offset += MOST

    async def add(self, way: Way, channel: Channel, address: str) -> None:
        changed = await self.ask(way, "PUT", f"contact/{part(address)}", {EXCLUDED: True}, may_be_gone=True)
        if changed.status == 404:  # not a contact of theirs yet
            await self.ask(way, "POST", "contact", {"Email": address, EXCLUDED: True})

    async def remove(self, way: Way, channel: Channel, address: str) -> None:
        await self.ask(way, "PUT", f"contact/{part(address)}", {EXCLUDED: False}, may_be_gone=True)
