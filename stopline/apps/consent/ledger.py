"""Proof: the ledger rebuilt and compared with the projection, and one address's history."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from stopline.apps.consent import queries
from stopline.apps.consent.models import Entry
from stopline.apps.consent.subscription import Key
from stopline.rules import ledger
from stopline.rules.words import Standing


def verify(account_id: UUID | None = None) -> tuple[int, list[ledger.Difference]]:
    """How many entries there are, and every key whose standing the ledger tells differently. Empty: proved."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
            )  # one snapshot for both
            entries = _stands(cursor, queries.ENTRIES_IN_ORDER, account_id)
            projection = _stands(cursor, queries.PROJECTION, account_id)
    return len(entries), ledger.compare(ledger.replay(entries), ledger.replay(projection))


def history(account_id: UUID, keys: Iterable[Key], contact_id: UUID | None = None) -> QuerySet[Entry]:
    """Every entry of these addresses and of this contact, newest first: also those made under former addresses."""
    wanted = Q(contact_id=contact_id) if contact_id else Q()
    for channel, address in keys:
        wanted |= Q(channel=channel, address=address)
    found = Entry.objects.filter(wanted, account_id=account_id) if wanted else Entry.objects.none()
    return found.order_by("-position")


def _stands(cursor, query: str, account_id: UUID | None) -> list[tuple[ledger.Key, ledger.Stand]]:  # type: ignore[no-untyped-def]  # Django's cursor wrapper has no public type
    cursor.execute(query, {"account": account_id})
    return [
        ((account, channel, address), ledger.Stand(Standing(standing), entry))
        for account, channel, address, standing, entry in cursor.fetchall()
    ]
