"""What a mail server's refusal says about what to do next (RFC 5321 section 4.2, RFC 3463 for the x.y.z)."""

from __future__ import annotations

import re

from stopline.providers.errors import (
    AddressDead,
    MessageRefused,
    Misconfigured,
    ProviderError,
    TryLater,
    TryPersonLater,
)

ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
NOT_SIGNED_IN = (530, 534, 535, 538)  # RFC 4954 section 6
# X.1.y is about addresses; these of it are the sender's (RFC 3463 section 3.2).
SENDERS_FAULT = ("5.1.7", "5.1.8")
NO_SUCH_ADDRESS = re.compile(
    "does not exist|doesn.t exist|no such user|user unknown|unknown user|no mailbox|invalid recipient",
    re.IGNORECASE,
)


def refused(code: int, text: str, *, recipient: bool = False) -> ProviderError:
    """`recipient`: the answer to RCPT TO, the only one that can say that an address doesn't exist."""
    said = f"The mail server answered {code} {' '.join(text.split())[:300]}"
    enhanced = _enhanced(text)
    if 400 <= code < 500:
        # Greylisting, or a full mailbox; 421 is the server's own, wherever it comes (RFC 5321 section 3.8).
        later = TryPersonLater if recipient and code != 421 else TryLater
        return later(f"{said}. Stopline will try again by itself.")
    if code in NOT_SIGNED_IN:
        return Misconfigured(f"{said}. Check the user name and the password.")
    if recipient:
        return _of_recipient(enhanced, said, text)
    if enhanced in SENDERS_FAULT:
        return Misconfigured(f"{said}. Check the address that messages are sent from.")
    return MessageRefused(f"{said}. Change the message, or ask whoever runs the mail server.")


def _of_recipient(enhanced: str, said: str, text: str) -> ProviderError:
    if enhanced in SENDERS_FAULT:
        return Misconfigured(f"{said}. Check the address that messages are sent from.")
    if enhanced.startswith("5.1.") or (not enhanced and NO_SUCH_ADDRESS.search(text)):
        return AddressDead(f"{said}.")
    if enhanced.startswith("5.7.") and re.search(
        r"relay|authenticat|log ?in|credentials", text, re.IGNORECASE
    ):
        return Misconfigured(f"{said}. Check the user name and the password, and that it may send for you.")
    return MessageRefused(f"{said}.")


def _enhanced(text: str) -> str:
    found = ENHANCED.search(text)
    return found[0] if found else ""
