"""Twilio's error codes by what to do next (twilio.com/docs/api/errors, looked up 23 November 2026).

The same code comes back at once from the API, or later in a status callback, where its words are shown to people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from stopline.providers import http
from stopline.providers.errors import (
    AddressDead,
    MessageRefused,
    Misconfigured,
    OptedOutAtProvider,
    ProviderError,
    TryLater,
)


class Meaning(NamedTuple):
    error: type[ProviderError]
    words: str = ""  # "" is the error's own
    after_seconds: float | None = None


BUSY = Meaning(TryLater, "Twilio takes no more messages just now. Stopline will try again by itself.")
DEAD = Meaning(AddressDead, "Twilio says that this number does not exist. Check it with the contact.")
NO_MOBILE = Meaning(
    AddressDead, "This number is a landline and gets no text messages. Ask for a mobile number."
)
NO_WHATSAPP = Meaning(AddressDead, "This number is not on WhatsApp. Write on another channel.")
STOPPED = Meaning(
    OptedOutAtProvider, "The contact stopped these messages at Twilio. They can text START to resume."
)
BLOCKED = Meaning(OptedOutAtProvider, "The contact blocked or stopped messages from this sender.")
SIGN_IN = Meaning(
    Misconfigured, "Twilio refused the credentials. Enter the Account SID and the token or key again."
)
SUSPENDED = Meaning(Misconfigured, "Twilio has suspended this account. See the Twilio Console.")
SENDER = Meaning(
    Misconfigured,
    "The sender is not a number of this Twilio account that can send on this channel. Check it.",
)
SERVICE = Meaning(
    Misconfigured, "The Messaging Service does not exist, or has no sender for this. Check it at Twilio."
)
REGISTER = Meaning(
    Misconfigured,
    "US carriers take nothing from this number before it is registered or verified in the Twilio Console.",
)
FILE = Meaning(MessageRefused, "Twilio could not use the file. Send another kind, at most 5 MB.")
TEMPLATE = Meaning(
    MessageRefused, "The template or its variables do not fit. Choose it again and fill in all of them."
)

CODES: Mapping[int, Meaning] = {
    # the account
    20003: SIGN_IN,
    20005: SUSPENDED,
    20006: SIGN_IN,
    20404: SIGN_IN,
    20008: Meaning(
        Misconfigured, "These are Twilio's test credentials, which reach nobody. Enter the live ones."
    ),
    30002: SUSPENDED,
    20429: BUSY,
    14107: BUSY,
    30001: BUSY,
    21611: BUSY._replace(after_seconds=60),
    30022: BUSY._replace(after_seconds=60),
    63018: BUSY._replace(after_seconds=60),
    63038: Meaning(
        TryLater, "The Twilio account has used up today's messages. Stopline will try again.", 900
    ),
    # the address
    21211: DEAD,
    21217: DEAD,
    21401: DEAD,
    21265: Meaning(
        AddressDead, "This is a short code, which gets no messages. Check the number with the contact."
    ),
    21614: NO_MOBILE,
    21635: NO_MOBILE,
    30005: DEAD,
    30006: NO_MOBILE,
    63003: NO_WHATSAPP,
    63024: NO_WHATSAPP,
    # the person
    21610: STOPPED,
    63014: BLOCKED,
    63033: BLOCKED,
    # the sender
    21212: SENDER,
    21603: SENDER,
    21606: SENDER,
    21659: SENDER,
    21660: SENDER,
    21661: SENDER,
    63007: SENDER,
    63001: SENDER,
    63020: SENDER,
    21701: SERVICE,
    21703: SERVICE,
    21704: SERVICE,
    21705: SERVICE,
    21712: SERVICE,
    21609: Meaning(
        Misconfigured, "Twilio can't call this Stopline's address. Its operator sets STOPLINE_PUBLIC_URL."
    ),
    30032: REGISTER,
    30034: REGISTER,
    # this message
    21408: Meaning(
        MessageRefused,
        "Twilio may not send to this country yet. Allow it under Messaging, Geo permissions, at Twilio.",
    ),
    21608: Meaning(
        MessageRefused, "A Twilio trial account reaches verified numbers only. Verify it or upgrade."
    ),
    21612: Meaning(MessageRefused, "This sender can't reach this number. Try another sender or channel."),
    21602: Meaning(MessageRefused, "The message is empty. Write something or attach a file."),
    21619: Meaning(MessageRefused, "The message is empty. Write something or attach a file."),
    21617: Meaning(MessageRefused, "The message is longer than 1,600 characters. Shorten it."),
    21605: Meaning(MessageRefused, "The message is longer than 1,600 characters. Shorten it."),
    21620: FILE,
    21623: FILE,
    30019: FILE,
    63019: FILE,
    63021: Meaning(
        MessageRefused, "The channel does not take this text or file. Change it and send it again."
    ),
    21654: TEMPLATE,
    21655: TEMPLATE,
    21656: TEMPLATE,
    30003: Meaning(MessageRefused, "The phone is switched off or out of reach. Send it again later."),
    30004: Meaning(MessageRefused, "The carrier blocks messages from this sender to this number."),
    30007: Meaning(
        MessageRefused, "The carrier took this for spam. Change the text: no short links, say who writes."
    ),
    30008: Meaning(MessageRefused, "The carrier did not say why it failed. Send it again later."),
    30036: Meaning(MessageRefused, "It waited too long at Twilio to be sent. Send it again later."),
    30410: Meaning(MessageRefused, "The carrier did not answer in time. Send it again later."),
    63005: Meaning(MessageRefused, "The channel does not take this content. Change it and send it again."),
    63013: Meaning(MessageRefused, "WhatsApp says that this breaks its policy. Change it or use a template."),
    63015: Meaning(
        MessageRefused, "The contact has not joined Twilio's WhatsApp sandbox. Use your own sender."
    ),
    63016: Meaning(
        MessageRefused,
        "WhatsApp takes free text for 24 hours after the contact's last message. Use a template.",
    ),
    63032: Meaning(
        MessageRefused, "WhatsApp does not let this message through to this contact. Try another channel."
    ),
    63049: Meaning(MessageRefused, "WhatsApp limits marketing to this contact. Wait at least a day."),
}


def meaning(code: int, status: int = 0, told: str = "") -> Meaning:
    """Of a code, or where it is new to us of the HTTP status. `told` is Twilio's own message."""
    if code in CODES:
        return CODES[code]
    match status:
        case 401 | 403 | 404:
            return SIGN_IN
        case 429:
            return BUSY
        case _:
            words = (
                f"Twilio says: {told[:300].rstrip('.')}." if told else "Twilio does not take this message."
            )
            return Meaning(MessageRefused, f"{words} (Error {code}.)" if code else words)


def words(code: int, told: str = "") -> str:
    """Why a message failed, for people."""
    found = meaning(code, told=told)
    return str(found.error(found.words)) if code else "Twilio could not deliver it and gave no reason."


def raised(code: int, status: int, told: str, after_seconds: float | None = None) -> ProviderError:
    found = meaning(code, status, told)
    if found.error is TryLater:
        return TryLater(found.words, after_seconds or found.after_seconds)
    return found.error(found.words)


def of_answer(answer: http.Answer, name: str = "code") -> ProviderError:
    """What a refusal of the API means (twilio.com/docs/usage/twilios-response: code, message, status)."""
    return raised(number(answer.told(name)), answer.status, answer.told("message"), http.retry_after(answer))


def number(told: str) -> int:
    """A code; 0 for what is none."""
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0
