"""What every test stands on."""

from __future__ import annotations

from django.db import connection, transaction
from django.test import TransactionTestCase

EMPTY = """
ALTER TABLE consent_entry DISABLE TRIGGER USER;
GRANT TRUNCATE ON consent_entry TO CURRENT_USER;
TRUNCATE {tables} CASCADE;
REVOKE TRUNCATE ON consent_entry FROM CURRENT_USER;
ALTER TABLE consent_entry ENABLE TRIGGER USER;
"""


def _empty_tables(self: TransactionTestCase) -> None:
    """Django's own clean-up after a test with real transactions truncates every table, which the ledger refuses.

    The tables' owner can lift its own guard; the application never does, and in one transaction it is back.
    """
    keep = {"django_migrations", "django_content_type", "auth_permission"}
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - keep)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(EMPTY.format(tables=", ".join([*tables, "stopline_cache"])))


TransactionTestCase._fixture_teardown = _empty_tables
