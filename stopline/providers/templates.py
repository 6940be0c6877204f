"""Messages a provider has approved beforehand, as it lists them (WhatsApp)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stopline.providers.base import Way

PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")  # {{1}} or {{first_name}}


@dataclass(frozen=True, slots=True)
class Variable:
    """One thing to fill in. `key` as `base.Template.variables` wants it: what it is a part of, then its name there."""

    key: str
    label: str
    example: str = ""


@dataclass(frozen=True, slots=True)
class FoundTemplate:
    """A template as the provider has it. `header`, `text` and `footer` hold {{places}} for the variables.

    `category` is marketing, utility or authentication; `hindrance` says why it can't be filled in here, "" if it can.
    """

    name: str
    language: str
    category: str
    approved: bool
    text: str
    header: str = ""
    footer: str = ""
    buttons: tuple[str, ...] = ()
    variables: tuple[Variable, ...] = ()
    hindrance: str = ""


class Templates(Protocol):
    """Where a provider's templates are looked up. Raises ProviderErrors as Sender does."""

    def listed(self, way: Way) -> AsyncIterator[FoundTemplate]:
        """Every template the connection may use, approved or not."""
        ...

    async def close(self) -> None: ...


def places(text: str) -> list[str]:
    """The names in the text's {{places}}, each once, in order."""
    return list(dict.fromkeys(PLACE.findall(text)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its places filled; one without a value stays as it is."""
    return PLACE.sub(lambda found: values.get(found[1]) or found[0], text)
