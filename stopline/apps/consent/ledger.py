"""Proof: the ledger rebuilt and compared with the projection, and one address's history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from stopline.apps.consent import queries
from stopline.apps.consent.models import Entry
from stopline.apps.consent.subscription import Key
from stopline.rules import ledger
from stopline.rules.words import Standing


def verify(account_id: UUID | None = None) -> tuple[int, list[ledger.Difference]]:
    """How many entries there are, and every key whose standing the ledger tells differently. Empty: proved."""
    with connection.cursor() as cursor:
        cursor.execute(queries.LEDGER_AND_PROJECTION, {"account": account_id})
        rows = cursor.fetchall()
    entries = [_stand(row) for row in rows if row[0] == "ledger"]
    projection = [_stand(row) for row in rows if row[0] == "projection"]
    return len(entries), ledger.compare(ledger.replay(entries), ledger.replay(projection))


def history(account_id: UUID, keys: Iterable[Key], contact_id: UUID | None = None) -> QuerySet[Entry]:
    """Every entry of these addresses and of this contact, newest first: also those made under former addresses."""
    wanted = Q(contact_id=contact_id) if contact_id else Q()
    for channel, address in keys:
        wanted |= Q(channel=channel, address=address)
    found = Entry.objects.filter(wanted, account_id=account_id) if wanted else Entry.objects.none()
    return found.order_by("-position")


def _stand(row: tuple[Any, ...]) -> tuple[ledger.Key, ledger.Stand]:
    _, account, channel, address, standing, entry_id, _ = row
    return (account, channel, address), ledger.Stand(Standing(standing), entry_id)
