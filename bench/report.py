"""The table that people read: each workload, its limit beside it, and the share of the limit that was reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Pair

HERE = Path(__file__).parent
COLUMNS = ("workload", "ours", "limit", "the limit is", "share", "target")


@dataclass(frozen=True, slots=True)
class Row:
    """`share` of the limit reached, 1 being all of it; None where there is nothing to compare with.

    `every` holds all runs, for people who doubt a median.
    """

    workload: str
    ours: str
    limit: str = ""
    beside: str = ""
    share: float | None = None
    target: float | None = None
    every: str = ""

    @property
    def line(self) -> str:
        return ", ".join(
            part for part in (f"{self.workload}: {self.ours}", self.limit, self.cells[4]) if part
        )

    @property
    def cells(self) -> tuple[str, ...]:
        share = "" if self.share is None else f"{self.share:.0%}"
        met = self.share is not None and self.target is not None and self.share >= self.target
        target = f"≥ {self.target:.0%}, {'met' if met else '**missed**'}" if self.target else ""
        return self.workload, self.ours, self.limit, self.beside, share, target


def rates(workload: str, beside: str, pair: Pair, target: float | None = None) -> Row:
    """Things per second: more is better."""
    limit, ours = pair.medians
    every = f"limit {_all(pair.limit, '{:,.0f}')}; ours {_all(pair.ours, '{:,.0f}')}"
    return Row(workload, f"{ours:,.0f}/s", f"{limit:,.0f}/s", beside, ours / limit, target, every)


def times(workload: str, beside: str, pair: Pair, target: float | None = None) -> Row:
    """Milliseconds: less is better."""
    limit, ours = pair.medians
    every = f"limit {_all(pair.limit, '{:.1f}')}; ours {_all(pair.ours, '{:.1f}')}"
    return Row(workload, f"{ours:.1f} ms", f"{limit:.1f} ms", beside, limit / ours, target, every)


def table(rows: Sequence[Row]) -> str:
    """Markdown that also reads well in a terminal."""
    lines = [COLUMNS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    ruled = [lines[0], tuple("-" * width for width in widths), *lines[1:]]
    return "\n".join(f"| {' | '.join(map(str.ljust, line, widths))} |" for line in ruled)


def write(rows: Sequence[Row], machine: Sequence[tuple[str, str]], warning: str) -> Path:
    file = HERE / "results.md"
    file.write_text("\n".join(_document(rows, machine, warning)) + "\n")
    return file


def _document(rows: Sequence[Row], machine: Sequence[tuple[str, str]], warning: str) -> Iterator[str]:
    yield "# Measured\n"
    yield "Written by `make bench`; every number is from this run on this machine. Medians of interleaved runs.\n"
    if warning:
        yield f"{warning}\n"
    yield "| machine | |\n| --- | --- |"
    yield from (f"| {name} | {value} |" for name, value in machine)
    yield ""
    yield table(rows)
    yield "\n## What to know about these numbers\n"
    yield (HERE / "remarks.md").read_text()
    yield "## Every run\n"
    yield from (f"- {row.workload}: {row.every}" for row in rows if row.every)


def _all(numbers: Sequence[float], form: str) -> str:
    return ", ".join(form.format(number) for number in numbers)
