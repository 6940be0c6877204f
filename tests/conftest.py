"""What every test stands on."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import TransactionTestCase

from stopline.apps.accounts import live

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
        cursor.execute(EMPTY.format(tables=", ".join([*tables, "stopline_cache", "procrastinate_jobs"])))


TransactionTestCase._fixture_teardown = _empty_tables
# Hashing a password well takes a tenth of a second, for every user of every test.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """As pytest-django makes it; the announcer's connection would keep the test database from being dropped."""
    yield
    live.close()


# With real processes and browsers: few tests, each of many seconds.
LONG = ("tests/promise", "tests/browser", "tests/doors/cli", "tests/project", "tests/docs")


def pytest_collection_modifyitems(items):
    """The long ones begin: at the end, one worker would wait for the other's last module."""
    places = {folder: place for place, folder in enumerate(LONG)}

    def place(item):
        return next((n for folder, n in places.items() if item.nodeid.startswith(folder)), len(LONG))

    items.sort(key=place)


def pytest_terminal_summary(terminalreporter):
    """What tests have measured (`record_property("measured: …", …)`), also those of other workers."""
    reports = [each for key in ("passed", "failed") for each in terminalreporter.stats.get(key, [])]
    measured = [(name, value) for each in reports for name, value in each.user_properties]
    if measured:
        terminalreporter.section("measured")
        for name, value in dict(measured).items():
            terminalreporter.write_line(f"{value:>10}  {name.removeprefix('measured: ')}")
