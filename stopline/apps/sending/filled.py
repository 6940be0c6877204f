"""What an admin fills in to connect a provider, read by the provider's own fields."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from stopline.providers import reach
from stopline.providers.base import Field, Provider
from stopline.providers.errors import Misconfigured
from stopline.rules import addresses
from stopline.rules.errors import InvalidInput

LONGEST_NAME, LONGEST_SENDER, LONGEST_LINE, LONGEST_TEXT = 80, 254, 1_000, 20_000  # characters
SLOWEST, FASTEST = 0.01, 10_000  # messages a second
Setting = str | int | bool


class Unusable(InvalidInput):
    """Some of what was filled in can't be used"""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems  # in words, by name of the field


@dataclass(frozen=True, slots=True)
class Typed:
    """As it comes from a door: all texts. `values` by the names that `key` gives; a missing one is empty."""

    name: str
    sender: str
    channels: Collection[str]
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    forget: Collection[str] = ()  # names of optional secrets to keep no longer
    rate: str = ""  # messages of broadcasts a second at most; "": as fast as the provider takes them


@dataclass(frozen=True, slots=True)
class Filled:
    """As it is kept; the credentials not yet encrypted."""

    name: str
    sender: str
    channels: list[str]
    settings: dict[str, Setting]
    credentials: dict[str, str] = field(repr=False)
    rate: float | None = None


def key(of: Field) -> str:
    """The name of a provider's field among those that every connection has."""
    return f"field_{of.name}"


def read(provider: Provider, typed: Typed, kept: Mapping[str, str]) -> Filled:
    """`kept`: the credentials there are; a secret left empty stays as it is. Raises Unusable."""
    readers: dict[str, Callable[[], Any]] = {
        "name": partial(_name, typed.name),
        "sender": partial(_sender, provider, typed.sender),
        "channels": partial(_channels, provider, typed.channels),
        "rate": partial(_rate, typed.rate),
        **{key(each): partial(_value, each, typed, kept) for each in provider.fields},
    }
    found: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, reader in readers.items():
        try:
            found[name] = reader()
        except InvalidInput as refusal:
            problems[name] = " ".join((refusal.detail, refusal.next_step)).strip()
        except Misconfigured as refusal:
            problems[name] = str(refusal)
    if problems:
        raise Unusable(problems)
    given = {each.name: found[key(each)] for each in provider.fields if found[key(each)] is not None}
    secret = {each.name: each.required for each in provider.fields if each.secret}
    stays = {
        name: kept[name] for name in secret if name in kept and (secret[name] or name not in typed.forget)
    }
    return Filled(
        name=found["name"],
        sender=found["sender"],
        channels=found["channels"],
        rate=found["rate"],
        settings={name: value for name, value in given.items() if name not in secret},
        credentials={**stays, **{name: str(value) for name, value in given.items() if name in secret}},
    )


def _name(text: str) -> str:
    name = " ".join(_storable(text).split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput(f"Give it a name of 1 to {LONGEST_NAME} characters, to tell it from others.")
    return name


def _sender(provider: Provider, text: str) -> str:
    """A number in its one form; a short code, a name or a mailbox as it was typed."""
    sender = _storable(text).strip()
    if not sender and provider.sender_required:
        raise InvalidInput("Fill this in: it is whom people see as the sender.")
    if len(sender) > LONGEST_SENDER:
        raise InvalidInput(f"At most {LONGEST_SENDER} characters can be kept.")
    return addresses.phone(sender, None) if sender.startswith("+") else sender


def _channels(provider: Provider, chosen: Collection[str]) -> list[str]:
    """In the provider's order. A provider of one channel leaves nothing to choose."""
    if len(provider.channels) == 1:
        return [provider.channels[0].value]
    found = [channel.value for channel in provider.channels if channel in chosen]
    if not found:
        raise InvalidInput("Choose at least one channel.")
    return found


def _rate(text: str) -> float | None:
    text = text.strip().replace(",", ".")
    try:
        rate = float(text) if text else None
    except ValueError as error:
        raise InvalidInput("This must be a number.") from error
    if rate is not None and not SLOWEST <= rate <= FASTEST:
        raise InvalidInput(f"Between {SLOWEST} and {FASTEST:,} messages a second, or empty.")
    return rate


def _value(of: Field, typed: Typed, kept: Mapping[str, str]) -> Setting | None:
    """None for an optional one left empty, and for a secret that stays as it is."""
    text = _storable(typed.values.get(key(of), "")).strip()
    if of.kind == "flag":
        return text.lower() in ("on", "true", "1", "yes")
    if not text:
        if of.required and not (of.secret and of.name in kept):
            raise InvalidInput("Fill this in.")
        return None
    longest = LONGEST_TEXT if of.kind == "long" else LONGEST_LINE
    if len(text) > longest:
        raise InvalidInput(f"At most {longest:,} characters can be kept.")
    match of.kind:
        case "number":
            return _number(text)
        case "choice":
            return _choice(of, text)
        case "url":
            reach.require_url(text)
    return text


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise InvalidInput("This must be a whole number.") from error


def _choice(of: Field, text: str) -> str:
    if text not in dict(of.choices):
        raise InvalidInput("Choose one from the list.")
    return text


def _storable(text: str) -> str:
    """Without NUL characters, which PostgreSQL can keep in no text."""
    return text.replace("\x00", "")
