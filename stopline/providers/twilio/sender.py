"""Hands messages to Twilio's Messages resource (twilio.com/docs/messaging/api/message-resource; the form's fields as
in Twilio's OpenAPI description of 14 April 2026). Why not with its SDK: docs/decisions.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import orjson

from stopline.providers import http
from stopline.providers.base import Outgoing, Permit, Receipt
from stopline.providers.errors import MessageRefused, Misconfigured, OutcomeUnknown, TryLater
from stopline.providers.twilio import account, codes
from stopline.providers.wire import Wire
from stopline.rules.words import Channel

LONGEST_TEXT = 1600  # characters
MOST_FILES = {Channel.MMS: 10, Channel.RCS: 1, Channel.WHATSAPP: 1}
CONTENT_SID = re.compile(r"\bHX[0-9a-fA-F]{32}$", re.ASCII)
REJECTED = ("failed", "undelivered", "canceled")

Form = list[tuple[str, str]]


class TwilioSender:
    can_be_asked = False  # Twilio takes no id of ours, so nothing names a message whose answer was lost

    def __init__(self) -> None:
        self.wire = Wire()

    async def send(self, permit: Permit, message: Outgoing) -> Receipt:
        url, signed_in = account.url(message.way, "Messages.json"), account.sign_in(message.way)
        answer = await self.wire.hand_off(permit, url, form(message), signed_in, form=True)
        return _receipt(answer)

    async def find(self, message: Outgoing) -> Receipt | None:
        raise OutcomeUnknown

    async def close(self) -> None:
        await self.wire.close()


def form(message: Outgoing) -> Form:
    """The fields of Twilio's form. Raises MessageRefused for what it can't send, Misconfigured without a sender."""
    fields = [("To", _to(message)), *_from(message), *_content(message)]
    if _reachable(message.way.webhook_url):
        fields.append(("StatusCallback", message.way.webhook_url))
    return fields


def _to(message: Outgoing) -> str:
    """With its channel named, so that Twilio never falls back to another one, which this permit does not cover."""
    prefix = {Channel.WHATSAPP: "whatsapp:", Channel.RCS: "rcs:"}.get(message.channel, "")
    return prefix + message.address


def _from(message: Outgoing) -> Form:
    way = message.way
    service = account.setting(way, "messaging_service_sid")
    through_service = [("MessagingServiceSid", service)] if service else []
    match message.channel:
        case Channel.WHATSAPP:
            found = [("From", f"whatsapp:{way.sender}")] if way.sender else through_service
        case Channel.RCS:
            sender = account.setting(way, "rcs_sender").removeprefix("rcs:")
            found = [("From", f"rcs:{sender}")] if sender else through_service
        case _:
            # The number beside the service: with the service alone Twilio would try RCS first.
            found = [*([("From", way.sender)] if way.sender else []), *through_service]
    if not found:
        raise Misconfigured(
            "This connection has no sender for this channel. Enter a number or a Messaging Service."
        )
    return found


def _content(message: Outgoing) -> Form:
    if message.template:
        return _template(message)
    if len(message.text) > LONGEST_TEXT:
        raise MessageRefused(f"The message is longer than {LONGEST_TEXT:,} characters. Shorten it.")
    files = _files(message)
    fields = [("Body", message.text)] if message.text or not files else []
    if message.channel is Channel.MMS and not files:
        fields.append(("SendAsMms", "true"))
    return fields + files


def _template(message: Outgoing) -> Form:
    """By the Content SID in its name; its variables are numbered through, whatever part of it they are in."""
    assert message.template is not None
    sid = CONTENT_SID.search(message.template.name)
    if not sid:
        raise MessageRefused(
            "Twilio knows a template by its Content SID, HX and 32 letters and digits. Enter that."
        )
    values = {name.rpartition(":")[2]: value for name, value in message.template.variables.items()}
    return [("ContentSid", sid[0]), ("ContentVariables", orjson.dumps(values).decode())]


def _files(message: Outgoing) -> Form:
    most = MOST_FILES.get(message.channel, 0)
    if len(message.media) > most:
        raise MessageRefused(
            f"{message.channel.label} takes {most or 'no'} file{'s' if most > 1 else ''} with a message here. "
            f"{'Send them one by one.' if most else 'Choose MMS.'}"
        )
    if not all(media.url for media in message.media):
        raise MessageRefused("Twilio fetches files by their address, and this one has none. Attach it again.")
    return [("MediaUrl", media.url) for media in message.media]


def _reachable(url: str) -> bool:
    """Twilio refuses a message whose status address is on this machine (21609)."""
    return (urlsplit(url).hostname or "localhost") not in ("localhost", "127.0.0.1", "::1")


def _receipt(answer: http.Answer) -> Receipt:
    if answer.status in (200, 201):
        if answer.told("status") in REJECTED:
            raise codes.raised(codes.number(answer.told("error_code")), 0, answer.told("error_message"))
        return Receipt(answer.needed("sid"))
    if answer.status == 503:
        raise TryLater(after_seconds=http.retry_after(answer))
    if answer.status < 400 or answer.status >= 500:
        raise OutcomeUnknown
    raise codes.of_answer(answer)
