"""Bounces (RFC 3464, or what some servers take for one) and complaint reports (RFC 5965), well formed or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stopline.providers.base import Event, OptOut, Unknown
from stopline.providers.email import ids, kept
from stopline.providers.email.automatic import null_sender
from stopline.providers.email.mime import Mail
from stopline.rules import addresses
from stopline.rules.errors import InvalidInput
from stopline.rules.words import Channel, MessageState, Source

MOST_RECIPIENTS = 50
FIELD = re.compile(r"^([A-Za-z][A-Za-z-]{1,40}):[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
CODE = re.compile(r"\b([45])\d\d[ -]")
ADDRESS = re.compile(r"[^\s<>;,\"'()]+@[^\s<>;,\"'()]+")
# Failures for good that say nothing against the address: full, too large, the server's own trouble, its policy or
# its opinion of the content (RFC 3463 section 3). Unsubscribing for these would punish people for our mail.
NOT_THE_ADDRESS = re.compile(r"5\.(?:2\.[234]|3\.\d+|5\.\d+|6\.\d+|7\.\d+)")
# Reports that are no complaint of a person (RFC 5965 section 7.3, RFC 6591, RFC 6650).
NO_COMPLAINT = ("not-spam", "auth-failure", "dmarc", "virus")
DAEMON = re.compile(r"^(?:mailer-daemon|postmaster|mail-?daemon|bounces?)@", re.IGNORECASE)
FAILED = re.compile(
    r"undeliver|delivery (?:status|failure|has failed)|returned mail|failure notice|mail delivery|unzustellbar|"
    r"non remis|no se ha podido entregar|não entregue|mancata consegna|onbestelbaar",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Told:
    """About one recipient. `status` is x.y.z, or only its class."""

    address: str
    action: str
    status: str
    diagnosis: str


def read(mail: Mail) -> list[Event]:
    """The events of a report; nothing where the mail is none."""
    if complaint := _content(mail, "message/feedback-report") or _loose_complaint(mail):
        return _complaint(mail, complaint)
    if _content(mail, "message/delivery-status") or _looks_like_bounce(mail):
        return _bounce(mail)
    return []


def _complaint(mail: Mail, report: str) -> list[Event]:
    fields = _fields(report)
    kind = fields.get("feedback-type", "abuse").strip().lower()
    event_id = f"complaint:{mail.digest}"
    if kind in NO_COMPLAINT:
        return [Unknown(event_id, {"report": report[:4000]})]
    told = _first_address(fields, "original-rcpt-to", "removal-recipient", "original-recipient")
    address = told or _address(_fields(_about(mail)).get("to", ""))
    message = ids.ours(_whole(mail)) or ids.of_return_path(_whole(mail))
    if not address and not message:
        return [Unknown(event_id, {"report": report[:4000]})]
    by = fields.get("user-agent") or fields.get("reporting-mta") or mail.header("from")
    reason = f"Reported a message as spam ({kind}), as {by.strip()[:100]} tells."
    raw = {"report": report[:4000]}
    return [OptOut(event_id, Channel.EMAIL, address, Source.COMPLAINT, reason, raw, provider_id=message)]


def _bounce(mail: Mail) -> list[Event]:
    """One opt-out for each address that is dead, and what became of the message."""
    message = ids.ours(_whole(mail)) or ids.of_return_path(f"{mail.envelope_to} {mail.every('to')}")
    told = list(_recipients(mail))
    if not told or (not message and not any(each.address for each in told)):
        return [Unknown(f"bounce:{mail.digest}", {"report": _whole(mail)[:4000]})]
    events: list[Event] = []
    for number, each in enumerate(told):
        events += _of_recipient(each, message, f"{mail.digest}:{number}")
    return events or [Unknown(f"bounce:{mail.digest}", {"report": _whole(mail)[:4000]})]


def _of_recipient(told: Told, message: str, mark: str) -> Iterator[Event]:
    raw = {"address": told.address, "action": told.action, "status": told.status, "diagnosis": told.diagnosis}
    why = f" {told.diagnosis}" if told.diagnosis else ""
    failed = told.action == "failed" or (not told.action and told.status[:1] in ("4", "5"))
    if (
        failed
        and told.status.startswith("5")
        and not NOT_THE_ADDRESS.match(told.status)
        and (told.address or message)
    ):
        reason = f"The address bounced: {told.status}{why}".strip()
        yield OptOut(
            f"bounce:{mark}", Channel.EMAIL, told.address, Source.BOUNCE, reason, raw, provider_id=message
        )
    if message and failed:
        failure = f"It came back: {told.status or 'no reason given'}{why}"
        yield kept.progress(f"progress:{mark}", message, MessageState.FAILED, failure, raw)
    elif message and told.action == "delivered":
        yield kept.progress(f"progress:{mark}", message, MessageState.DELIVERED, "", raw)
    elif not failed or not told.status.startswith("5"):
        yield Unknown(f"bounce:{mark}", {"report": raw})


def _recipients(mail: Mail) -> Iterator[Told]:
    """From the machine-readable part; where that is missing or broken, from whatever the text says."""
    report = _content(mail, "message/delivery-status")
    blocks = [
        block for block in re.split(r"\n\s*\n", report) if re.search(r"(?i)final-recipient|status:", block)
    ]
    found = [told for block in blocks[:MOST_RECIPIENTS] if (told := _of_block(block))]
    yield from found or _loose(mail)


def _of_block(block: str) -> Told | None:
    fields = _fields(block)
    # Original-Recipient is the address we wrote to, Final-Recipient where it was forwarded (RFC 3464 section 2.3).
    address = _first_address(fields, "original-recipient", "final-recipient")
    diagnosis = _sentence(
        fields.get("diagnostic-code", "").partition(";")[2] or fields.get("diagnostic-code", "")
    )
    status = _status(fields.get("status", "")) or _status(diagnosis)
    action = fields.get("action", "").split(" ")[0].strip().lower()
    return Told(address, action, status, diagnosis) if status or action else None


def _loose(mail: Mail) -> Iterator[Told]:
    text = "\n".join(
        [mail.text, *(content for kind, content in mail.reports if kind == "message/delivery-status")]
    )
    status = _status(text)
    if not status:
        return
    fields = _fields(text)
    told = _first_address(fields, "original-recipient", "final-recipient", "x-failed-recipients")
    address = (
        told or _address(mail.header("x-failed-recipients")) or _address(_fields(_about(mail)).get("to", ""))
    )
    place = STATUS.search(text) or CODE.search(text)
    said = _sentence(text[place.start() : place.start() + 200]) if place else ""
    yield Told(address, "", status, said)


def _looks_like_bounce(mail: Mail) -> bool:
    """A report without its machine-readable part: sent by a mail system, about a message it gives back."""
    kind = mail.header("content-type").lower()
    if "multipart/report" in kind and "delivery-status" in kind:
        return True
    senders = [address for _, address in mail.addresses("from")]
    daemon = any(DAEMON.match(address) for address in senders)
    return (daemon or null_sender(mail)) and bool(
        mail.header("x-failed-recipients") or FAILED.search(mail.header("subject"))
    )


def _loose_complaint(mail: Mail) -> str:
    """The report of a complaint whose parts came out of order, or in the text."""
    if "feedback-report" not in mail.header("content-type").lower():
        return ""
    return mail.text if "feedback-type:" in mail.text.lower() else ""


def _content(mail: Mail, kind: str) -> str:
    return next((content for found, content in mail.reports if found == kind), "")


def _about(mail: Mail) -> str:
    """The message a report is about, or its headers; some put them into the text."""
    for kind in ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"):
        if content := _content(mail, kind):
            return content
    return mail.text


def _whole(mail: Mail) -> str:
    return "\n".join([mail.text, *(content for _, content in mail.reports)])


def _fields(text: str) -> dict[str, str]:
    """The first of each name."""
    found: dict[str, str] = {}
    for name, value in FIELD.findall(text.replace("\r", "")):
        found.setdefault(name.lower(), " ".join(value.split()))
    return found


def _first_address(fields: dict[str, str], *names: str) -> str:
    return next((found for name in names if (found := _address(fields.get(name, "")))), "")


def _address(text: str) -> str:
    """The first address in a text that is one, "" where there is none; "rfc822;" before it doesn't matter."""
    for found in ADDRESS.findall(text[:2000]):
        try:
            return addresses.email(found)
        except InvalidInput:
            continue
    return ""


def _status(text: str) -> str:
    if found := STATUS.search(text):
        return found[0]
    code = CODE.search(text)
    return f"{code[1]}.0.0" if code else ""


def _sentence(text: str) -> str:
    return " ".join(text.split())[:300]
