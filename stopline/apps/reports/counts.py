"""Numbers by step and channel, and the same tables and charts of them wherever there are such numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from stopline.apps.reports.asked import Asked
from stopline.apps.reports.shapes import Chart, Column, Table, Unit, Value
from stopline.rules.words import Channel

Numbers = tuple[int, ...]
Cells = Callable[[Numbers], Sequence[Value]]


@dataclass(frozen=True)
class Counts:
    """`counted` has as many numbers for each (step, channel) as there are `columns`; noughts where it has none."""

    asked: Asked
    counted: Mapping[tuple[int, str], Numbers]
    width: int

    @cached_property
    def total(self) -> Numbers:
        return self._sum(self.counted.values())

    @cached_property
    def by_step(self) -> list[Numbers]:
        rows: list[list[Numbers]] = [[] for _ in self.asked.labels]
        for (step, _), numbers in self.counted.items():
            rows[step].append(numbers)
        return [self._sum(each) for each in rows]

    def of(self, channel: Channel) -> Numbers:
        return self._sum(numbers for (_, each), numbers in self.counted.items() if each == channel)

    def chart(self, title: str, column: int) -> Chart:
        values = [numbers[column] for numbers in self.by_step]
        return Chart(title, self.asked.labels, values, total=self.total[column], ticks=self.asked.ticks)

    def tables(self, name: str, columns: Sequence[Column], cells: Cells) -> list[Table]:
        """By channel, over time, and both; the last without the rows that are nought."""
        step, channel = text(self.asked.span.step.value.capitalize()), text("Channel")
        over_time = zip(self.asked.labels, self.by_step, strict=True)
        return [
            Table(f"{name}-by-channel", "By channel", (channel, *columns), self._channels(cells)),
            Table(
                f"{name}-over-time",
                self.asked.by_step,
                (step, *columns),
                [[label, *cells(numbers)] for label, numbers in over_time],
                open=False,
            ),
            Table(
                f"{name}-by-channel-over-time",
                f"{self.asked.by_step} and channel",
                (step, channel, *columns),
                [
                    [self.asked.labels[place], Channel(each).label, *cells(numbers)]
                    for (place, each), numbers in sorted(self.counted.items())
                ],
                open=False,
            ),
        ]

    def _channels(self, cells: Cells) -> list[list[Value]]:
        """Those on which something happened; where all were asked for, with the sum."""
        rows: list[list[Value]] = [
            [each.label, *cells(self.of(each))] for each in self.asked.channels if any(self.of(each))
        ]
        return rows if self.asked.channel or not rows else [*rows, ["All channels", *cells(self.total)]]

    def _sum(self, rows: Iterable[Numbers]) -> Numbers:
        return tuple(map(sum, zip(*rows, strict=True))) or (0,) * self.width


def text(label: str) -> Column:
    return Column(label, Unit.TEXT)


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
