"""What a file is, told from its bytes: not a CSV at all, or its encoding and delimiter."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable
from typing import IO, NoReturn

from stopline.rules.errors import InvalidInput

SAVE_AS_CSV = (
    "Open it in your spreadsheet program, choose Save as or Download, and there “CSV UTF-8 (comma delimited)”"
)
NOT_CSV = {
    b"PK\x03\x04": "an Excel workbook, another spreadsheet or a ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a compressed file",
    b"7z\xbc\xaf": "a compressed file",
    b"Rar!": "a compressed file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"{\\rtf": "a text document",
    b"<": "a web page or an XML file",
}
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# What people can choose where the guess is wrong: Python's name, and what it is called.
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a byte order mark",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 (little-endian, unmarked)",
    "utf-16-be": "UTF-16 (big-endian, unmarked)",
    "cp1252": "Windows-1252 (Western Europe)",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
}
DELIMITERS = {",": "Comma ,", ";": "Semicolon ;", "\t": "Tab", "|": "Vertical bar |"}
SAMPLE = 65_536  # bytes, and lines are looked at only up to here


def refuse_other_kinds(start: bytes) -> None:
    """Raises InvalidInput where the first bytes are those of another kind of file."""
    for magic, kind in NOT_CSV.items():
        if start.lstrip(b" \r\n\t").startswith(magic):
            _not_csv(f"By its first bytes it is {kind}.")


def encoding(file: IO[bytes]) -> str:
    """UTF-8 or UTF-16 where it is, otherwise Windows-1252. Raises InvalidInput where it is none of them."""
    start = file.read(SAMPLE)
    for mark, name in BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return _checked(file, name)
    if name := _unmarked_utf16(start):
        return _checked(file, name)
    if b"\0" in start:
        _not_csv("It holds bytes that are no text.")
    return "utf-8" if _decodes(file, "utf-8") else _checked(file, "cp1252")


def delimiter(lines: Iterable[str]) -> str:
    """The one that cuts most of these rows into as many cells as the first; a comma where none does."""
    sample = list(lines)
    return max(DELIMITERS, key=lambda mark: _fit(sample, mark))


def _fit(lines: list[str], mark: str) -> tuple[float, int]:
    try:
        rows = [row for row in csv.reader(lines, delimiter=mark) if row]
    except csv.Error:
        return 0, 0
    if not rows or len(rows[0]) < 2:
        return 0, 0
    alike = sum(len(row) == len(rows[0]) for row in rows)
    return alike / len(rows), len(rows[0])


def _unmarked_utf16(start: bytes) -> str:
    """Western text in UTF-16 has a zero in every second byte; which of the two tells the order."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if even + odd < len(start) / 5:
        return ""
    return "utf-16-be" if even > odd * 10 else "utf-16-le" if odd > even * 10 else ""


def _checked(file: IO[bytes], name: str) -> str:
    if not _decodes(file, name):
        _not_csv(f"It looks like {ENCODINGS[name]}, but some of its bytes aren't.")
    return name


def _decodes(file: IO[bytes], name: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(name)()
    try:
        while piece := file.read(SAMPLE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _not_csv(why: str) -> NoReturn:
    raise InvalidInput(why, SAVE_AS_CSV, title="This file isn't a CSV file")
