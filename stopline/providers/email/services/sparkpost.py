"""SparkPost."""

from __future__ import annotations

import base64
from typing import Any

from stopline.providers import http
from stopline.providers.base import Event, Way
from stopline.providers.email.services import reading
from stopline.providers.email.services.reading import What
from stopline.providers.email.services.receiver import ServiceReceiver
from stopline.providers.email.services.sender import ServiceSender
from stopline.providers.errors import AddressDead, Misconfigured, ProviderError, TryLater

REGIONS = {"us": "https://api.sparkpost.com/api/v1/", "eu": "https://api.eu.sparkpost.com/api/v1/"}
# developers.sparkpost.com/api/webhooks, read November 2026.
WHATS = {
    "injection": What.SENT,
    "delay": What.SENT,
    "delivery": What.DELIVERED,
    "open": What.READ,
    "initial_open": What.READ,
    "click": What.READ,
    "spam_complaint": What.COMPLAINT,
    "list_unsubscribe": What.UNSUBSCRIBED,
    "link_unsubscribe": What.UNSUBSCRIBED,
    "generation_failure": What.FAILED,
}
# Classes of bounces (10 invalid recipient, 30 no such recipient, 90 unsubscribe request).
CLASSES = {"10": What.DEAD, "30": What.DEAD, "90": What.UNSUBSCRIBED}
NOT_FINAL = ("20", "21", "22", "23", "24", "70")
# A rejection before anything is sent names what SparkPost holds against the address.
POLICIES = (("spam", What.COMPLAINT), ("unsubscribe", What.UNSUBSCRIBED), ("suppress", What.SUPPRESSED))


class SparkPostSender(ServiceSender):
    label = "SparkPost"
    backend = "sparkpost"
    api_url = ""  # by region; tests put their own here
    rules = (
        (r"unconfigured (?:or unverified )?sending domain|invalid domain|sending domain", Misconfigured),
        (r"recipient address|invalid recipient|no valid recipients", AddressDead),
    )

    def where(self, way: Way) -> str:
        return self.api_url or REGIONS["eu" if way.settings.get("region") == "eu" else "us"]

    def refused(self, answer: http.Answer) -> ProviderError:
        if answer.status == 420:  # theirs for "the sending limit is reached"
            return TryLater("SparkPost answered 420: the sending limit of the account is reached.", 600)
        return super().refused(answer)


class SparkPostReceiver(ServiceReceiver):
    """Signs nothing. A list of reports, or of mails (its relay webhooks)."""

    def report(self, report: dict[str, Any]) -> list[Event]:
        inside = report["msys"]
        if not inside:
            return []  # how SparkPost tries whether somebody answers
        ((kind, event),) = inside.items()
        if kind == "relay_message":
            return _mail(event)
        return reading.events(
            _what(event),
            report,
            address=event.get("raw_rcpt_to") or event.get("rcpt_to"),
            message=event.get("transmission_id"),
            why=event.get("raw_reason") or event.get("reason"),
        )


def _what(event: dict[str, Any]) -> What | None:
    name, kind = str(event.get("type")), str(event.get("bounce_class", ""))
    if name in ("bounce", "out_of_band"):
        return CLASSES.get(
            kind, What.SENT if kind in NOT_FINAL and name == "bounce" and _soft(event) else What.FAILED
        )
    if name in ("policy_rejection", "generation_rejection"):
        reason = f"{event.get('raw_reason')} {event.get('reason')}".lower()
        return next((what for word, what in POLICIES if word in reason), What.FAILED)
    if name in ("open", "initial_open") and event.get("is_prefetched") is True:
        return What.DELIVERED
    return WHATS.get(name)


def _soft(event: dict[str, Any]) -> bool:
    """Whether SparkPost goes on trying: a bounce event is its last word, except for code 4xx before the last try."""
    return str(event.get("error_code", "")).startswith("4")


def _mail(event: dict[str, Any]) -> list[Event]:
    content = event["content"]
    raw = str(content["email_rfc822"]).encode("utf-8", "surrogateescape")
    if content.get("email_rfc822_is_base64"):
        raw = base64.b64decode(raw)
    return reading.mail(raw, event.get("msg_from"), event.get("rcpt_to"))
