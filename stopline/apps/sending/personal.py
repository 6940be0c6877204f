"""What a text can say about a contact: the fields' names as Liquid reads them, and their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from stopline.apps.contacts import custom, fields
from stopline.apps.contacts.models import Contact
from stopline.apps.sending.wording import Value

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account

BUILT_IN = {
    "first_name": "First name",
    "last_name": "Last name",
    "phone": "Phone",
    "email": "E-mail",
    "account_name": "Account name",
}
# Words of Liquid itself; a custom field named Limit or Empty would be read as one of them.
RESERVED = frozenset(
    (
        *(
            "true",
            "false",
            "nil",
            "null",
            "empty",
            "blank",
            "and",
            "or",
            "contains",
            "not",
            "in",
            "if",
            "else",
        ),
        *("offset", "limit", "reversed", "cols", "continue", "with", "for", "as", "required"),
    )
)
PREFIX = "custom_"


def name_of(key: str) -> str:
    """A custom field's name in texts: its key, with PREFIX where the key alone means something else to Liquid or here.

    Keys that begin with the prefix get it as well, so that no two fields share a name. A hyphen is part of a name.
    """
    taken = key in BUILT_IN or key in RESERVED or key.startswith(PREFIX) or not key[:1].isalpha()
    return PREFIX + key if taken else key


def fields_of(account: Account) -> dict[str, str]:
    """Label by name, of every field the account's texts can use."""
    return BUILT_IN | {name_of(each.key): each.label for each in fields.everything(account)}


class Person(NamedTuple):
    """Whom a text is for: what it can say of them. `custom`: values by key."""

    first_name: str
    last_name: str
    phone: str | None
    email: str | None
    custom: Mapping[str, Any]
    account_name: str

    def values(self) -> dict[str, Value]:
        """For `Text.render`."""
        return {name_of(key): _shown(value) for key, value in self.custom.items()} | {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "phone": self.phone,
            "email": self.email,
            "account_name": self.account_name,
        }


def values_of(contact: Contact) -> dict[str, Value]:
    """For `Text.render`. Reads `contact.account`: load it along with many contacts, or each asks for it once more."""
    told = (contact.first_name, contact.last_name, contact.phone, contact.email, contact.custom)
    return Person(*told, contact.account.name).values()


def _shown(value: Any) -> Value:
    """Numbers stay numbers, for conditions; 5.0 is written 5, and a tiny one in digits instead of as 1e-07."""
    if not isinstance(value, float):
        return value if isinstance(value, int) else str(value)
    if value.is_integer():
        return int(value)
    return custom.show(value) if "e" in repr(value) else value
