"""Texts that members send often, shared by the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from stopline.apps.inbox.models import SavedReply
from stopline.rules.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account

LONGEST_NAME, LONGEST_TEXT = 80, 2000


def add(account: Account, name: str, text: str) -> SavedReply:
    """Raises InvalidInput, Conflict."""
    return change(SavedReply(account=account), name, text)


def change(saved: SavedReply, name: str, text: str) -> SavedReply:
    """Raises InvalidInput, Conflict where another one has the name."""
    saved.name, saved.text = " ".join(name.split()), text.replace("\x00", "").strip()
    if not 1 <= len(saved.name) <= LONGEST_NAME:
        raise InvalidInput(f"The name needs 1 to {LONGEST_NAME} characters", "Say what the reply is for")
    if not 1 <= len(saved.text) <= LONGEST_TEXT:
        raise InvalidInput(f"The text needs 1 to {LONGEST_TEXT} characters", "Write what will be inserted")
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError as error:
        raise Conflict(
            f"There is a saved reply named “{saved.name}” already", "Choose another name"
        ) from error
    return saved


def remove(saved: SavedReply) -> None:
    SavedReply.objects.filter(account_id=saved.account_id, id=saved.id).delete()
