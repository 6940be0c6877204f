"""Mailjet."""

from __future__ import annotations

import base64
from typing import Any

from stopline.providers.base import Event, InboundMedia, Way
from stopline.providers.email.services import reading
from stopline.providers.email.services.reading import What
from stopline.providers.email.services.receiver import ServiceReceiver
from stopline.providers.email.services.sender import ServiceSender
from stopline.providers.errors import AddressDead, Misconfigured

WHATS = {
    "sent": What.DELIVERED,  # "sent" at Mailjet: the person's server took it
    "open": What.READ,
    "click": What.READ,
    "spam": What.COMPLAINT,
    "unsub": What.UNSUBSCRIBED,
}
# Errors that mean that the address is none (dev.mailjet.com/email/guides/webhooks, read November 2026).
DEAD = ("user unknown", "mailbox inactive", "invalid domain", "no mail host", "typofix")


class MailjetSender(ServiceSender):
    label = "Mailjet"
    backend = "mailjet"
    api_url = "https://api.mailjet.com/v3.1/"
    rules = (
        (r"send-0008|not an authorized sender|sender.{0,30}not.{0,20}(?:valid|active)", Misconfigured),
        (r'"mj-0013"[^}]*\bTo\b', AddressDead),
    )

    def options(self, way: Way) -> dict[str, Any]:
        secret = way.credentials.get("secret_key", "")
        return {"api_key": way.credentials.get("api_key", ""), "secret_key": secret}


class MailjetReceiver(ServiceReceiver):
    """Signs nothing. One report or a list of them, or a mail (dev.mailjet.com/email/guides/parse-api)."""

    def report(self, report: dict[str, Any]) -> list[Event]:
        if "event" not in report and "Headers" in report:
            return _mail(report)
        return reading.events(
            _what(report),
            report,
            address=report.get("email"),
            message=report.get("MessageID"),
            why=report.get("comment") or report.get("smtp_reply") or report.get("error"),
        )


def _what(report: dict[str, Any]) -> What | None:
    name, error = str(report.get("event")), str(report.get("error", ""))
    if name == "bounce":
        if report.get("hard_bounce") is True:
            return What.DEAD if error in DEAD or not error else What.FAILED
        return What.SENT if error == "greylisted" else What.FAILED
    if name == "blocked":
        if error == "spam reporter":
            return What.COMPLAINT
        return What.DEAD if error in DEAD else What.SUPPRESSED if error == "preblocked" else What.FAILED
    return WHATS.get(name)


def _mail(report: dict[str, Any]) -> list[Event]:
    headers = [
        (str(name), str(value))
        for name, values in report["Headers"].items()
        for value in (values if isinstance(values, list) else [values])
    ]
    files = tuple(
        file for part in report.get("Parts", []) if (file := _file(part, report.get(part.get("ContentRef"))))
    )
    return reading.parts(
        headers, report.get("Text-part"), report.get("Html-part"), files, report.get("Sender")
    )


def _file(part: dict[str, Any], content: Any) -> InboundMedia | None:
    if "Attachment" not in str(part.get("ContentRef", "")) or not isinstance(content, str):
        return None
    kind, _, rest = str(part.get("Headers", {}).get("Content-Type", "")).partition(";")
    name = rest.partition("name=")[2].strip(' "').partition('"')[0]
    return InboundMedia(kind.strip()[:100], name[:200], content=base64.b64decode(content))
