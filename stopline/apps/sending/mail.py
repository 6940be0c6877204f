"""What an e-mail holds beside its text: a subject, how to unsubscribe, and which mail it answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from stopline.apps.consent import links
from stopline.apps.sending.models import Message
from stopline.rules.words import Channel, MessageKind

LONGEST_SUBJECT = 250  # characters
ANSWERS = re.compile(r"(?:re|aw|sv|antw|rif|odp)\s*:", re.IGNORECASE)
# Written by nobody, so that no out-of-office reply answers them and no two machines talk for ever (RFC 3834).
AUTOMATIC = (
    MessageKind.OPT_OUT_CONFIRMATION,
    MessageKind.OPT_IN_CONFIRMATION,
    MessageKind.HELP,
    MessageKind.AUTOMATION,
)
THREADED = (MessageKind.REPLY, *AUTOMATIC)


def parts(
    account_id: UUID,
    contact_id: UUID,
    address: str,
    kind: MessageKind,
    given: Mapping[str, Any],
    answered: Mapping[str, Any] | None = None,
    link: str = "",
) -> dict[str, Any]:
    """`given` with what is missing. `answered` are the parts of the mail it answers; else they are looked up. `link`
    unsubscribes; else one is made."""
    found = dict(given)
    link = link or links.unsubscribe_url(account_id, Channel.EMAIL, address)
    headers = {**_unsubscribe(link), **found.get("headers", {})}
    if kind in AUTOMATIC:
        headers["Auto-Submitted"] = "auto-generated"
    if kind in THREADED:
        answered = _last(account_id, contact_id, address) if answered is None else answered
        headers |= _thread(answered)
        found["subject"] = found.get("subject") or _answering(answered.get("subject", ""))
    subject = " ".join(str(found.get("subject") or "").split())[:LONGEST_SUBJECT]
    return {**{name: value for name, value in found.items() if name != "subject"}, "headers": headers} | (
        {"subject": subject} if subject else {}
    )


def last_subject(account_id: UUID, contact_id: UUID, address: str) -> str:
    """The subject an answer would have; "" where there is no mail to answer."""
    return _answering(_last(account_id, contact_id, address).get("subject", ""))


def _unsubscribe(link: str) -> dict[str, str]:
    """RFC 2369, RFC 8058. The adapter adds the mailto, which names the message."""
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _last(account_id: UUID, contact_id: UUID, address: str) -> Mapping[str, Any]:
    """The parts of the last mail the person wrote. Index: thread."""
    written = Message.objects.filter(
        account_id=account_id,
        contact_id=contact_id,
        channel=Channel.EMAIL,
        address=address,
        kind=MessageKind.INBOUND,
    )
    return written.order_by("-id").values_list("parts", flat=True).first() or {}


def _thread(answered: Mapping[str, Any]) -> dict[str, str]:
    """In-Reply-To and References, which mail programs thread by."""
    chain = answered.get("mail_id", "").split()
    if not chain:
        return {}
    return {"In-Reply-To": chain[-1], "References": " ".join(chain)}


def _answering(subject: str) -> str:
    if not subject:
        return ""
    return subject if ANSWERS.match(subject) else f"Re: {subject}"
