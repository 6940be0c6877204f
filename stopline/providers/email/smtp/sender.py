"""Hands messages to a mail server (RFC 5321)."""

from __future__ import annotations

import asyncio

from stopline.providers.base import Outgoing, Permit, Receipt
from stopline.providers.email import ids
from stopline.providers.email.compose import mailbox, one_line
from stopline.providers.email.smtp import answers
from stopline.providers.email.smtp.connections import Connections
from stopline.providers.email.smtp.line import Answers, Lost, Mail
from stopline.providers.email.written import written
from stopline.providers.errors import OutcomeUnknown, ProviderError, TryLater

# Seconds for a whole hand-off. An unsubscribe waits for hand-offs in flight, so this bounds it too.
HAND_OFF_WITHIN = 10.0


class SmtpSender:
    can_be_asked = False  # a mail server forgets what it passed on

    def __init__(self) -> None:
        self.connections = Connections()

    async def send(self, permit: Permit, message: Outgoing) -> Receipt:
        """The permit is looked at where the first byte is written (`Line.carry`)."""
        loop = asyncio.get_running_loop()
        desk = self.connections.desk(message.way)
        mail = Mail(permit, _return_path(message), message.address, written(message), loop.create_future())
        desk.add(mail)
        late = loop.call_later(HAND_OFF_WITHIN, mail.give_up)
        try:
            told = await mail.told
        except (Lost, OSError) as error:
            if mail.started:  # the server may have taken it, and only its answer is lost
                raise OutcomeUnknown from error
            raise TryLater(
                f"The mail server did not take it: {error}. Stopline will try again by itself."
            ) from error
        finally:
            late.cancel()
            mail.give_up()
        if refusal := _refusal(told):
            raise refusal
        return Receipt(str(message.id))

    async def find(self, message: Outgoing) -> Receipt | None:
        raise OutcomeUnknown

    async def close(self) -> None:
        await self.connections.close()


def _refusal(told: Answers) -> ProviderError | None:
    """What the first answer that isn't yes says about what to do next."""
    if not told.mail.good:
        return answers.refused(told.mail.code, told.mail.text)
    if told.recipient and not told.recipient.good:
        return answers.refused(told.recipient.code, told.recipient.text, recipient=True)
    last = told.message or told.data
    if last is None or not last.good:
        return answers.refused(*((last.code, last.text) if last else (0, "")))
    return None


def _return_path(message: Outgoing) -> str:
    """Where bounces go: a mailbox of the connection's own with the message's id in it, where it has one."""
    bounces = one_line(str(message.way.settings.get("bounces") or ""))
    return ids.return_path(message.id, bounces) if bounces else mailbox(message.way)
