"""When a message may leave. The cases are in `cases/hours.toml`."""

import tomllib
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from phonenumbers.geodata import GEOCODE_DATA
from phonenumbers.tzdata import TIMEZONE_DATA

from stopline.rules import hours
from stopline.rules.errors import InvalidInput
from stopline.rules.hours import ALWAYS, DAYTIME, Schedule, Window, at_local, opens, zones

CASES = tomllib.loads((Path(__file__).parent / "cases/hours.toml").read_text())["case"]
MINUTE = timedelta(minutes=1)
# Clocks that jump by an hour and by half of one, at midnight, and not at all; both hemispheres.
PLACES = [
    "America/New_York",
    "America/Havana",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "UTC",
]

times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30]))
schedules = st.builds(Schedule, st.builds(Window, times, times), st.frozensets(st.integers(1, 7), min_size=1))
minutes = st.integers(0, 3 * 366 * 24 * 60).map(
    lambda number: datetime(2015, 1, 1, tzinfo=UTC) + number * MINUTE
)
changes = st.sampled_from(
    # US, Cuba and Newfoundland in spring and autumn, Brazil, Berlin, Lebanon and Lord Howe likewise.
    [
        "2015-03-08",
        "2015-11-01",
        "2015-02-22",
        "2015-10-18",
        "2015-03-29",
        "2015-10-25",
        "2015-04-05",
        "2015-10-04",
    ]
)
near_changes = st.builds(
    lambda day, number: datetime.fromisoformat(f"{day}T00:00+00:00") + number * MINUTE,
    changes,
    st.integers(-24 * 60, 40 * 60),
)
moments = near_changes | minutes


def schedule(given):
    return Schedule(Window(given["from"], given["until"]), frozenset(given.get("days", range(1, 8))))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_message_leaves_when_the_table_says(case):
    place, law = ZoneInfo(case["zone"]), case.get("law", True)
    now = datetime.fromisoformat(case["at"]).replace(tzinfo=place)
    where = case.get("zones") or zones(case["to"]) or ((case["account"],) if "account" in case else ())
    chosen = [*([DAYTIME] if law else []), *map(schedule, case.get("hours", []))]

    moment = opens(now, where, *chosen, address=case["to"] if law else "")

    shown = "now" if moment is None else f"{moment.astimezone(place):%Y-%m-%d %H:%M}"
    assert shown == case["then"]


def test_the_table_is_long_and_names_each_case_once():
    assert len({case["name"] for case in CASES}) == len(CASES) >= 50


@given(moments, st.lists(st.sampled_from(PLACES), min_size=1, max_size=3), schedules)
def test_the_moment_it_names_is_allowed_and_nothing_before_it_is(now, where, chosen):
    moment = opens(now, where, chosen)

    assume(moment is not None)
    assert moment > now and moment.tzinfo is UTC
    assert opens(moment, where, chosen) is None
    waiting = min(int((moment - now) / MINUTE), 24 * 60)
    for number in range(0, waiting, 45):
        assert opens(moment - (number + 1) * MINUTE, where, chosen) == moment


@given(moments, st.sampled_from(PLACES), schedules)
def test_in_one_zone_it_is_the_first_minute_of_the_clock_on_the_wall_that_is_inside(now, where, chosen):
    """Looked for quarter by quarter, as a person would: hours and clocks here change at quarters only."""

    def inside(moment):
        local = moment.astimezone(ZoneInfo(where))
        start, end, clock = chosen.window.start, chosen.window.end, local.time()
        if start < end:
            return start <= clock < end and local.isoweekday() in chosen.days
        yesterday = (local.date() - timedelta(days=1)).isoweekday()
        return (clock >= start and local.isoweekday() in chosen.days) or (
            clock < end and yesterday in chosen.days
        )

    quarter = now + (-now.minute % 15) * MINUTE
    looked_at = [now, *(quarter + number * MINUTE for number in range(0, 3 * 24 * 60, 15))]
    first = next((moment for moment in looked_at if inside(moment)), None)

    moment = opens(now, [where], chosen)

    if first is None:
        assert moment is not None and moment >= now + timedelta(days=3)
    else:
        assert (moment or now) == first


@given(moments, st.lists(st.sampled_from(PLACES), max_size=3))
def test_always_is_always(now, where):
    assert opens(now, where, ALWAYS) is None
    assert opens(now, where) is None


@given(moments, st.sampled_from(PLACES), schedules, schedules)
def test_more_hours_never_let_a_message_leave_earlier(now, where, one, other):
    alone = opens(now, [where], one)
    try:
        both = opens(now, [where], one, other)
    except InvalidInput:
        return

    assert (both or now) >= (alone or now)


def test_hours_that_exclude_each_other_say_so():
    night = Window(time(21), time(23))

    with pytest.raises(InvalidInput, match="overlap"):
        opens(datetime(2026, 6, 1, tzinfo=UTC), ["UTC"], DAYTIME, night)


@pytest.mark.parametrize("days", [frozenset(), frozenset({0}), frozenset({8})])
def test_sending_hours_need_a_day_of_the_week(days):
    with pytest.raises(InvalidInput, match="day"):
        Schedule(DAYTIME, days)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("+12125550123", ("America/New_York",)),
        ("+19155550123", ("America/Denver",)),
        ("+16055550123", ("America/Denver", "America/North_Dakota/Center")),
        ("+4915112345678", ("Europe/Berlin",)),
        ("+919812345678", ("Asia/Calcutta",)),
        ("+870773112345", ()),
        ("ada@example.com", ()),
        ("", ()),
        ("+", ()),
    ],
)
def test_a_number_tells_its_zones(address, found):
    assert zones(address) == found


def test_a_toll_free_number_may_be_anywhere_in_its_numbering_plan():
    assert {"America/New_York", "Pacific/Honolulu"} <= set(zones("+18005550123"))


@given(st.text("+0123456789@.ab", max_size=20))
def test_any_text_has_zones_or_none(address):
    assert all(ZoneInfo(zone) for zone in zones(address))


def test_every_zone_a_number_can_be_in_is_known_here():
    assert {ZoneInfo(zone).key for found in TIMEZONE_DATA.values() for zone in found}


@pytest.mark.parametrize(("state", "letters"), [("Texas", "TX"), ("Connecticut", "CT")])
def test_every_area_code_of_a_stricter_state_has_its_rules(state, letters):
    """As the phone library describes area codes; it is behind with the newest, so the table may have more."""
    described = {code: GEOCODE_DATA.get(f"1{code}", {}).get("en", "") for code in range(200, 1000)}
    (rules,) = [each for each in hours.LAW["state"] if each["name"] == state]

    theirs = {code for code, text in described.items() if text == state or text.endswith(f", {letters}")}

    assert theirs and theirs <= set(rules["area_codes"])
    assert all(described[code] in ("", state) or code in theirs for code in rules["area_codes"])


@pytest.mark.parametrize(
    ("day", "clock", "zone", "moment"),
    [
        (date(2026, 6, 1), time(9), "America/New_York", "2026-06-01T13:00+00:00"),
        (date(2026, 6, 1), time(9), "Asia/Kolkata", "2026-06-01T03:30+00:00"),
        (date(2026, 3, 8), time(2, 30), "America/New_York", "2026-03-08T07:00+00:00"),
        (date(2026, 11, 1), time(1, 30), "America/New_York", "2026-11-01T05:30+00:00"),
        (date(2026, 3, 29), time(2), "Europe/Berlin", "2026-03-29T01:00+00:00"),
        (date(2026, 10, 25), time(2, 30), "Europe/Berlin", "2026-10-25T00:30+00:00"),
        (date(2026, 10, 4), time(2, 15), "Australia/Lord_Howe", "2026-10-03T15:30+00:00"),
        (date(2011, 12, 30), time(9), "Pacific/Apia", "2011-12-30T10:00+00:00"),
    ],
)
def test_a_local_time_is_one_moment(day, clock, zone, moment):
    assert at_local(day, clock, zone) == datetime.fromisoformat(moment)
