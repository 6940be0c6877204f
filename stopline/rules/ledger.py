"""What the ledger says: the standing of every address, rebuilt from the entries alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from stopline.rules.words import Standing

Key = tuple[Any, str, str]  # (account id, channel, address)


@dataclass(frozen=True, slots=True)
class Stand:
    """The standing of one key and the entry that decided it (None: nobody ever did)."""

    standing: Standing = Standing.SUBSCRIBED
    entry_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    key: Key
    ledger: Stand
    projection: Stand


def replay(entries: Iterable[tuple[Key, Stand]]) -> dict[Key, Stand]:
    """The last entry of each key decides; entries come in the order in which they were appended."""
    return dict(entries)


def compare(ledger: Mapping[Key, Stand], projection: Mapping[Key, Stand]) -> list[Difference]:
    """Every key on which the two disagree; a key absent from one side is subscribed by default there."""
    default = Stand()
    return [
        Difference(key, ledger.get(key, default), projection.get(key, default))
        for key in sorted({*ledger, *projection}, key=str)
        if ledger.get(key, default) != projection.get(key, default)
    ]
