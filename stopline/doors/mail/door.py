"""The mail door: a mail server hands over what came for our connections, by SMTP or LMTP (RFC 5321, RFC 2033).

It believes nobody and takes only what is for a mailbox it knows. 250 means stored; an opt-out in it is in force by
then, unless a hand-off that hangs holds it up (then the worker applies it).
"""

from __future__ import annotations

import ssl
from typing import Any

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from stopline.apps.sending import mailboxes
from stopline.doors.asgi import in_thread
from stopline.doors.inbound.door import settle
from stopline.providers.email.reading import read_bytes
from stopline.rules.errors import StoplineError

LARGEST = 25_000_000  # bytes of a mail
MOST_RECIPIENTS = 100
PATIENCE = 60.0  # seconds of silence
UNKNOWN = "550 5.1.1 Nobody here has this address"
LATER = "451 4.3.0 Stopline could not store this just now; send it again"
TAKEN = "250 2.0.0 Stored"
log = structlog.get_logger(__name__)


class Handler:
    def __init__(self, *, lmtp: bool = False) -> None:
        self.lmtp = lmtp

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002
    ) -> str:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients in one mail"
        try:
            if not await in_thread(_known, address):
                return UNKNOWN
        except Exception:  # the sender must come again, whatever is wrong
            log.exception("mail.failed", step="recipient")
            return LATER
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        """LMTP wants an answer for each recipient (RFC 2033 section 4.2), SMTP one for all."""
        raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        answers = [
            await self._deliver(raw, envelope.mail_from or "", recipient) for recipient in envelope.rcpt_tos
        ]
        if self.lmtp:
            return "\r\n".join(answers)
        # What was stored twice counts once, so one refusal may have all of it sent again.
        return next((answer for answer in answers if answer != TAKEN), TAKEN)

    async def _deliver(self, raw: bytes, sender: str, recipient: str) -> str:
        try:
            return await in_thread(deliver, raw, sender, recipient)
        except StoplineError as error:
            return f"554 5.6.0 {error.title}"
        except Exception:  # as above
            log.exception("mail.failed", step="data")
            return LATER


def deliver(raw: bytes, sender: str, recipient: str) -> str:
    """Stores and applies one mail for one recipient."""
    connection = mailboxes.of(recipient)
    if connection is None:
        return UNKNOWN
    done = settle(connection, read_bytes(raw, sender, recipient))
    log.info("mail.taken", connection=str(connection.id), bytes=len(raw), **done.body)
    return TAKEN


def protocol(*, lmtp: bool = False, tls: ssl.SSLContext | None = None) -> SMTP:
    """One conversation with a mail server."""
    kind = _Lmtp if lmtp else _Smtp
    options: dict[str, Any] = {"tls_context": tls} if tls else {}
    return kind(
        Handler(lmtp=lmtp),
        data_size_limit=LARGEST,
        enable_SMTPUTF8=True,
        ident="Stopline",
        timeout=PATIENCE,
        **options,
    )


class _Smtp(SMTP):
    line_length_limit = 1_000_000  # many programs write longer lines than RFC 5321 allows


class _Lmtp(LMTP):
    line_length_limit = 1_000_000


def _known(address: str) -> bool:
    return mailboxes.of(address) is not None
