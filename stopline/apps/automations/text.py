"""The text of an automation, as it is saved and as one contact reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopline.apps.contacts.models import Contact
from stopline.apps.sending import wording
from stopline.apps.sending.personal import fields_of, values_of
from stopline.rules.errors import InvalidInput

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account

LONGEST_TEXT = 1000  # characters


def checked(account: Account, text: str) -> str:
    """Raises InvalidInput, also for a field that contacts don't have."""
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not text:
        raise InvalidInput("The message is empty", "Write what people shall read")
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(f"The message has {len(text)} characters", f"Shorten it to {LONGEST_TEXT}")
    wording.check(text, fields_of(account))
    return text


def rendered(text: str, contact: Contact) -> str:
    """With the contact's own values. Raises InvalidInput where they don't fit the text."""
    written = wording.compile_text(text)
    if not written.fields:
        return written.render({})
    # Whoever writes in is known by their addresses alone (inbox.receive): here the rest is needed.
    whose = Contact.objects.select_related("account").get(account_id=contact.account_id, id=contact.id)
    return written.render(values_of(whose))
