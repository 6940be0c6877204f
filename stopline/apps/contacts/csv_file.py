"""Reading a CSV file (RFC 4180 and what spreadsheets make of it) row by row, in little memory."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from stopline.apps.contacts import csv_sniffing
from stopline.rules.errors import InvalidInput

MOST_COLUMNS = 200
LONGEST_LINE = 1_000_000  # characters; bounds what one broken line can take
SNIFFED_LINES = 50
# The first row of Excel's own files: `sep=;`
SEPARATOR_LINE = re.compile(r"sep=(.)", re.IGNORECASE)
LOOKS_LIKE_DATA = re.compile(r"\s*(\S+@\S+\.\S+|[+(]\d[\d\s()./-]{6,}|\d([\s()./-]?\d){8,})\s*")


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is where it begins in the file, the first line is 1. `broken` says why it has no cells."""

    line: int
    cells: list[str]
    broken: str = ""


@dataclass(frozen=True, slots=True)
class CsvFile:
    """`open` opens the file's bytes anew. What can't be read raises InvalidInput, and nothing else."""

    open: Callable[[], IO[bytes]]
    encoding: str
    delimiter: str

    @classmethod
    def sniff(cls, open_: Callable[[], IO[bytes]]) -> CsvFile:
        with open_() as file:
            start = file.read(csv_sniffing.SAMPLE)
            csv_sniffing.refuse_other_kinds(start)
            if not start.strip(b"\0 \t\r\n"):
                raise InvalidInput(
                    "It has no rows.", "Choose a file with contacts in it", title="This file is empty"
                )
            file.seek(0)
            encoding = csv_sniffing.encoding(file)
        found = cls(open_, encoding, ",")
        return cls(open_, encoding, found._separator() or csv_sniffing.delimiter(found._first_lines()))

    def header(self) -> list[str]:
        """The first row: the names of the columns. Raises InvalidInput where it doesn't name them."""
        first = next(self._everything(), None)
        names = [cell.strip() for cell in first.cells] if first else []
        if first is None or first.broken or not any(names):
            why = first.broken if first else "It has no rows."
            raise _no_header(why or "The first row is empty.")
        if len(names) > MOST_COLUMNS:
            raise InvalidInput(
                f"The first row has {len(names):,} columns, and at most {MOST_COLUMNS} can be read.",
                "Remove the columns you don't need",
                title="This file has too many columns",
            )
        if data := next((name for name in names if LOOKS_LIKE_DATA.fullmatch(name)), None):
            raise _no_header(f"The first row holds “{data[:60]}”, which looks like a contact's.")
        return names

    def rows(self) -> Iterator[Row]:
        """Every row below the header that isn't blank, as many cells as there are columns."""
        everything = self._everything()
        width = len(next(everything, Row(1, [])).cells)
        for row in everything:
            yield row if row.broken else _fitted(row, width)

    def _everything(self) -> Iterator[Row]:
        with self._text() as text:
            lines = _Lines(text)
            if self._separator():
                next(lines, None)
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            while (row := _next(reader, lines)) is not None:
                if row.broken or any(cell.strip() for cell in row.cells):
                    yield row

    def _separator(self) -> str:
        first = next(iter(self._first_lines(1)), "").strip("\r\n")
        found = SEPARATOR_LINE.fullmatch(first)
        return found[1] if found and found[1] in csv_sniffing.DELIMITERS else ""

    def _first_lines(self, most: int = SNIFFED_LINES) -> list[str]:
        with self._text() as text:
            lines = _Lines(text)
            return list(itertools.islice((line for line in lines if line.strip()), most))

    def _text(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(self.open(), encoding=self.encoding, newline="")


class _Lines:
    """Physical lines, counted; the row being read keeps its lines, so that they can be read anew."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text = text
        self.read = 0
        self.current: list[str] = []
        self.again: deque[str] = deque()

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.again.popleft() if self.again else self._read()
        if not line:
            raise StopIteration
        self.read += 1
        self.current.append(line)
        return line

    def go_back(self) -> str:
        """Only the first line of this row is broken: those behind it are read again, as rows of their own."""
        first, *rest = self.current
        self.again.extendleft(reversed(rest))
        self.read -= len(rest)
        return first

    def _read(self) -> str:
        try:
            return self.text.readline(LONGEST_LINE)
        except UnicodeError as error:
            raise InvalidInput(
                f"Line {self.read + 1} or one soon after it has bytes that aren't in the chosen encoding.",
                "Choose another encoding, or save the file as CSV UTF-8",
                title="This file can't be read",
            ) from error


def _next(reader: Iterator[list[str]], lines: _Lines) -> Row | None:
    """The next row; None at the end. A row whose quotation marks don't match is broken, the next is read."""
    lines.current.clear()
    line = lines.read + 1
    try:
        cells = next(reader)
    except StopIteration:
        return None
    except csv.Error as error:
        text = lines.go_back().rstrip("\r\n").replace("\0", "�")
        return Row(line, [text], _broken(str(error)))
    if any("\0" in cell for cell in cells):
        return Row(
            line, [cell.replace("\0", "�") for cell in cells], "It holds a zero byte, which is no text."
        )
    return Row(line, cells)


def _broken(error: str) -> str:
    if "unexpected end" in error:
        return 'A quotation mark (") opens a cell and is never closed. Close it at the end of the cell.'
    if "field larger" in error:
        return (
            f"A cell has more than {csv.field_size_limit():,} characters, perhaps because a quotation mark "
            '(") is never closed. Close it, or shorten the cell.'
        )
    return (
        'A quotation mark (") stands inside a cell, or is never closed. Write it twice and put the whole '
        'cell in quotation marks, for example "5"" pipe".'
    )


def _fitted(row: Row, width: int) -> Row:
    cells, extra = row.cells[:width], row.cells[width:]
    if any(cell.strip() for cell in extra):
        return Row(
            row.line,
            row.cells,
            f"It has {len(row.cells)} cells, but the file has {width} columns. If a cell holds the "
            "delimiter, put the cell in quotation marks.",
        )
    return Row(row.line, cells + [""] * (width - len(cells)))


def _no_header(why: str) -> InvalidInput:
    return InvalidInput(
        why,
        "Add a first row that names the columns, for example: First name, Last name, Phone, E-mail",
        title="The first row doesn't name the columns",
    )
