"""The report: its sections, in the order of the page, and every table of them as a CSV file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stopline.apps.contacts.csv_cells import lines
from stopline.apps.reports import agreement, broadcasts, honour, messages, standings
from stopline.apps.reports.asked import Asked
from stopline.apps.reports.shapes import Section, Table, Unit, Value
from stopline.rules.errors import NotFound

# By their place in the URL of a file. Another subject is a module with a `section`, and its line here.
SECTIONS: dict[str, Callable[[Asked], Section]] = {
    "messages": messages.section,
    "subscriptions": standings.section,
    "broadcasts": broadcasts.section,
    "opt-outs": honour.section,
    "agreement": agreement.section,
}


def sections(asked: Asked) -> list[Section]:
    return [make(asked) for make in SECTIONS.values()]


def table(asked: Asked, subject: str, name: str) -> Table:
    """The table of that name, made as on the page. Raises NotFound."""
    made = SECTIONS[subject](asked).tables if subject in SECTIONS else ()
    for found in made:
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
