"""The verbs of a custom field: what an account keeps about its contacts beside names and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.text import slugify

from stopline.apps.accounts import live, members
from stopline.apps.contacts import custom
from stopline.apps.contacts.models import CustomField
from stopline.rules.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account, Member

MOST = 100
LONGEST = 60  # characters of a label and of a key
# Take one value out of every contact that has it; reads the account's contacts once.
# Parameters: account, key.
DROP_VALUES = """
UPDATE contacts_contact SET custom = custom - %(key)s::text
WHERE account_id = %(account)s AND custom ? %(key)s::text
"""


def everything(account: Account) -> QuerySet[CustomField]:
    """In the order in which they were made."""
    return account.custom_fields.order_by("id")


def create(by: Member, label: str, kind: str) -> CustomField:
    """Raises NotAllowed for agents, InvalidInput, Conflict where the label is in use."""
    members.require_admin(by, "change custom fields")
    label = _readable(label)
    if kind not in CustomField.Kind.values:
        raise InvalidInput(f"There is no kind “{kind[:40]}”.", f"Use {', '.join(CustomField.Kind.values)}")
    with transaction.atomic():
        taken = _taken(by.account, label)
        if len(taken) >= MOST:
            raise Conflict(f"An account has at most {MOST} custom fields.", "Delete one that isn't used")
        return CustomField.objects.create(account=by.account, key=_key(label, taken), label=label, kind=kind)


def rename(by: Member, field: CustomField, label: str) -> None:
    """Changes what people see; the values stay. Raises as `create` does."""
    members.require_admin(by, "change custom fields")
    field.label = _readable(label)
    with transaction.atomic():
        _taken(by.account, field.label, but=field)
        field.save(update_fields=["label"])


def delete(by: Member, field: CustomField) -> None:
    """The field goes, and with it what it said about every contact. Raises NotAllowed for agents."""
    members.require_admin(by, "change custom fields")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(DROP_VALUES, {"account": by.account_id, "key": field.key})
        CustomField.objects.filter(account_id=by.account_id, id=field.id).delete()
        live.announce(by.account_id, "contacts")


def read(account: Account, texts: Mapping[str, str]) -> dict[str, Any]:
    """What people typed for fields, by key, as `Contact.custom` keeps it; None where they left it empty.

    Raises InvalidInput, also for a key no field has.
    """
    known = {field.key: field for field in everything(account)}
    if unknown := sorted(set(texts) - set(known)):
        raise InvalidInput(
            f"There is no custom field “{unknown[0][:60]}”.", "Make it in Settings, Custom fields"
        )
    return {key: custom.read(known[key], text) if text.strip() else None for key, text in texts.items()}


def _readable(label: str) -> str:
    label = " ".join(label.split())
    if not label:
        raise InvalidInput("A custom field needs a name.", "Write one, for example Customer number")
    if len(label) > LONGEST:
        raise InvalidInput(
            f"The name has {len(label)} characters, and at most {LONGEST} are kept.", "Shorten it"
        )
    return label


def _taken(account: Account, label: str, but: CustomField | None = None) -> set[str]:
    """The keys in use. Locks the account's row: two fields made at once could get one name."""
    type(account).objects.select_for_update(no_key=True).get(id=account.id)
    others = [field for field in everything(account) if not but or field.id != but.id]
    if any(field.label.casefold() == label.casefold() for field in others):
        raise Conflict(f"There is a custom field named “{label}” already.", "Choose another name")
    return {field.key for field in others}


def _key(label: str, taken: set[str]) -> str:
    base = slugify(label).replace("-", "_")[: LONGEST - 4] or "field"
    free = (f"{base}_{number}" if number > 1 else base for number in range(1, MOST + 2))
    return next(key for key in free if key not in taken)
