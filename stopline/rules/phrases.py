"""The phrases in `languages/*.toml`, searchable: each is kept under every word it can begin with.

Words are lower case there, without accents or apostrophes (don't = dont, m'envoyez = m envoyez). A phrase is
columns with spaces between: `a|b` either, `a|b?` may be missing, `a_b` two words, `a~` any ending, `<` and
`>` start and end of the clause, `*` up to three words that don't negate, `{name}` words of that name.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Kind(StrEnum):
    """What a phrase means; the names are the keys of the files."""

    ALONE = "alone"  # sure as the whole message, and as a line or last sentence of its own
    WHOLE = "whole"  # sure as the whole message; as a sentence among others unsure
    HINTED = "hinted"  # like `whole`, where the contact is known to use the language
    OPT_IN = "opt_in"  # the whole message asks for messages again
    YES = "yes"  # so it does from somebody unsubscribed; from others it answers a question
    HELP = "help"  # the whole message asks for help
    SURE = "sure"  # a reasonable person understands a request to stop, wherever it stands
    UNSURE = "unsure"  # may be one


@dataclass(frozen=True)
class Phrase:
    kind: Kind
    language: str  # ISO 639-1
    pattern: re.Pattern[str]
    undo: re.Pattern[str]  # directly before: makes it the opposite or another noun ("don't stop", "bus stop")
    hedge: re.Pattern[str]  # a little before: asks or supposes ("how do I unsubscribe")
    limit: re.Pattern[str]  # directly after: narrows ("don't text me after nine")


@dataclass(frozen=True)
class Found:
    phrase: Phrase
    words: str
    before: str  # the end of what precedes
    after: str  # the start of what follows

    @property
    def undone(self) -> bool:
        undone = self.phrase.undo.search(self.before) or TELLS_HOW.search(self.before)
        return bool(undone) and not self.phrase.hedge.search(self.before)

    @property
    def hedged(self) -> bool:
        return bool(self.phrase.hedge.search(self.before) or self.phrase.limit.match(self.after))


def find(clause: str) -> Iterator[Found]:
    """Every phrase in a clause, whose words are each followed by a space. Linear: phrases are bounded."""
    for start in re.finditer(r"\S+ ", clause):
        for phrase in INDEX.get(start[0][:-1], ()):
            if match := phrase.pattern.match(clause, start.start()):
                first, last = match.span()
                yield Found(
                    phrase, match[0].strip(), clause[max(0, first - 60) : first], clause[last : last + 40]
                )


def _phrases(table: dict[str, Any]) -> Iterator[tuple[str, Phrase]]:
    """(a word it can begin with, phrase) for each phrase of a language."""
    undo = re.compile(rf"(?:^| )(?:{_either(table['undo'])})(?:{_either(EVERY['glue'].split())})*$")
    hedge = re.compile(rf"(?:^| )(?:{_either(table['hedge'])})(?:\S+ ){{0,4}}$")
    limit = re.compile(_either(table["limit"]))
    for kind in Kind:
        whole = "{}" if kind in (Kind.SURE, Kind.UNSURE) else "< {} >"
        for written in table.get(kind, ()):
            columns = whole.format(written).format_map(table["words"]).split()
            phrase = Phrase(
                kind, table["language"], re.compile("".join(map(_column, columns))), undo, hedge, limit
            )
            yield from ((word, phrase) for word in _first_words(columns))


def _column(column: str) -> str:
    if column == "*":
        return rf"(?:(?!{_either(EVERY['negations'].split())})\S+ ){{0,3}}?"
    return f"(?:{_either(column.rstrip('?').split('|'))})" + ("?" if column.endswith("?") else "")


def _either(choices: Iterable[str]) -> str:
    return "|".join(map(_choice, choices))


def _choice(choice: str) -> str:
    ending = r"\S{0,14} " if choice.endswith("~") else " "
    return {"<": "^", ">": "$"}.get(choice) or choice.rstrip("~").replace("_", " ") + ending


def _first_words(columns: list[str]) -> set[str]:
    choices = set(columns[0].rstrip("?").split("|"))
    words = {choice.split("_")[0] for choice in choices - {"<"}}
    return words | _first_words(columns[1:]) if "<" in choices or columns[0].endswith("?") else words


# English first: a word of many languages (STOP) is told as English where the contact's language isn't known.
FILES = sorted(
    Path(__file__).parent.glob("languages/*.toml"), key=lambda file: (file.stem != "english", file.stem)
)
TABLES = {file.stem: tomllib.loads(file.read_text("utf-8")) for file in FILES}
EVERY = TABLES.pop("every")
INDEX: dict[str, list[Phrase]] = defaultdict(list)
for _table in TABLES.values():
    for _word, _phrase in _phrases(_table):
        INDEX[_word].append(_phrase)
TELLS_HOW = re.compile(
    rf"(?:^|(?:^| )(?:{_either(EVERY['instructions'].split())})(?:\S+ )*)"
    rf"(?:{_either(EVERY['to'].split())})(?:{_either(EVERY['glue'].split())})*$"
)
