"""A row of cells becomes what a contact needs, or a reason why it can't."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stopline.apps.contacts import contact, csv_cells, custom
from stopline.apps.contacts.csv_file import Row
from stopline.apps.contacts.importing.columns import ALL, CUSTOM, UNSUBSCRIBED
from stopline.apps.contacts.models import CustomField
from stopline.rules import consent
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CONSENT_CHANNELS, AddressKind, Channel

LONGEST_LIST_NAME = 80
NO_ADDRESS = "It has neither a phone number nor an e-mail address. Fill in at least one."
UNREADABLE = (
    "“{cell}” in {column} says neither yes nor no. Write yes where the person is unsubscribed, and no or "
    "nothing where not."
)


@dataclass(slots=True)
class Candidate:
    """A row on its way. With a fault it becomes no contact; an unsubscribe in it counts all the same."""

    line: int
    cells: list[str]
    values: dict[str, str | None] = field(
        default_factory=dict
    )  # as contact.read returns them; blanks left out
    custom: dict[str, Any] = field(default_factory=dict)
    lists: list[str] = field(default_factory=list)
    stops: dict[Channel, str] = field(default_factory=dict)  # unsubscribed on: the cell that says so
    faults: list[str] = field(default_factory=list)

    @property
    def addresses(self) -> consent.Addresses:
        kinds = (AddressKind.PHONE, AddressKind.EMAIL)
        return {kind: address for kind in kinds if (address := self.values.get(kind))}


@dataclass(frozen=True, slots=True)
class RowReader:
    country: str
    header: Sequence[str]
    mapping: Mapping[str, str]
    fields: Mapping[str, CustomField]  # by key

    def read(self, row: Row) -> Candidate:
        candidate = Candidate(row.line, row.cells)
        if row.broken:
            candidate.faults.append(row.broken)
            return candidate
        texts: dict[str, str] = {}
        for index, target in self.mapping.items():
            cell = csv_cells.restored(row.cells[int(index)]).strip()
            if cell and target in PARTS:
                texts |= PARTS[target](cell)
            elif cell:
                self._take(candidate, target, cell, self.header[int(index)] or f"column {int(index) + 1}")
        self._take_texts(candidate, texts)
        if not candidate.addresses and not candidate.faults:
            candidate.faults.append(NO_ADDRESS)
        return candidate

    def _take(self, candidate: Candidate, target: str, cell: str, column: str) -> None:
        try:
            if target.startswith(UNSUBSCRIBED):
                _take_stop(candidate, target.removeprefix(UNSUBSCRIBED), cell, column)
            elif target.startswith(CUSTOM):
                self._take_custom(candidate, target.removeprefix(CUSTOM), cell)
            else:
                candidate.lists = _list_names(cell)
        except InvalidInput as error:
            candidate.faults.append(str(error))

    def _take_texts(self, candidate: Candidate, texts: dict[str, str]) -> None:
        """At once, and where something is wrong one by one: the good address of a bad row still counts."""
        try:
            candidate.values |= contact.read(texts, self.country)
        except InvalidInput as error:
            if len(texts) == 1:
                candidate.faults.append(str(error))
                return
            for name, text in texts.items():
                self._take_texts(candidate, {name: text})

    def _take_custom(self, candidate: Candidate, key: str, cell: str) -> None:
        if known := self.fields.get(key):  # none: the field was deleted since
            candidate.custom[key] = custom.read(known, cell)


def _full_name(cell: str) -> dict[str, str]:
    first, _, last = cell.partition(" ")
    return {"first_name": first, "last_name": last.strip()}


def _as_itself(name: str) -> Callable[[str], dict[str, str]]:
    return lambda cell: {name: cell}


PARTS = {name: _as_itself(name) for name in ("first_name", "last_name", "phone", "email", "notes")} | {
    "name": _full_name
}


def _take_stop(candidate: Candidate, scope: str, cell: str, column: str) -> None:
    told = csv_cells.says_unsubscribed(cell)
    if told is None:
        candidate.faults.append(UNREADABLE.format(cell=cell[:60], column=column))
    elif told:
        for channel in CONSENT_CHANNELS if scope == ALL else (Channel(scope),):
            candidate.stops.setdefault(channel, f"{column}: {cell[:200]}")


def _list_names(cell: str) -> list[str]:
    names = csv_cells.split(cell)
    if too_long := next((name for name in names if len(name) > LONGEST_LIST_NAME), None):
        raise InvalidInput(
            f"The list name “{too_long[:60]}…” has more than {LONGEST_LIST_NAME} characters.",
            "Shorten it, and separate several lists by a semicolon",
        )
    return names
