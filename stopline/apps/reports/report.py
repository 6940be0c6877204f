"""The report: its sections, in the order of the page, and every table of them as a CSV file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stopline.apps.contacts.csv_cells import lines
from stopline.apps.reports import agreement, honour, messages, standings
from stopline.apps.reports.asked import Asked
from stopline.apps.reports.shapes import Section, Table, Unit, Value
from stopline.rules.errors import NotFound

# Another subject is a module with a `section`, and its line here.
SECTIONS: tuple[Callable[[Asked], Section], ...] = (
    messages.section,
    standings.section,
    honour.section,
    agreement.section,
)


def sections(asked: Asked) -> list[Section]:
    return [make(asked) for make in SECTIONS]


def table(asked: Asked, name: str) -> Table:
    """The table of that name, made as on the page. Raises NotFound."""
    for section in sections(asked):
        for found in section.tables:
            if found.name == name:
                return found
    raise NotFound(f"No report has a table named “{name[:60]}”", "Choose one on the Reports page")


def as_csv(found: Table) -> Iterator[str]:
    """With the unit in the heading: shares as decimal fractions, times in seconds, nothing where there is none."""
    yield "\ufeff" + lines([[_heading(column.label, column.unit) for column in found.columns]])
    yield lines([_cell(value) for value in row] for row in found.rows)


def _heading(label: str, unit: Unit) -> str:
    return f"{label} (seconds)" if unit is Unit.SECONDS else label


def _cell(value: Value) -> str:
    if value is None:
        return ""
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
