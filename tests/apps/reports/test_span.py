"""Which days a URL asks for, and where each step of them begins."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.apps.accounts.account import ZONES
from stopline.apps.reports import span
from stopline.rules.errors import InvalidInput

NOW = datetime(2026, 5, 31, 22, 30, tzinfo=UTC)  # in Berlin it is June already


def read(zone="Europe/Berlin", **query):
    return span.read({name.rstrip("_"): value for name, value in query.items()}, zone, NOW)


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("7-days", "2026-05-26", "2026-06-01"),
        ("30-days", "2026-05-03", "2026-06-01"),
        ("90-days", "2026-03-04", "2026-06-01"),
        ("this-month", "2026-06-01", "2026-06-01"),
        ("last-month", "2026-05-01", "2026-05-31"),
    ],
)
def test_a_preset_ends_on_the_day_it_is_there(preset, first, last):
    found = read(range=preset)

    assert (str(found.first), str(found.last)) == (first, last)


def test_nothing_asked_for_is_the_last_thirty_days_in_the_accounts_zone():
    found = read()

    assert (found.preset, found.zone.key) == (span.Preset.DAYS_30, "Europe/Berlin")


def test_a_zone_in_the_url_moves_the_day():
    assert read(range="this-month", zone_="America/New_York").last == date(2026, 5, 31)


def test_days_that_are_a_preset_are_known_as_it():
    assert read(from_="2026-05-01", to="2026-05-31").preset is span.Preset.LAST_MONTH
    assert read(from_="2026-05-02", to="2026-05-31").preset is None


def test_a_range_ends_today_at_the_latest():
    assert read(from_="2026-05-20", to="2027-01-01").last == date(2026, 6, 1)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"range": "forever"}, "There is no range “forever”"),
        ({"from_": "2026-02-30", "to": "2026-03-01"}, "“2026-02-30” is no day"),
        ({"from_": "2026-05-01"}, "The range has no last day"),
        ({"to": "2026-05-01"}, "The range has no first day"),
        ({"from_": "2026-05-02", "to": "2026-05-01"}, "ends before it"),
        ({"from_": "2026-06-02", "to": "2026-06-03"}, "still to come"),
        ({"from_": "2015-01-01", "to": "2026-01-01"}, "longer than five years"),
        ({"from_": "0001-01-01", "to": "0001-01-02"}, "before 2000"),
        ({"zone_": "Mars/Olympus"}, "There is no time zone “Mars/Olympus”"),
    ],
)
def test_what_can_not_be_a_range_is_refused_in_words(query, said):
    with pytest.raises(InvalidInput, match=said) as refused:
        read(**query)

    assert refused.value.next_step


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2025-10-26", 25)]
)  # Berlin's clocks go forward on 29 March and back on 26 October
def test_a_day_has_as_many_hours_as_the_clocks_give_it(day, hours):
    found = read(from_=day, to=day)

    assert found.step is span.Step.HOUR
    assert len(found.starts) == hours
    assert {later - earlier for earlier, later in pairwise(found.edges)} == {timedelta(hours=1)}


def test_days_begin_at_midnight_also_where_the_clocks_change():
    found = read(from_="2026-03-27", to="2026-03-31")

    assert [edge.strftime("%d %H:%M") for edge in found.edges] == [
        *("26 23:00", "27 23:00", "28 23:00"),
        *("29 22:00", "30 22:00", "31 22:00"),
    ]
    assert {start.strftime("%H:%M") for start in found.starts} == {"00:00"}


@pytest.mark.parametrize(
    ("first", "step", "second"),
    [
        ("2026-05-31", span.Step.HOUR, "2026-05-30T23:00:00+00:00"),
        ("2026-05-01", span.Step.DAY, "2026-05-01T22:00:00+00:00"),
        ("2026-01-01", span.Step.WEEK, "2026-01-04T23:00:00+00:00"),
        ("2024-12-15", span.Step.MONTH, "2024-12-31T23:00:00+00:00"),
    ],
)
def test_the_longer_the_range_the_longer_its_steps(first, step, second):
    found = read(from_=first, to="2026-06-01")

    assert found.step is step
    assert found.edges[1].isoformat() == second


days = st.dates(date(2000, 1, 1), date(2040, 1, 1))


@given(days, st.integers(0, 1700), st.sampled_from(sorted(ZONES)))
def test_steps_follow_each_other_from_the_first_midnight_to_the_last(first, length, zone):
    last = first + timedelta(days=length)

    query = {"from": first.isoformat(), "to": last.isoformat(), "zone": zone}
    found = span.read(query, "UTC", datetime(2050, 1, 1, tzinfo=UTC))

    # Where an island has skipped a whole day, it begins when it ends.
    assert found.edges == sorted(found.edges)
    assert found.starts[0].date() in (first, first + timedelta(days=1))
    assert found.end - found.start <= (length + 1) * timedelta(days=1) + timedelta(hours=25)
    assert len(found.edges) <= 1 + max(49, span.DAYS_UNTIL)
