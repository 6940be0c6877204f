"""Amazon SES: sends whole mails (API v2), reports through Amazon SNS.

Anymail would need Amazon's SDK; one signed POST needs neither.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import Any

import orjson

from stopline.providers import http
from stopline.providers.base import Event, Outgoing, Permit, Receipt, Reply, Request, SendsNoMedia, Way
from stopline.providers.email import compose
from stopline.providers.email.services import aws_signature, reading, sns
from stopline.providers.email.services.reading import What
from stopline.providers.email.services.receiver import ServiceReceiver
from stopline.providers.email.services.sender import plain_id
from stopline.providers.email.written import written
from stopline.providers.errors import (
    MessageRefused,
    Misconfigured,
    OptedOutAtProvider,
    OutcomeUnknown,
    ProviderError,
    TryLater,
)
from stopline.providers.wire import Wire

PATH = "/v2/email/outbound-emails"
REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
# docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html, read November 2026.
LATER = re.compile(
    r"TooManyRequests|LimitExceeded|Throttl|ServiceUnavailable|Maximum sending rate", re.IGNORECASE
)
OURS = re.compile(
    r"AccountSuspended|SendingPaused|MailFromDomainNotVerified|NotFoundException|not verified|Signature|"
    r"InvalidClientToken|ExpiredToken|AccessDenied|UnrecognizedClient|Daily message quota",
    re.IGNORECASE,
)
# docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html, read November 2026.
WHATS = {
    "Send": What.SENT,
    "DeliveryDelay": What.SENT,
    "Delivery": What.DELIVERED,
    "Open": What.READ,
    "Click": What.READ,
    "Reject": What.FAILED,
    "Rendering Failure": What.FAILED,
}
# Permanent, and yet not because the address doesn't exist.
SUPPRESSED = ("Suppressed", "OnAccountSuppressionList", "UnsubscribedRecipient")


class AmazonSesSender:
    can_be_asked = False
    api_url = ""  # by region; tests put their own here

    def __init__(self) -> None:
        self.wire = Wire()

    async def send(self, permit: Permit, message: Outgoing) -> Receipt:
        url, region = self._where(message.way)
        body = orjson.dumps(_request(message))
        credentials = message.way.credentials
        headers = aws_signature.sign(
            "POST",
            url,
            {"Content-Type": "application/json"},
            body,
            key_id=credentials.get("access_key_id", ""),
            secret=credentials.get("secret_access_key", ""),
            region=region,
            service="ses",
            now=datetime.now(UTC),
        )
        answer = await self.wire.hand_off(permit, url, body, headers)
        if answer.status >= 300:
            raise _refused(answer)
        return Receipt(plain_id(answer.needed("MessageId")))

    async def find(self, message: Outgoing) -> Receipt | None:
        raise OutcomeUnknown

    async def close(self) -> None:
        await self.wire.close()

    def _where(self, way: Way) -> tuple[str, str]:
        named = region(way)
        return (self.api_url or f"https://email.{named}.amazonaws.com").rstrip("/") + PATH, named


def region(way: Way) -> str:
    """Raises Misconfigured."""
    named = str(way.settings.get("region") or "")
    if not REGION.fullmatch(named):  # it becomes part of a host's name
        raise Misconfigured("The region of Amazon SES is not right. Write it like eu-west-1.")
    return named


def _request(message: Outgoing) -> dict[str, Any]:
    request: dict[str, Any] = {
        "FromEmailAddress": compose.mailbox(message.way),
        "Destination": {"ToAddresses": [message.address]},
        "Content": {"Raw": {"Data": base64.b64encode(written(message)).decode()}},
    }
    if named := message.way.settings.get("configuration_set"):
        request["ConfigurationSetName"] = str(named)
    return request


def _refused(answer: http.Answer) -> ProviderError:
    kind = f"{answer.headers.get('x-amzn-errortype', '')} {answer.told('__type')}"
    words = answer.told("message") or answer.told("Message")
    said = f"Amazon SES answered {answer.status}: {' '.join(f'{kind} {words}'.split())[:300]}".rstrip(": .")
    if LATER.search(f"{kind} {words}") or answer.status in (429, 503):
        return TryLater(f"{said}. Stopline will try again by itself.", http.retry_after(answer))
    if answer.status >= 500 or answer.status < 400:
        return OutcomeUnknown(f"{said}. It may or may not have been sent.")
    if "suppression list" in words.lower():
        return OptedOutAtProvider(f"{said}.")
    if OURS.search(f"{kind} {words}") or answer.status in (401, 403, 404):
        return Misconfigured(f"{said}. Check the keys, the region and the sender's verification.")
    return MessageRefused(f"{said}.")


class AmazonSesReceiver(ServiceReceiver, SendsNoMedia):
    def verify(self, request: Request, way: Way) -> None:
        sns.verify(_message(request), str(way.settings.get("topic_arn") or ""))

    def handshake(self, request: Request, way: Way) -> Reply | None:
        """SNS asks once for each topic whether we want to hear it."""
        if b"SubscriptionConfirmation" not in request.body:
            return None
        message = _message(request)
        if message.get("Type") != "SubscriptionConfirmation":
            return None
        self.verify(request, way)
        sns.subscribe(message)
        return Reply(200, b"subscribed")

    def events(self, request: Request) -> list[Event]:
        message = _message(request)
        if message.get("Type") != "Notification":
            return reading.events(None, message)
        event = next(reading.each(_inside(message)), None)
        if event is None:
            return reading.events(None, message)
        kind = str(event.get("eventType") or event.get("notificationType"))
        if kind == "Received":
            return _mail(event)
        about = event.get("mail", {}).get("messageId")
        if kind == "Bounce":
            return _bounces(event["bounce"], about)
        if kind == "Complaint":
            return _complaints(event["complaint"], about)
        return reading.events(WHATS.get(kind), event, message=about)


def _bounces(bounce: dict[str, Any], message: Any) -> list[Event]:
    found: list[Event] = []
    for each in bounce["bouncedRecipients"]:
        what = What.FAILED
        if bounce.get("bounceType") == "Permanent":
            what = What.SUPPRESSED if bounce.get("bounceSubType") in SUPPRESSED else What.DEAD
        raw = {"bounce": {**bounce, "bouncedRecipients": [each]}, "message": message}
        why = each.get("diagnosticCode") or bounce.get("bounceSubType")
        found += reading.events(what, raw, address=each.get("emailAddress"), message=message, why=why)
    return found


def _complaints(complaint: dict[str, Any], message: Any) -> list[Event]:
    """SES names everybody of a domain that may have complained; we write to one at a time, so there is one."""
    found: list[Event] = []
    kind = complaint.get("complaintFeedbackType")
    what = What.COMPLAINT if kind != "not-spam" else None
    for each in complaint["complainedRecipients"]:
        raw = {"complaint": {**complaint, "complainedRecipients": [each]}, "message": message}
        found += reading.events(what, raw, address=each.get("emailAddress"), message=message, why=kind)
    return found


def _mail(event: dict[str, Any]) -> list[Event]:
    """With the SNS action of a receipt rule, the whole mail (at most 150 KB); with others, only that it came."""
    content = event.get("content")
    if not isinstance(content, str):
        return reading.events(None, event)
    encoded = event.get("receipt", {}).get("action", {}).get("encoding") == "BASE64"
    raw = base64.b64decode(content) if encoded else content.encode("utf-8", "surrogateescape")
    return reading.mail(raw, event.get("mail", {}).get("source"))


def _message(request: Request) -> dict[str, Any]:
    found = reading.body(request)
    return found if isinstance(found, dict) else {"unread": found}


def _inside(message: dict[str, Any]) -> Any:
    """What SNS carries is JSON in a text; other texts (a topic's own test) are kept as they are."""
    try:
        return orjson.loads(str(message.get("Message", "")))
    except orjson.JSONDecodeError:
        return {"text": message.get("Message")}
