"""Runs the named queries of the hot paths: prepared once a connection, parameters bound by the server.

Django binds parameters on the client and so has every statement planned anew; for the large statements of
consent.queries and inbox.queries planning would cost more than running them (bench/results.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BooleanField, F, Func, Q, TextField, Value


def rows(query: str, parameters: Mapping[str, Any], *, prepare: bool = True) -> list[tuple[Any, ...]]:
    """Every row of the result. Part of Django's current transaction; raises Django's database errors.

    `prepare` False has it planned for these parameters: for arrays of many, where a plan made for few is slow.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(query, parameters, prepare=prepare)
        return cursor.fetchall()


def one_of(column: str, texts: Iterable[str]) -> Q:
    """`column__in=texts` with one parameter: binding a thousand takes longer than finding their rows."""
    array = Value(list(texts), output_field=ArrayField(TextField()))
    return Q(
        Func(F(column), array, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField())
    )
