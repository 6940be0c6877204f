"""Mailgun."""

from __future__ import annotations

import time
from typing import Any

import orjson

from stopline.providers.base import Event, Request, Way
from stopline.providers.email.services import reading
from stopline.providers.email.services.reading import What
from stopline.providers.email.services.receiver import ServiceReceiver, not_signed, signed
from stopline.providers.email.services.sender import ServiceSender
from stopline.providers.errors import AddressDead, Misconfigured

REGIONS = {"us": "https://api.mailgun.net/v3/", "eu": "https://api.eu.mailgun.net/v3/"}
# Mailgun tries a webhook again for about eight hours, and its documents don't say that it signs each try anew.
# Refusing a late one would lose an opt-out; a replayed one changes nothing, because events count once.
OLDEST = 12 * 3600  # seconds
WHATS = {
    "accepted": What.SENT,
    "delivered": What.DELIVERED,
    "opened": What.READ,
    "clicked": What.READ,
    "complained": What.COMPLAINT,
    "unsubscribed": What.UNSUBSCRIBED,
    "rejected": What.FAILED,
}
# Reasons of permanent failures that are Mailgun's own memory of the address (their codes 605 to 607).
REASONS = {
    "suppress-bounce": What.DEAD,
    "suppress-complaint": What.COMPLAINT,
    "suppress-unsubscribe": What.UNSUBSCRIBED,
    "bounce": What.DEAD,
}


class MailgunSender(ServiceSender):
    label = "Mailgun"
    backend = "mailgun"
    api_url = ""  # by region; tests put their own here
    keeps_message_id = True
    rules = (
        (r"'to' parameter is not a valid", AddressDead),
        (
            r"domain .{0,80}not (?:found|allowed|verified)|sandbox|activate|disabled|'from' parameter",
            Misconfigured,
        ),
    )

    def where(self, way: Way) -> str:
        return self.api_url or REGIONS["eu" if way.settings.get("region") == "eu" else "us"]

    def options(self, way: Way) -> dict[str, Any]:
        domain = str(way.settings.get("domain") or way.sender.rpartition("@")[2])
        return {"api_key": way.credentials.get("api_key", ""), "sender_domain": domain}


class MailgunReceiver(ServiceReceiver):
    """documentation.mailgun.com/docs/mailgun/user-manual/webhooks, read November 2026."""

    def verify(self, request: Request, way: Way) -> None:
        """HMAC-SHA256 over timestamp and token, in the body. It doesn't cover the event itself."""
        said = _signature(request)
        content = (said["timestamp"] + said["token"]).encode()
        key = way.credentials.get("signing_key", "")
        if not signed(key, said["signature"], content) or not _recent(said["timestamp"]):
            raise not_signed()

    def events(self, request: Request) -> list[Event]:
        if _is_json(request):
            found = reading.body(request)["event-data"]
            return reading.events(
                _what(found),
                _storable(found),
                address=found.get("recipient"),
                message=found.get("message", {}).get("headers", {}).get("message-id"),
                why=_why(found),
            )
        return _mail(request)


def _what(event: dict[str, Any]) -> What | None:
    name = str(event.get("event"))
    if name != "failed":
        return WHATS.get(name)
    if event.get("severity") != "permanent":
        return What.SENT  # Mailgun tries again by itself
    status = event.get("delivery-status", {})
    reason = str(event.get("reason"))
    if reason in REASONS and reason != "bounce":
        return REASONS[reason]
    code, enhanced = status.get("code"), str(status.get("enhanced-code") or "")
    if reason == "bounce" and (enhanced.startswith("5.1.") or (not enhanced and code in (550, 551, 553))):
        return What.DEAD
    return What.FAILED


def _why(event: dict[str, Any]) -> str:
    status = event.get("delivery-status", {})
    return str(status.get("message") or status.get("description") or event.get("reason") or "")


def _storable(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "storage"}  # a link with a key in it


def _mail(request: Request) -> list[Event]:
    fields, files = reading.form(request)
    sender, recipient = (reading.letters(fields.get(name)) for name in ("sender", "recipient"))
    if "body-mime" in fields:
        return reading.mail(fields["body-mime"], sender, recipient)
    headers = [(str(name), str(value)) for name, value in orjson.loads(fields["message-headers"])]
    text, html = (reading.letters(fields.get(name)) for name in ("body-plain", "body-html"))
    return reading.parts(headers, text, html, tuple(files), sender)


def _is_json(request: Request) -> bool:
    return request.body.lstrip()[:1] == b"{"


def _signature(request: Request) -> dict[str, str]:
    names = ("timestamp", "token", "signature")
    if not _is_json(request):
        fields, _ = reading.form(request)
        return {name: reading.letters(fields.get(name)) for name in names}
    found = reading.body(request).get("signature")
    found = found if isinstance(found, dict) else {}
    return {name: str(found.get(name, "")) for name in names}


def _recent(timestamp: str) -> bool:
    return timestamp.isdecimal() and len(timestamp) < 12 and abs(time.time() - int(timestamp)) < OLDEST
