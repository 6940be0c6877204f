"""The bad rows as a CSV file: line and reason in front of the row itself, to mend and import again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from stopline.apps.contacts.csv_cells import neutral, restored
from stopline.apps.contacts.models import Import, ImportFault


def as_csv(done: Import) -> Iterator[str]:
    """The file in pieces. Line and Reason come first: a row with too many cells would hide them."""
    yield "\ufeff"  # or spreadsheets would read it in their country's old encoding
    yield _line(["Line", "Reason", *done.header], done.delimiter)
    faults = ImportFault.objects.filter(account_id=done.account_id, import_id=done.id).order_by("line")
    for fault in faults.iterator():
        yield _line([str(fault.line), fault.reason, *(restored(cell) for cell in fault.row)], done.delimiter)


def _line(cells: list[str], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerow([neutral(cell) for cell in cells])
    return text.getvalue()
