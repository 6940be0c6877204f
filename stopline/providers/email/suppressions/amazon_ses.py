"""Amazon SES: the suppression list of the account, in the connection's region.

docs.aws.amazon.com/ses/latest/APIReference-V2/API_ListSuppressedDestinations.html, API_PutSuppressedDestination.html
and API_DeleteSuppressedDestination.html, read November 2026.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from stopline.providers.base import Way
from stopline.providers.email.services import amazon_ses, aws_signature
from stopline.providers.email.suppressions.suppressions import Suppressions, part
from stopline.rules.words import Channel

PATH = "v2/email/suppression/addresses"
MOST = 1000  # a page
# It knows two reasons, bounce and complaint; who doesn't want our mail is nearer to the second.
REASON = "COMPLAINT"


class AmazonSesSuppressions(Suppressions):
    label = "Amazon SES"
    api_url = ""  # by region; tests put their own here
    right = "ses:ListSuppressedDestinations, ses:PutSuppressedDestination and ses:DeleteSuppressedDestination"

    def where(self, way: Way) -> str:
        return self.api_url or f"https://email.{amazon_ses.region(way)}.amazonaws.com/"

    def headers(self, way: Way, method: str, url: str, body: bytes) -> dict[str, str]:
        return aws_signature.sign(
            method,
            url,
            {"Content-Type": "application/json"},
            body,
            key_id=way.credentials.get("access_key_id", ""),
            secret=way.credentials.get("secret_access_key", ""),
            region=amazon_ses.region(way),
            service="ses",
            now=datetime.now(UTC),
        )

    async def lines(self, way: Way) -> AsyncIterator[tuple[Any, Any]]:
        token = ""
        while True:
            query = {"PageSize": MOST, **({"NextToken": token} if token else {})}
            page = await self.read(way, f"{PATH}?{urlencode(query)}")
            for each in page["SuppressedDestinationSummaries"]:
                yield each["EmailAddress"], each.get("LastUpdateTime")
            if not (token := page.get("NextToken")):
                return

    async def add(self, way: Way, channel: Channel, address: str) -> None:
        await self.ask(way, "PUT", PATH, {"EmailAddress": address, "Reason": REASON})

    async def remove(self, way: Way, channel: Channel, address: str) -> None:
        await self.ask(way, "DELETE", f"{PATH}/{part(address)}", may_be_gone=True)
