"""When a message may leave: the person's local hours, the law's (`hours.toml`) and those an account chose.

A number's zones come from its area code, which is what courts and carriers go by (47 CFR 64.1200(c)(1), "local time at
the called party's location"); nobody can tell where a mobile phone is.
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

from stopline.rules.errors import InvalidInput

DAY = timedelta(days=1)
TOGETHER_WITHIN = 8 * DAY  # after the first zone opens: sending hours on one day of the week come round in it
HORIZON = 16  # days: two weeks, so that a day whose hours the clock skips doesn't count as never


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` until just before `end`, on the person's clock; over midnight where `end` isn't later.

    Equal times mean the whole day and night: from `start` on, for 24 hours.
    """

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Schedule:
    """A window on some days (ISO, 1 is Monday). What begins before midnight belongs to the day it begins on."""

    window: Window
    days: frozenset[int] = frozenset(range(1, 8))

    def __post_init__(self) -> None:
        if not self.days or not self.days <= frozenset(range(1, 8)):
            raise InvalidInput("Sending hours need at least one day of the week.", "Choose a day")

    def takes(self, local: datetime) -> bool:
        now, day = local.time(), local.isoweekday()
        start, end = self.window.start, self.window.end
        if start < end:
            return start <= now < end and day in self.days
        return (now >= start and day in self.days) or (now < end and (day + 5) % 7 + 1 in self.days)


Rule = tuple[Schedule, ...]  # open while any of these is

ALWAYS = Window(time(0), time(0))
LAW = tomllib.loads(Path(__file__).with_name("hours.toml").read_text("utf-8"))
DAYTIME = Window(LAW["default"]["from"], LAW["default"]["until"])  # for marketing, where nothing is stricter
STATES: dict[str, Rule] = {
    f"+1{code}": tuple(
        Schedule(Window(rule["from"], rule["until"]), frozenset(rule["days"])) for rule in state["rules"]
    )
    for state in LAW["state"]
    for code in state["area_codes"]
}


def zones(address: str) -> tuple[str, ...]:
    """IANA zones in which an E.164 number may be, () where it isn't known or the address is no number."""
    return _zones(address[1 : TIMEZONE_LONGEST_PREFIX + 1]) if address.startswith("+") else ()


@lru_cache(maxsize=20_000)
def _zones(digits: str) -> tuple[str, ...]:
    found = (TIMEZONE_DATA.get(digits[:length]) for length in range(len(digits), 0, -1))
    return next((zones for zones in found if zones), ())


def opens(
    now: datetime, zones: Sequence[str], *hours: Window | Schedule, address: str = ""
) -> datetime | None:
    """None: it may leave now. Otherwise the moment (UTC) from which on it may.

    It may while all `hours` are open in every one of the zones, and so are those of the US state that `address` has its
    area code from. Where zones never share an hour, the first of them decides alone. Without zones UTC counts: name the
    account's own there. Raises InvalidInput where the hours exclude each other for ever.
    """
    rules = _rules(hours, address[:5])
    places = [ZoneInfo(zone) for zone in zones or ("UTC",)]
    now = now.astimezone(UTC)
    first = _common(now, places[:1], rules, now + HORIZON * DAY)
    if first is None:
        raise InvalidInput("No hour of the week is inside all sending hours.", "Let them overlap")
    moment = first if len(places) == 1 else _common(first, places, rules, first + TOGETHER_WITHIN) or first
    return None if moment == now else moment


def at_local(day: date, clock: time, zone: str) -> datetime:
    """That local time as UTC. One the clock skips is the moment it skips; of one it shows twice the first counts."""
    place, wanted = ZoneInfo(zone), datetime.combine(day, clock)
    moment = _utc(wanted, place)
    if moment.astimezone(place).replace(tzinfo=None) == wanted:
        return moment
    # In a gap PEP 495 reads fold=1 with the offset after it, which is before it, and fold=0 the other way round.
    return _change(_utc(wanted.replace(fold=1), place), moment, place)


@lru_cache(maxsize=5_000)  # accounts choose few hours, and a million messages ask for the same ones
def _rules(hours: tuple[Window | Schedule, ...], area: str) -> tuple[Rule, ...]:
    chosen = tuple((each if isinstance(each, Schedule) else Schedule(each),) for each in hours)
    return (*chosen, STATES[area]) if area in STATES else chosen


def _common(
    moment: datetime, places: list[ZoneInfo], rules: tuple[Rule, ...], until: datetime
) -> datetime | None:
    """The first moment in every place under every rule. Each step goes on to the latest of their next openings."""
    while moment <= until:
        found = [_next(moment, place, rule) for place in places for rule in rules]
        latest = max((each for each in found if each), default=moment)
        if None in found or latest == moment:
            return None if None in found else moment
        moment = latest
    return None


def _next(moment: datetime, place: ZoneInfo, rule: Rule) -> datetime | None:
    """The first moment from this one on at which any schedule of the rule takes the local time."""
    local = moment.astimezone(place)
    if any(schedule.takes(local) for schedule in rule):
        return moment
    for number in range(HORIZON):
        later = (
            each
            for each in _openings(local.date() + number * DAY, place, rule)
            if each > moment and any(schedule.takes(each.astimezone(place)) for schedule in rule)
        )
        if opening := min(later, default=None):
            return opening
    return None


def _openings(day: date, place: ZoneInfo, rule: Rule) -> Iterator[datetime]:
    """Where on that local day the rule may begin to hold: a window starts (twice, in autumn), or the clock jumps."""
    for schedule in rule:
        start = datetime.combine(day, schedule.window.start)
        yield from (_utc(start, place), _utc(start.replace(fold=1), place))
    begin, end = (_utc(datetime.combine(each, time(0)), place) for each in (day, day + DAY))
    if begin.astimezone(place).utcoffset() != end.astimezone(place).utcoffset():
        yield _change(begin, end, place)


def _change(before: datetime, after: datetime, place: ZoneInfo) -> datetime:
    """The second at which the zone's offset becomes what it is at `after`."""
    offset = after.astimezone(place).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        same = datetime.fromtimestamp(middle, place).utcoffset() == offset
        low, high = (low, middle) if same else (middle, high)
    return datetime.fromtimestamp(high, UTC)


def _utc(local: datetime, place: ZoneInfo) -> datetime:
    return local.replace(tzinfo=place).astimezone(UTC)
