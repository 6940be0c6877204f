"""Brevo."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import aiohttp

from stopline.providers import http
from stopline.providers.base import Event, InboundMedia, Request, Way
from stopline.providers.email.services import reading
from stopline.providers.email.services.reading import What
from stopline.providers.email.services.receiver import ServiceReceiver
from stopline.providers.email.services.sender import ServiceSender
from stopline.providers.errors import AddressDead, Misconfigured, TryLater
from stopline.rules import files
from stopline.rules.errors import NotFound

# developers.brevo.com/docs/transactional-webhooks, read November 2026.
WHATS = {
    "request": What.SENT,
    "deferred": What.SENT,
    "delivered": What.DELIVERED,
    # Opened by a proxy of the mail provider: that it arrived is all it says.
    "proxy_open": What.DELIVERED,
    "unique_proxy_open": What.DELIVERED,
    "opened": What.READ,
    "unique_opened": What.READ,
    "click": What.READ,
    "soft_bounce": What.FAILED,
    "hard_bounce": What.DEAD,
    "invalid_email": What.DEAD,
    "spam": What.COMPLAINT,
    "complaint": What.COMPLAINT,
    "unsubscribe": What.UNSUBSCRIBED,
    "unsubscribed": What.UNSUBSCRIBED,
    "blocked": What.SUPPRESSED,
    "error": What.FAILED,
}


class BrevoSender(ServiceSender):
    label = "Brevo"
    backend = "brevo"
    api_url = "https://api.brevo.com/v3/"
    rules = (
        (
            r"sender.{0,40}(?:invalid|not valid|not (?:yet )?(?:verified|activated))|not_enough_credits",
            Misconfigured,
        ),
        (r"email is not valid in to|invalid.{0,20}\bto\b", AddressDead),
    )


class BrevoReceiver(ServiceReceiver):
    """Signs nothing. Inbound: developers.brevo.com/docs/inbound-parse-webhooks."""

    def events(self, request: Request) -> list[Event]:
        found = reading.body(request)
        if isinstance(found, dict) and isinstance(found.get("items"), list):
            return [event for item in reading.each(found["items"]) for event in _mail(item)]
        return super().events(request)

    def report(self, report: dict[str, Any]) -> list[Event]:
        what = WHATS.get(str(report.get("event")))
        address, message = report.get("email"), report.get("message-id")
        return reading.events(what, report, address=address, message=message, why=report.get("reason"))

    async def fetch(self, way: Way, media: InboundMedia) -> InboundMedia:
        """An attachment: the webhook names it, Brevo keeps it."""
        if not media.url.startswith(BrevoSender.api_url):
            raise NotFound("Brevo keeps no such file", "Ask the contact to send it again")
        headers = {"api-key": way.credentials.get("api_key", "")}
        try:
            async with http.client() as session, session.get(media.url, headers=headers) as answer:
                if answer.status == 404:
                    raise NotFound("Brevo keeps this file no longer", "Ask the contact to send it again")
                if answer.status in (401, 403):
                    raise Misconfigured("Brevo refused the key of this connection.")
                if answer.status != 200:
                    raise TryLater
                content = await answer.content.read(files.LARGEST + 1)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TryLater from error
        return InboundMedia(media.content_type, media.name, media.url, content)


def _mail(item: dict[str, Any]) -> list[Event]:
    headers = [
        (str(name), str(value))
        for name, values in item.get("Headers", {}).items()
        for value in (values if isinstance(values, list) else [values])
    ]
    came = tuple(
        InboundMedia(
            str(each.get("ContentType", ""))[:100],
            str(each.get("Name", ""))[:200],
            f"{BrevoSender.api_url}inbound/attachments/{quote(str(each['DownloadToken']), safe='')}",
        )
        for each in item.get("Attachments", [])
    )
    return reading.parts(headers, item.get("RawTextBody"), item.get("RawHtmlBody"), came)
