"""Hands messages to a mail server (RFC 5321)."""

from __future__ import annotations

import asyncio

import aiosmtplib

from stopline.providers.base import Outgoing, Permit, Receipt
from stopline.providers.email import ids
from stopline.providers.email.compose import compose, mailbox, one_line
from stopline.providers.email.smtp import answers
from stopline.providers.email.smtp.connections import ANSWER_WITHIN, Connections, Server
from stopline.providers.errors import OutcomeUnknown, TryLater

# Seconds for a whole hand-off. An unsubscribe waits for hand-offs in flight, so this bounds it too.
HAND_OFF_WITHIN = 10.0


class SmtpSender:
    can_be_asked = False  # a mail server forgets what it passed on

    def __init__(self) -> None:
        self.connections = Connections()

    async def send(self, permit: Permit, message: Outgoing) -> Receipt:
        server = Server.of(message.way)
        body = compose(message).as_bytes()
        progress = Progress()
        try:
            async with asyncio.timeout(HAND_OFF_WITHIN), self.connections.one(server) as client:
                await _transaction(client, permit, message, body, progress)
        except (
            aiosmtplib.SMTPServerDisconnected,
            aiosmtplib.SMTPTimeoutError,
            TimeoutError,
            OSError,
        ) as error:
            if progress.data:  # the server may have taken it, and only its answer is lost
                raise OutcomeUnknown from error
            raise TryLater(
                "The mail server closed the connection. Stopline will try again by itself."
            ) from error
        return Receipt(str(message.id))

    async def find(self, message: Outgoing) -> Receipt | None:
        raise OutcomeUnknown

    async def close(self) -> None:
        await self.connections.close()


class Progress:
    data = False  # whether DATA has begun


async def _transaction(
    client: aiosmtplib.SMTP, permit: Permit, message: Outgoing, body: bytes, progress: Progress
) -> None:
    """One message. A refusal leaves the connection fit for the next one."""
    permit.check()
    try:
        await client.mail(_return_path(message), timeout=ANSWER_WITHIN)
        await client.rcpt(message.address, timeout=ANSWER_WITHIN)
        permit.check()  # two answers later: until DATA nothing of the message has left
        progress.data = True
        await client.data(body, timeout=ANSWER_WITHIN)
    except aiosmtplib.SMTPRecipientRefused as error:
        raise answers.refused(error.code, error.message, recipient=True) from None
    except aiosmtplib.SMTPSenderRefused as error:
        raise answers.refused(error.code, error.message) from None
    except aiosmtplib.SMTPDataError as error:
        raise answers.refused(error.code, error.message) from None


def _return_path(message: Outgoing) -> str:
    """Where bounces go: a mailbox of the connection's own with the message's id in it, where it has one."""
    bounces = one_line(str(message.way.settings.get("bounces") or ""))
    return ids.return_path(message.id, bounces) if bounces else mailbox(message.way)
