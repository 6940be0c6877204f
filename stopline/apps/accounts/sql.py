"""Runs the named queries of the hot paths: prepared once a connection, parameters bound by the server.

Django binds parameters on the client and so has every statement planned anew; for the large statements of
consent.queries and inbox.queries planning would cost more than running them (bench/results.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import psycopg
from django.contrib.postgres.fields import ArrayField
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BooleanField, F, Func, Q, TextField, Value


def rows(query: str, parameters: Mapping[str, Any], *, prepare: bool = True) -> list[tuple[Any, ...]]:
    """Every row of the result. Part of Django's current transaction; raises Django's database errors.

    `prepare` False has it planned for these parameters: for spans of time, where a plan made for a short one is slow.
    """
    text, names = _numbered(query)
    database = connections[DEFAULT_DB_ALIAS]  # django.db.connection looks this up for each attribute
    database.ensure_connection()
    with database.wrap_database_errors, psycopg.RawCursor(database.connection) as cursor:
        cursor.execute(text, [parameters[name] for name in names], prepare=prepare)
        return cursor.fetchall()


@cache
def _numbered(query: str) -> tuple[str, list[str]]:
    """With $1, $2, … for %(name)s, and their names in that order. psycopg would do it anew each time where the query is
    longer than 4,096 characters: a third of the time that a STOP takes us."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        if (name := found[1]) is None:
            return "%"
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return re.sub(r"%(?:%|\((\w+)\)s)", number, query), names


def one_of(column: str, texts: Iterable[str]) -> Q:
    """`column__in=texts` with one parameter: binding a thousand takes longer than finding their rows."""
    array = Value(list(texts), output_field=ArrayField(TextField()))
    return Q(
        Func(F(column), array, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField())
    )
