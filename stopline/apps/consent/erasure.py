"""Suppress, don't forget: what stays of an address after its person asked to be erased.

A keyed hash (HMAC-SHA-256 under the installation's secret): phone numbers can be enumerated, so a plain hash
would give them away (rules: GDPR article 17, ICO guidance on suppression lists).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

PREFIX = "erased:"
# The hashed row takes the plain row's place; erased twice, the later standing counts, as it does in the ledger.
KEEP = """
INSERT INTO consent_subscription AS s (account_id, channel, address, standing, entry_id, since, source)
SELECT account_id, channel, %(hash)s, standing, entry_id, since, source FROM consent_subscription
WHERE account_id = %(account)s AND address = %(address)s
ON CONFLICT (account_id, channel, address) DO UPDATE
    SET standing = excluded.standing, entry_id = excluded.entry_id, since = excluded.since, source = excluded.source
"""
DROP = "DELETE FROM consent_subscription WHERE account_id = %(account)s AND address = %(address)s"
DROP_LINKS = "DELETE FROM consent_link WHERE account_id = %(account)s AND address = %(address)s"
# A file may be evidence for several people; it goes with the last of them.
DROP_FILES = """
DELETE FROM consent_evidencefile file WHERE account_id = %(account)s
    AND id::text IN (SELECT evidence->'file'->>'id' FROM consent_entry
        WHERE account_id = %(account)s AND address = %(address)s)
    AND NOT EXISTS (SELECT 1 FROM consent_entry other WHERE other.account_id = %(account)s
        AND other.address <> %(address)s AND other.evidence->'file'->>'id' = file.id::text)
"""
REDACT = """
UPDATE consent_entry SET address = %(hash)s, evidence = '{"erased": true}',
    actor_name = CASE WHEN actor_kind = 'person' THEN 'the person' ELSE actor_name END
WHERE account_id = %(account)s AND address = %(address)s
"""


def hashed(account_id: UUID, address: str) -> str:
    """The name under which an erased address is still known; the same for the same account and address only."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"{account_id}:{address}".encode(), hashlib.sha256)
    return PREFIX + digest.hexdigest()


def forget(account_id: UUID, addresses: Iterable[str]) -> None:
    """Takes these addresses and their evidence out of ledger and projection; an unsubscribe stays in force."""
    with transaction.atomic(), connection.cursor() as cursor:
        for address in sorted(set(addresses)):
            names: dict[str, Any] = {
                "account": account_id,
                "address": address,
                "hash": hashed(account_id, address),
            }
            for query in (KEEP, DROP, DROP_LINKS, DROP_FILES, REDACT):
                cursor.execute(query, names)
