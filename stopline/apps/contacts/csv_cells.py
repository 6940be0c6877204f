"""Single cells of a CSV file: kept from becoming formulas, names in one cell, and yes or no.

A spreadsheet runs a cell that starts with = + - @ (or a tab or line break) as a formula, so an export puts
an apostrophe in front of it (OWASP, "CSV Injection", read 2026-11). Plain numbers, with them phone numbers
in E.164, keep their first character: nothing in them can be run. An import takes one apostrophe away again,
so that a file comes back as it went.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from stopline.apps.contacts.search import fold

RISKY = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


def neutral(text: str) -> str:
    """`text` as a cell that no spreadsheet runs."""
    return f"'{text}" if RISKY.match(text) and not PLAIN_NUMBER.fullmatch(text) else text


def restored(cell: str) -> str:
    """What `neutral` was given; also without the apostrophe with which people keep a + in a spreadsheet."""
    return cell[1:] if cell.startswith("'") and RISKY.match(cell) else cell


def lines(rows: Iterable[Iterable[str]]) -> str:
    """The rows as CSV (RFC 4180), every cell `neutral`."""
    text = io.StringIO()
    csv.writer(text).writerows([neutral(cell) for cell in row] for row in rows)
    return text.getvalue()


def joined(names: Iterable[str]) -> str:
    """Several names in one cell: `VIP; Berlin`. A name with a semicolon in it is quoted."""
    cell = io.StringIO()
    csv.writer(cell, delimiter=";", lineterminator="").writerow(names)
    return cell.getvalue()


def split(cell: str) -> list[str]:
    """What `joined` was given, without blanks and repetitions."""
    names = next(csv.reader([re.sub(r"[\r\n]+", " ", cell)], delimiter=";", skipinitialspace=True), [])
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))


# Read without case, accents and punctuation. Pending (double opt-in awaited) may not be messaged either, and
# an import can't ask again, so it counts as unsubscribed.
YES = """
yes y true t 1 x on ✓ ✔ ☑ unsubscribed unsubscribe unsub opted out opt out optout optedout out stop stopped
stopall blocked blacklisted suppressed cleaned complained bounced pending do not contact do not call dnc
si s sim oui ja j da wahr verdadero verdadeiro vrai vero waar baja parar sair arret stopp
desabonne desinscrit abgemeldet afgemeld uitgeschreven disiscritto cancelado
"""
NO = """
no n false f 0 off subscribed subscribe sub opted in opt in optin optedin in active start none null na n/a ok
non nein nao nee falsch falso faux onwaar
suscrito abonne inscrit inscrito iscritto angemeldet abonniert aangemeld geabonneerd ingeschreven alta
"""
PHRASES = ("opted out", "opt out", "do not contact", "do not call", "opted in", "opt in")
# Exports often write when somebody unsubscribed instead of that they did.
MOMENT = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.*", re.DOTALL)
NEVER = re.compile(r"[0\s:/.\-TZ]*")  # 0000-00-00 00:00:00


def _words(table: str) -> frozenset[str]:
    for phrase in PHRASES:
        table = table.replace(phrase, phrase.replace(" ", ""))
    return frozenset(table.split())


YES_WORDS, NO_WORDS = _words(YES), _words(NO)


def says_unsubscribed(cell: str) -> bool | None:
    """Whether a cell of an "unsubscribed" column says so; None where it says neither yes nor no."""
    text = cell.strip()
    if NEVER.fullmatch(text):
        return False
    if MOMENT.fullmatch(text):
        return True
    word = re.sub(r"[\s.!,;:'\"_-]+", "", fold(text))
    return True if word in YES_WORDS else False if word in NO_WORDS else None
