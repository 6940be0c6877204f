"""What to do next about each of Meta's error codes, whether it comes as the answer or later in a status.

Meta: "build your error handling around code values and details, not titles" (WhatsApp error codes, 15 May 2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stopline.providers import http
from stopline.providers.errors import (
    AddressDead,
    MessageRefused,
    Misconfigured,
    OptedOutAtProvider,
    OutcomeUnknown,
    ProviderError,
    TryLater,
    TryPersonLater,
)
from stopline.providers.whatsapp_cloud import graph

STOPPED = 131050
HOUR, DAY = 3600.0, 86400.0

# Seconds to wait, and what people read meanwhile.
PAUSES: dict[int, tuple[float, str]] = {
    2: (30, "WhatsApp is overloaded or down for the moment."),
    4: (300, "The app has made too many calls to Meta."),
    80007: (300, "The WhatsApp Business Account has made too many calls."),
    130429: (5, "The number sends faster than WhatsApp allows it to."),
    131000: (60, "WhatsApp could not send it and doesn't know why."),
    131016: (60, "WhatsApp is out of service for the moment."),
    131048: (
        HOUR,
        "WhatsApp limits this number: people blocked or reported its messages. See its quality in WhatsApp Manager.",
    ),
    131049: (
        DAY,
        "WhatsApp held it back because the contact has had enough marketing messages lately, from any business.",
    ),
    131056: (10, "Too many messages to this contact in a short time."),
    131057: (600, "The WhatsApp account is under maintenance."),
    133004: (60, "WhatsApp's server is away for the moment."),
}
OF_PERSON = (131049, 131056)  # of these pauses; the others are the whole number's
# Only the account can mend these, in Meta's own settings.
ACCOUNT: dict[int, str] = {
    0: "Meta doesn't accept the access token. Make a new one in Meta Business Suite and enter it here.",
    3: "The access token lacks a permission. It needs whatsapp_business_messaging and whatsapp_business_management.",
    10: "The access token lacks a permission. It needs whatsapp_business_messaging and whatsapp_business_management.",
    33: "Meta no longer knows this phone number ID. Compare it with the one in WhatsApp Manager.",
    190: "The access token has expired or was withdrawn. Make a new one in Meta Business Suite and enter it here.",
    368: "Meta has restricted the WhatsApp Business Account for violating a policy. See Business Support Home.",
    131005: "The access token may not use this phone number. Give its user the WhatsApp account in Business Settings.",
    131031: "Meta has locked the WhatsApp account. See Business Support Home.",
    131042: "Meta can't bill the WhatsApp account. Look at its payment method in WhatsApp Manager.",
    131045: "The phone number isn't registered for sending. Register it in WhatsApp Manager.",
    133010: "The phone number isn't registered for sending. Register it in WhatsApp Manager.",
}
MESSAGE: dict[int, str] = {
    130472: "WhatsApp left this contact out of marketing messages for an experiment. Write by another channel.",
    130497: "The account may not write to people in this contact's country. Write by another channel.",
    131021: "The contact's number is the one this account sends from.",
    131030: "A test number only reaches the numbers on its list in Meta's app settings. Add the contact's there.",
    131047: "More than 24 hours have passed since the contact last wrote. Use a template.",
    131051: "WhatsApp doesn't take this kind of message.",
    131053: "WhatsApp could not fetch the file, or doesn't take its kind. Send another.",
    132000: "The template has another number of variables. Refresh the templates and fill all of them in.",
    132001: "The template doesn't exist in this language, or isn't approved. Refresh the templates and choose another.",
    132005: "The template became too long with what was filled in. Shorten it.",
    132007: "The template's content violates a policy of WhatsApp's. Change it in WhatsApp Manager.",
    132012: "Something filled in isn't what the template has there. Refresh the templates and fill it in again.",
    132015: "WhatsApp has paused the template because people disliked it. Choose another, or improve it.",
    132016: "WhatsApp has disabled the template for good. Choose another.",
}
UNDELIVERABLE = (
    "It can't be delivered: the number may not be on WhatsApp, the contact may have blocked you, or their WhatsApp is "
    "too old. Ask them by another channel."
)


def of_answer(answer: http.Answer) -> ProviderError:
    """What an answer other than 2xx means."""
    error = graph.found(answer.body).get("error")
    if isinstance(error, dict) and (named := of_error(error, answer)):
        return named
    match answer.status:
        case 401 | 403:
            return Misconfigured(ACCOUNT[0])
        case 404:
            return Misconfigured(ACCOUNT[33])
        case 429:
            return TryLater(PAUSES[4][1], http.retry_after(answer) or PAUSES[4][0])
        case 503:
            return TryLater(PAUSES[2][1], http.retry_after(answer) or PAUSES[2][0])
        case 400 | 422:
            return MessageRefused(
                f"WhatsApp didn't take it: {said(error)}" if isinstance(error, dict) else ""
            )
    return OutcomeUnknown()


def of_error(error: Mapping[str, Any], answer: http.Answer | None = None) -> ProviderError | None:
    """What a code means; None for one this version doesn't know."""
    code = error.get("code")
    if not isinstance(code, int) or isinstance(code, bool):
        return None
    if code in PAUSES:
        pause, words = PAUSES[code]
        later = TryPersonLater if code in OF_PERSON else TryLater
        return later(words, (http.retry_after(answer) if answer else None) or pause)
    if code == 100 and error.get("error_subcode") == 33:
        return Misconfigured(ACCOUNT[33])
    if code in ACCOUNT or 200 <= code <= 299:
        return Misconfigured(ACCOUNT.get(code, ACCOUNT[3]))
    return _of_message(code, error)


def _of_message(code: int, error: Mapping[str, Any]) -> ProviderError | None:
    if code == STOPPED:
        return OptedOutAtProvider("The contact has stopped this business's marketing messages in WhatsApp.")
    if code == 131026:
        return AddressDead(UNDELIVERABLE)
    if code in MESSAGE:
        return MessageRefused(MESSAGE[code])
    if code == 100 or 131000 < code < 134000:
        return MessageRefused(f"WhatsApp didn't take it: {said(error)}")
    return None


def said(error: Mapping[str, Any]) -> str:
    """Meta's own words and the code, for what we have no words of our own for."""
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else None
    words = next(
        (
            each
            for each in (details, error.get("message"), error.get("title"))
            if isinstance(each, str) and each
        ),
        "it gave no reason",
    )
    return f"{words.rstrip('. ')[:300]} (error {str(error.get('code', '?'))[:20]})."


def in_status(errors: object) -> tuple[str, bool]:
    """Why a message failed, in words, and whether because the person has stopped us. A status is final: nothing is
    tried again by itself, whatever the code would mean at hand-over.
    """
    known = [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    words = [str(of_error(each) or f"WhatsApp says: {said(each)}") for each in known]
    again = [isinstance(of_error(each), TryLater) for each in known]
    hint = " Send it again later." if any(again) else ""
    stopped = any(each.get("code") == STOPPED for each in known)
    return " ".join(words)[:900] + hint if words else "WhatsApp gave no reason.", stopped
