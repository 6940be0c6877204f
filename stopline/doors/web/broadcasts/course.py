"""When a broadcast's messages left: the shapes of a chart, and the rows of the table beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.dateformat import format as formatted

from stopline.apps.broadcasts.progress import Progress

WIDTH, HEIGHT = 600, 120  # of the drawing's own units
GAP = 2
FEWEST = 8  # bins: fewer would be drawn as slabs
SHORT_STEP = 60  # seconds; below it the seconds are told


@dataclass(frozen=True, slots=True)
class Bar:
    """One bin, in the drawing's units; `not_left` stands on top of `left`."""

    x: int
    width: int
    left_y: int
    left_height: int
    not_left_y: int
    not_left_height: int


@dataclass(frozen=True, slots=True)
class Course:
    bars: list[Bar]
    rows: list[tuple[str, int, int]]  # when, left, refused or failed
    most: int  # messages of the highest bin
    step: str
    begins: str
    ends: str  # of the drawing, which shows FEWEST bins at least


def of(progress: Progress) -> Course | None:
    """None where nothing has left yet."""
    if not progress.bins:
        return None
    first, step = progress.bins[0][0], progress.step
    places = round((progress.bins[-1][0] - first) / step) + 1
    most = max(left + other for _, left, other in progress.bins)
    shown = max(places, FEWEST)
    pitch = WIDTH / shown
    bars = [
        _bar(round(round((when - first) / step) * pitch), max(round(pitch) - GAP, 1), left, other, most)
        for when, left, other in progress.bins
    ]
    form = _form(first, first + shown * step, step)
    rows = [(_told(when, form), left, other) for when, left, other in progress.bins]
    return Course(bars, rows, most, _step(step), rows[0][0], _told(first + shown * step, form))


def _bar(x: int, width: int, left: int, other: int, most: int) -> Bar:
    below, above = (_height(number, most) for number in (left, other))
    return Bar(x, width, HEIGHT - below, below, HEIGHT - below - above, above)


def _height(number: int, most: int) -> int:
    """Something is to be seen where there is something."""
    return max(round(number / most * HEIGHT * 0.96), 2) if number else 0


def _form(first: float, last: float, step: int) -> str:
    """As little of the time as tells the bins apart."""
    clock = "H:i:s" if step < SHORT_STEP else "H:i"
    return clock if _local(first).date() == _local(last).date() else f"j M, {clock}"


def _told(when: float, form: str) -> str:
    return formatted(_local(when), form)


def _local(when: float) -> datetime:
    return timezone.localtime(datetime.fromtimestamp(when, UTC))


def _step(seconds: int) -> str:
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            number = seconds // size
            return f"{number} {word}s" if number > 1 else word
    return f"{seconds} seconds"
