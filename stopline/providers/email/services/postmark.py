"""Postmark."""

from __future__ import annotations

import base64
from typing import Any

from stopline.providers.base import Event, InboundMedia, Way
from stopline.providers.email.services import reading
from stopline.providers.email.services.reading import What
from stopline.providers.email.services.receiver import ServiceReceiver
from stopline.providers.email.services.sender import ServiceSender
from stopline.providers.errors import AddressDead, Misconfigured, OptedOutAtProvider

# Bounce types (postmarkapp.com/developer/api/bounce-api, read November 2026).
TYPES = {
    "HardBounce": What.DEAD,
    "BadEmailAddress": What.DEAD,
    "SpamNotification": What.COMPLAINT,
    "SpamComplaint": What.COMPLAINT,
    "Unsubscribe": What.UNSUBSCRIBED,
    "ManuallyDeactivated": What.SUPPRESSED,
    "ManualSuppression": What.SUPPRESSED,
    "Transient": What.SENT,
    "DnsError": What.SENT,
    "AutoResponder": What.DELIVERED,
    "AddressChange": What.DELIVERED,
    "ChallengeVerification": What.DELIVERED,
}
RECORDS = {"Delivery": What.DELIVERED, "Open": What.READ, "Click": What.READ, "SpamComplaint": What.COMPLAINT}


class PostmarkSender(ServiceSender):
    label = "Postmark"
    backend = "postmark"
    api_url = "https://api.postmarkapp.com/"
    keeps_message_id = True
    headers = {"X-PM-KeepID": "true"}  # without it Postmark puts a Message-ID of its own in the place of ours
    # Codes: postmarkapp.com/developer/api/overview.
    rules = (
        (r'"ErrorCode":\s*406\b', OptedOutAtProvider),
        (r"(?:Invalid|Error parsing) 'To'", AddressDead),
        (r'"ErrorCode":\s*(?:10|400|401|405|411|412|413)\b', Misconfigured),
    )

    def options(self, way: Way) -> dict[str, Any]:
        stream = way.settings.get("message_stream")
        return {
            "server_token": way.credentials.get("api_key", ""),
            **({"message_stream": stream} if stream else {}),
        }


class PostmarkReceiver(ServiceReceiver):
    def report(self, report: dict[str, Any]) -> list[Event]:
        if "FromFull" in report and "RecordType" not in report:
            return _mail(report)
        address = report.get("Email") or report.get("Recipient")
        why = report.get("Description") or report.get("Details")
        return reading.events(
            _what(report), report, address=address, message=report.get("MessageID"), why=why
        )


def _what(report: dict[str, Any]) -> What | None:
    record = report.get("RecordType")
    if record == "Bounce":
        return TYPES.get(str(report.get("Type")), What.FAILED)
    if record == "SubscriptionChange":
        if report.get("SuppressSending") is not True:
            return None  # an admin of the service lifted it, which is no consent
        return TYPES.get(str(report.get("SuppressionReason")), What.SUPPRESSED)
    return RECORDS.get(str(record))


def _mail(report: dict[str, Any]) -> list[Event]:
    headers = [(each["Name"], each["Value"]) for each in report.get("Headers", [])]
    path = [value for name, value in headers if name.lower() == "return-path"]
    if isinstance(report.get("RawEmail"), str):
        raw = report["RawEmail"].encode("utf-8", "surrogateescape")
        return reading.mail(raw, path[0].strip("<>") if path else None, report.get("OriginalRecipient"))
    # The headers that Postmark leaves out of its list.
    for name, key in (("From", "From"), ("Subject", "Subject"), ("Date", "Date"), ("To", "To")):
        if isinstance(report.get(key), str) and not any(name.lower() == had.lower() for had, _ in headers):
            headers.append((name, report[key]))
    files = tuple(
        InboundMedia(
            str(each.get("ContentType", ""))[:100] or "application/octet-stream",
            str(each.get("Name", ""))[:200],
            content=base64.b64decode(each["Content"]),
        )
        for each in report.get("Attachments", [])
    )
    return reading.parts(
        headers, report.get("TextBody"), report.get("HtmlBody"), files, path[0].strip("<>") if path else None
    )
