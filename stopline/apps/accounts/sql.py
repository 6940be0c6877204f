"""Runs the named queries of the hot paths: prepared once a connection, parameters bound by the server.

Django binds parameters on the client and so has every statement planned anew; for the large statements of
consent.queries and inbox.queries planning would cost more than running them (bench/results.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection


def rows(query: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Every row of the result. Part of Django's current transaction; raises Django's database errors."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(query, parameters, prepare=True)
        return cursor.fetchall()
