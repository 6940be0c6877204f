"""SendGrid."""

from __future__ import annotations

import base64
import binascii
import time
from email.parser import HeaderParser
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from stopline.providers.base import Event, Request, Way
from stopline.providers.email.services import reading
from stopline.providers.email.services.reading import What
from stopline.providers.email.services.receiver import OLDEST, ServiceReceiver, not_signed
from stopline.providers.email.services.sender import ServiceSender
from stopline.providers.errors import AddressDead, Misconfigured

# twilio.com/docs/sendgrid/for-developers/tracking-events/event, read November 2026.
WHATS = {
    "processed": What.SENT,
    "deferred": What.SENT,
    "delivered": What.DELIVERED,
    "open": What.READ,
    "click": What.READ,
    "spamreport": What.COMPLAINT,
    "unsubscribe": What.UNSUBSCRIBED,
    "group_unsubscribe": What.UNSUBSCRIBED,
    "group_resubscribe": What.RESUMED,
}
DROPPED = (
    ("unsubscribed", What.UNSUBSCRIBED),
    ("spam reporting", What.COMPLAINT),
    ("bounced", What.DEAD),
    ("invalid", What.DEAD),
)
SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"


class SendGridSender(ServiceSender):
    label = "SendGrid"
    backend = "sendgrid"
    api_url = "https://api.sendgrid.com/v3/"
    keeps_message_id = True
    rules = (
        (r'"field":\s*"personalizations\.\d+\.to', AddressDead),
        (r'"field":\s*"from|verified Sender Identity', Misconfigured),
    )


class SendGridReceiver(ServiceReceiver):
    def verify(self, request: Request, way: Way) -> None:
        """ECDSA over time and body. The inbound parse has a key of its own."""
        inbound = "multipart/form-data" in request.headers.get("content-type", "").lower()
        key = str(way.settings.get("inbound_key" if inbound else "verification_key") or "")
        timestamp = request.headers.get(TIMESTAMP, "")
        if not timestamp.isdecimal() or len(timestamp) > 12 or abs(time.time() - int(timestamp)) > OLDEST:
            raise not_signed()
        try:
            public = load_der_public_key(base64.b64decode(key))
            if not isinstance(public, ec.EllipticCurvePublicKey):
                raise not_signed()
            said = base64.b64decode(request.headers.get(SIGNATURE, ""))
            public.verify(said, timestamp.encode() + request.body, ec.ECDSA(SHA256()))
        except (InvalidSignature, UnsupportedAlgorithm, binascii.Error, ValueError, TypeError):
            raise not_signed() from None

    def events(self, request: Request) -> list[Event]:
        if "multipart/form-data" in request.headers.get("content-type", "").lower():
            return _mail(request)
        return super().events(request)

    def report(self, report: dict[str, Any]) -> list[Event]:
        message = report.get("anymail_id") or report.get("smtp-id")
        why = report.get("reason") or report.get("response")
        return reading.events(_what(report), report, address=report.get("email"), message=message, why=why)


def _what(report: dict[str, Any]) -> What | None:
    name = str(report.get("event"))
    if name == "bounce":  # type "blocked" says nothing against the address
        hard = report.get("type") != "blocked" and not str(report.get("status", "")).startswith("4")
        return What.DEAD if hard else What.FAILED
    if name == "dropped":
        reason = str(report.get("reason", "")).lower()
        return next((what for word, what in DROPPED if word in reason), What.FAILED)
    if name == "open" and report.get("sg_machine_open") is True:
        return What.DELIVERED
    return WHATS.get(name)


def _mail(request: Request) -> list[Event]:
    """The inbound parse, raw or taken apart (twilio.com/docs/sendgrid/for-developers/parsing-email)."""
    fields, files = reading.form(request)
    sender = str(orjson.loads(fields.get("envelope", b"{}")).get("from", ""))
    if "email" in fields:
        return reading.mail(fields["email"], sender)
    charsets = orjson.loads(fields.get("charsets", b"{}"))
    headers = [
        (name, str(value))
        for name, value in HeaderParser().parsestr(reading.letters(fields["headers"])).items()
    ]
    text, html = (_decoded(fields.get(name, b""), str(charsets.get(name, ""))) for name in ("text", "html"))
    return reading.parts(headers, text, html, tuple(files), sender)


def _decoded(value: bytes, charset: str) -> str:
    try:
        return value.decode(charset or "utf-8")
    except (LookupError, ValueError):
        return value.decode("utf-8", "replace")
