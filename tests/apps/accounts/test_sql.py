"""Named queries: bound by the server, under the names they were written with."""

import pytest

from stopline.apps.accounts import sql

pytestmark = pytest.mark.django_db


def test_a_name_used_twice_is_one_parameter_and_two_percent_signs_are_one():
    query = "SELECT %(a)s::text || %(b)s::text || %(a)s::text || '%%', 7 %% 4"

    assert sql.rows(query, {"a": "x", "b": "y", "unused": 1}) == [("xyx%", 3)]


def test_a_name_that_is_missing_is_told():
    with pytest.raises(KeyError, match="b"):
        sql.rows("SELECT %(b)s::text", {"a": "x"})


@pytest.mark.parametrize("length", [10, 10_000])
def test_the_same_query_is_read_once_however_long(length, monkeypatch):
    query = f"SELECT %(a)s::text -- {'.' * length}"
    sql.rows(query, {"a": "x"})
    monkeypatch.setattr(sql.re, "sub", lambda *_: pytest.fail("read again"))

    assert sql.rows(query, {"a": "y"}) == [("y",)]
