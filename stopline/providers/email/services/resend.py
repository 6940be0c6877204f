"""Resend, whose webhooks Svix carries."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from typing import Any

import orjson

from stopline.providers.base import Event, Request, Way
from stopline.providers.email.services import fetching, reading
from stopline.providers.email.services.reading import What
from stopline.providers.email.services.receiver import OLDEST, ServiceReceiver, not_signed
from stopline.providers.email.services.sender import ServiceSender
from stopline.providers.errors import AddressDead, Misconfigured

WHATS = {
    "email.sent": What.SENT,
    "email.scheduled": What.SENT,
    "email.delivery_delayed": What.SENT,
    "email.delivered": What.DELIVERED,
    "email.opened": What.READ,
    "email.clicked": What.READ,
    "email.complained": What.COMPLAINT,
    "email.suppressed": What.SUPPRESSED,
    "email.failed": What.FAILED,
}


class ResendSender(ServiceSender):
    label = "Resend"
    backend = "resend"
    api_url = "https://api.resend.com/"
    # resend.com/docs/api-reference/errors, read November 2026.
    rules = (
        (
            r"domain is not verified|testing emails|missing_api_key|invalid_api_key|invalid `?from",
            Misconfigured,
        ),
        (r"invalid `?to`?", AddressDead),
    )


class ResendReceiver(ServiceReceiver):
    """resend.com/docs/webhooks and docs.svix.com/receiving/verifying-payloads/how-manual, read November 2026."""

    api_url = ResendSender.api_url
    api_key = ""

    def verify(self, request: Request, way: Way) -> None:
        names = ("svix-id", "svix-timestamp", "svix-signature")
        event, timestamp, said = (request.headers.get(name, "") for name in names)
        content = f"{event}.{timestamp}.".encode() + request.body
        expected = base64.b64encode(hmac.new(_key(way), content, hashlib.sha256).digest())
        given = [each.partition(",")[2].encode() for each in said.split(" ") if each.startswith("v1,")]
        fits = any(hmac.compare_digest(expected, each) for each in given)
        if not (fits and timestamp.isdecimal() and len(timestamp) < 12):
            raise not_signed()
        if abs(time.time() - int(timestamp)) > OLDEST:
            raise not_signed()
        self.api_key = way.credentials.get("api_key", "")

    def report(self, report: dict[str, Any]) -> list[Event]:
        data = report["data"]
        if report.get("type") == "email.received":
            return self._mail(data)
        recipients = data.get("to")
        address = recipients[0] if isinstance(recipients, list) and len(recipients) == 1 else ""
        why = data.get("bounce", {}).get("message") or data.get("failed", {}).get("reason")
        what = _bounced(data) if report.get("type") == "email.bounced" else WHATS.get(str(report.get("type")))
        return reading.events(what, report, address=address, message=data.get("email_id"), why=why)

    def _mail(self, data: dict[str, Any]) -> list[Event]:
        """The webhook names the mail; what it says is fetched. Raises OutOfReach, and Resend comes again."""
        key = {"Authorization": f"Bearer {self.api_key}"}
        mail_id = fetching.word(str(data["email_id"]))
        found = orjson.loads(fetching.get(f"{self.api_url}emails/receiving/{mail_id}", key))
        raw = found.get("raw") or {}
        if raw.get("download_url"):
            return reading.mail(fetching.get(str(raw["download_url"]), {}))
        headers = found.get("headers") or {}
        pairs = [(str(name), str(value)) for name, value in headers.items()]
        named = {name.lower() for name, _ in pairs}
        pairs += [
            (name, str(found[name])) for name in ("from", "subject") if found.get(name) and name not in named
        ]
        if found.get("message_id") and "message-id" not in named:
            pairs.append(("message-id", str(found["message_id"])))
        return reading.parts(pairs, found.get("text"), found.get("html"))


def _bounced(data: dict[str, Any]) -> What:
    """Permanent and about the mailbox: dead. Resend's own suppression list says Suppressed."""
    bounce = data.get("bounce") or {}
    if bounce.get("subType") in ("Suppressed", "OnAccountSuppressionList"):
        return What.SUPPRESSED
    return What.DEAD if bounce.get("type") == "Permanent" else What.FAILED


def _key(way: Way) -> bytes:
    secret = way.credentials.get("signing_secret", "").removeprefix("whsec_")
    try:
        return base64.b64decode(secret) or b"\x00"
    except (binascii.Error, ValueError):
        raise not_signed() from None
