"""What a report is made of: sections with figures, charts and tables. Numbers stay numbers until they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Value = str | int | float | None  # None: there is nothing to tell


class Unit(StrEnum):
    """How a value is shown."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"  # of 1
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    unit: Unit = Unit.COUNT


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is its place in the URL of its CSV file. `open`: shown at once; others unfold."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    open: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number to read first. `good` says whether it is as it must be; None: nobody can say."""

    label: str
    value: Value
    unit: Unit = Unit.COUNT
    note: str = ""
    good: bool | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """One series, so that nothing in it is told by colour. `ticks`: its labels where there is little room."""

    title: str
    labels: Sequence[str]
    values: Sequence[int | float]
    unit: Unit = Unit.COUNT
    total: Value = None
    ticks: Sequence[str] = ()
    across: bool = False  # bars lie, each with its label and number beside it


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    title: str
    note: str
    figures: Sequence[Figure] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
