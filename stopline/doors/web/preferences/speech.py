"""The page's words in the seven languages of the keyword rules: one file each, all with the same keys."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from stopline.rules.words import Channel

FOLDER = Path(__file__).parent / "languages"
DEFAULT = "en"


@dataclass(frozen=True, slots=True)
class Language:
    """`english` is how members call it, for instance in a contact's field."""

    code: str  # ISO 639-1
    name: str
    english: str
    words: Mapping[str, str]

    def channel(self, channel: Channel) -> str:
        return self.words["email"] if channel is Channel.EMAIL else channel.label


@cache
def languages() -> dict[str, Language]:
    """By code, in alphabetical order of their own names."""
    read = [(path.stem, tomllib.loads(path.read_text())) for path in FOLDER.glob("*.toml")]
    found = [Language(words["code"], words["name"], stem, words) for stem, words in read]
    return {each.code: each for each in sorted(found, key=lambda each: each.name)}


def choose(*wishes: str) -> Language:
    """The first that is understood: a code ("pt-BR"), a name in English or in the language itself."""
    named = {name.casefold(): each for each in languages().values() for name in (each.english, each.name)}
    for wish in wishes:
        plain = wish.strip().casefold()
        if found := languages().get(plain[:2] if plain[2:3] in ("", "-", "_") else "") or named.get(plain):
            return found
    return languages()[DEFAULT]


def accepted(header: str) -> Iterable[str]:
    """The codes of an Accept-Language header, best first (RFC 9110 section 12.5.4)."""
    weighed = []
    for part in header[:500].split(","):
        code, _, weight = part.partition(";")
        value = weight.strip().removeprefix("q=")
        weighed.append((_number(value) if value else 1.0, code.strip()))
    return [code for weight, code in sorted(weighed, key=lambda each: -each[0]) if weight > 0]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
