"""The days a report is about, in a time zone, cut into hours, days, weeks or months."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from stopline.apps.accounts.account import ZONES
from stopline.rules.errors import InvalidInput

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Days up to which a range is cut so; whatever is longer is cut into months.
HOURS_UNTIL, DAYS_UNTIL, WEEKS_UNTIL = 2, 92, 400
LONGEST = 5 * 366
EARLIEST = date(2000, 1, 1)


class Step(StrEnum):
    """What a range is cut into. The values are words for people."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"  # begins on Monday
    MONTH = "month"


class Preset(StrEnum):
    """Ranges with a name, as the URL has them. All end today but the last month."""

    DAYS_7 = "7-days"
    DAYS_30 = "30-days"
    DAYS_90 = "90-days"
    THIS_MONTH = "this-month"
    LAST_MONTH = "last-month"

    @property
    def label(self) -> str:
        days, _, unit = self.value.partition("-")
        return f"Last {days} days" if unit == "days" else self.value.replace("-", " ").capitalize()


DEFAULT = Preset.DAYS_30


@dataclass(frozen=True)
class Span:
    """Whole days, `first` and `last` included, as the clocks of `zone` count them."""

    first: date
    last: date
    zone: ZoneInfo
    preset: Preset | None = None

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def step(self) -> Step:
        if self.days <= HOURS_UNTIL:
            return Step.HOUR
        if self.days <= DAYS_UNTIL:
            return Step.DAY
        return Step.WEEK if self.days <= WEEKS_UNTIL else Step.MONTH

    @cached_property
    def edges(self) -> list[datetime]:
        """Where each step begins, and at the end where the last one ends: instants, in ascending order.

        A day in which the clocks are changed has 23 or 25 hours.
        """
        start, end = self._midnight(self.first), self._midnight(self.last + DAY)
        if self.step is Step.HOUR:
            hours = (end - start) / HOUR
            return [start + number * HOUR for number in range(int(hours) + (hours % 1 > 0))] + [end]
        return [self._midnight(day) for day in self._first_days()] + [end]

    @property
    def start(self) -> datetime:
        return self.edges[0]

    @property
    def end(self) -> datetime:
        return self.edges[-1]

    @property
    def starts(self) -> list[datetime]:
        """Where each step begins, on the clocks of the zone."""
        return [edge.astimezone(self.zone) for edge in self.edges[:-1]]

    def _midnight(self, day: date) -> datetime:
        # In UTC: two moments of one zone are subtracted by their clocks, which a change of the clocks falsifies.
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def _first_days(self) -> Iterator[date]:
        for number in range(self.days):
            day = self.first + number * DAY
            begins = {Step.WEEK: day.weekday() == 0, Step.MONTH: day.day == 1}.get(self.step, True)
            if begins or day == self.first:
                yield day


def read(query: Mapping[str, str], zone: str, now: datetime) -> Span:
    """The span a URL asks for (`range`, or `from` and `to`; `zone`), in `zone` where it names none.

    Raises InvalidInput, and says what can be asked for.
    """
    chosen = _zone(query.get("zone") or zone)
    today = now.astimezone(chosen).date()
    if query.get("from") or query.get("to"):
        first = _day(query.get("from", ""), "first")
        last = min(_day(query.get("to", ""), "last"), today)
        return Span(*_checked(first, last, today), chosen, _named(first, last, today))
    preset = _preset(query.get("range") or DEFAULT.value)
    return Span(*_days(preset, today), chosen, preset)


def _days(preset: Preset, today: date) -> tuple[date, date]:
    this_month = today.replace(day=1)
    match preset:
        case Preset.THIS_MONTH:
            return this_month, today
        case Preset.LAST_MONTH:
            return (this_month - DAY).replace(day=1), this_month - DAY
    return today - (int(preset.value.split("-")[0]) - 1) * DAY, today


def _named(first: date, last: date, today: date) -> Preset | None:
    return next((preset for preset in Preset if _days(preset, today) == (first, last)), None)


def _checked(first: date, last: date, today: date) -> tuple[date, date]:
    if first < EARLIEST:
        raise InvalidInput(f"The range begins on {first}, before {EARLIEST.year}", "Choose a later day")
    if first > today:
        raise InvalidInput(f"The range begins on {first}, which is still to come", "Choose an earlier day")
    if first > last:
        raise InvalidInput(
            f"The range begins on {first} and ends before it, on {last}", "Choose a first day that is earlier"
        )
    if (last - first).days >= LONGEST:
        raise InvalidInput("The range is longer than five years", "Choose a shorter one")
    return first, last


def _preset(text: str) -> Preset:
    try:
        return Preset(text)
    except ValueError:
        names = ", ".join(Preset)
        raise InvalidInput(f"There is no range “{text[:40]}”", f"Choose one of {names}") from None


def _zone(text: str) -> ZoneInfo:
    if text not in ZONES:
        raise InvalidInput(
            f"There is no time zone “{text[:64]}”", "Choose one from the list, e.g. Europe/Paris"
        )
    return ZoneInfo(text)


def _day(text: str, which: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        said = f"“{text[:40]}” is no day" if text else f"The range has no {which} day"
        raise InvalidInput(said, "Write days like 2026-05-31") from None
