"""The lexicon's phrases made searchable: every phrase is kept under each word it can begin with."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from stopline.rules.lexicon import GLUE, INSTRUCTIONS, LANGUAGES, NEGATIONS, Lexicon


class Kind(IntEnum):
    """What a phrase means where it is found. The first six are only ever a whole clause."""

    ALONE = 1
    WHOLE = 2
    HINTED = 3
    OPT_IN = 4
    YES = 5
    HELP = 6
    SURE = 7
    UNSURE = 8


@dataclass(frozen=True)
class Guard:
    """What stands around a phrase and changes its meaning, in one language."""

    undo: re.Pattern[str]
    hedge: re.Pattern[str]
    limit: re.Pattern[str]


@dataclass(frozen=True)
class Phrase:
    kind: Kind
    language: str
    pattern: re.Pattern[str]
    guard: Guard


@dataclass(frozen=True)
class Found:
    phrase: Phrase
    words: str
    before: str  # the end of what precedes it
    after: str  # the start of what follows

    @property
    def undone(self) -> bool:
        """Like "don't stop", or "reply STOP to unsubscribe", which tells how and doesn't ask."""
        guard = self.phrase.guard
        undone = guard.undo.search(self.before) or TELLS_HOW.search(self.before)
        return bool(undone) and not guard.hedge.search(self.before)

    @property
    def hedged(self) -> bool:
        guard = self.phrase.guard
        return bool(guard.hedge.search(self.before) or guard.limit.match(self.after))


def find(clause: str) -> Iterator[Found]:
    """Every phrase in a clause of words, each followed by one space. Linear: a phrase has a bounded length."""
    for start in re.finditer(r"\S+ ", clause):
        for phrase in INDEX.get(start[0][:-1], ()):
            if match := phrase.pattern.match(clause, start.start()):
                before = clause[max(0, match.start() - 60) : match.start()]
                yield Found(phrase, match[0].strip(), before, clause[match.end() : match.end() + 40])


def _pattern(columns: list[str]) -> re.Pattern[str]:
    return re.compile("".join(_column(column) for column in columns))


def _column(column: str) -> str:
    if column == "*":
        return rf"(?:(?!(?:{_either(NEGATIONS)}) )\S+ ){{0,3}}?"
    choices = "|".join(
        ANCHORS.get(choice) or _words(choice) + " " for choice in column.rstrip("?").split("|")
    )
    return f"(?:{choices})" + ("?" if column.endswith("?") else "")


def _words(choice: str) -> str:
    return re.escape(choice.replace("_", " ").rstrip("~")) + (r"\S{0,14}" if choice.endswith("~") else "")


def _either(choices: str) -> str:
    return "|".join(_words(choice) for choice in choices.split())


def _first_words(columns: list[str]) -> set[str]:
    choices = set(columns[0].rstrip("?").split("|"))
    words = {choice.split("_")[0] for choice in choices - {"<"}}
    return words | _first_words(columns[1:]) if "<" in choices or columns[0].endswith("?") else words


def _guard(lexicon: Lexicon) -> Guard:
    return Guard(
        undo=re.compile(rf"(?:^| )(?:{_either(lexicon.undo)}) (?:(?:{_either(GLUE)}) )*$"),
        hedge=re.compile(rf"(?:^| )(?:{_either(lexicon.hedge)}) (?:\S+ ){{0,4}}$"),
        limit=re.compile(rf"(?:{_either(lexicon.limit)}) "),
    )


def _index() -> dict[str, list[Phrase]]:
    index: dict[str, list[Phrase]] = defaultdict(list)
    for lexicon in LANGUAGES:
        guard = _guard(lexicon)
        for kind, listed in _listed(lexicon):
            for columns in (phrase.split() for phrase in listed.split(";") if phrase.strip()):
                if kind < Kind.SURE:
                    columns = ["<", *columns, ">"]
                for word in _first_words(columns):
                    index[word].append(Phrase(kind, lexicon.language, _pattern(columns), guard))
    return dict(index)


def _listed(lexicon: Lexicon) -> list[tuple[Kind, str]]:
    return [(kind, getattr(lexicon, kind.name.lower())) for kind in Kind]


ANCHORS = {"<": "^", ">": "$"}
TELLS_HOW = re.compile(
    rf"(?:^|(?:^| )(?:{_either(INSTRUCTIONS)}) (?:\S+ )*)(?:to|um|zum|para|pour|per|om) (?:(?:{_either(GLUE)}) )*$"
)
INDEX = _index()
