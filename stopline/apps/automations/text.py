"""The text of an automation, as it is saved and as one contact reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopline.rules.errors import InvalidInput

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account
    from stopline.apps.contacts.models import Contact

LONGEST_TEXT = 1000  # characters


def checked(account: Account, text: str) -> str:  # noqa: ARG001
    """Raises InvalidInput."""
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not text:
        raise InvalidInput("The message is empty", "Write what people shall read")
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(f"The message has {len(text)} characters", f"Shorten it to {LONGEST_TEXT}")
    return text


def rendered(text: str, contact: Contact) -> str:  # noqa: ARG001
    return text
