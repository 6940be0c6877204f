"""The one shape of every provider: a Sender that takes a permit, a Receiver that reads what comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from stopline.providers.errors import PermitLapsed
from stopline.rules.words import Channel, MessageState


def clock() -> float:
    """Seconds on a clock that nobody sets and that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to hand one message to a provider, issued by the gate (apps/sending/gate.py, the only place).

    Good while `deadline` (on `clock`) lies ahead and `locked` says that the lock on the subscription is still
    held. A Sender calls `check` immediately before the first byte leaves.
    """

    message_id: UUID
    attempt_id: UUID
    channel: Channel
    address: str
    checked_at: datetime
    deadline: float
    locked: Callable[[], bool]

    def check(self) -> None:
        if clock() >= self.deadline or not self.locked():
            raise PermitLapsed


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a Sender needs: the message, and the connection it leaves through."""

    id: UUID
    channel: Channel
    address: str
    text: str
    sender: str
    token: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the message: its id there, and how far it already is."""

    provider_id: str
    state: MessageState = MessageState.SENT


@dataclass(frozen=True, slots=True)
class Received:
    """A message from a person. `event_id` is the provider's, the same when it is delivered twice.

    `raw` is the event alone, in a form that `Receiver.read` reads again (here and below).
    """

    event_id: str
    channel: Channel
    sender: str
    text: str
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one of our messages is, by the provider's id for it. `failure` in words for people."""

    event_id: str
    provider_id: str
    state: MessageState
    raw: Mapping[str, Any]
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something this version can't read; kept as it came."""

    event_id: str
    raw: Mapping[str, Any]


Event = Received | Progress | Unknown


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request from a provider, as it came."""

    body: bytes
    headers: Mapping[str, str]  # lower-case names


class Sender(Protocol):
    # Whether `find` can tell later what became of a message whose answer was lost.
    can_be_asked: bool

    async def send(self, permit: Permit, message: Outgoing) -> Receipt:
        """Hand the message over, once. Raises a ProviderError; anything else counts as OutcomeUnknown."""
        ...

    async def find(self, message: Outgoing) -> Receipt | None:
        """What the provider knows of a message handed over earlier; None: it never arrived there."""
        ...

    async def close(self) -> None: ...


class Receiver(Protocol):
    def verify(self, request: Request, token: str) -> None:
        """Raises NotAllowed where the request is not the provider's own."""
        ...

    def read(self, request: Request) -> list[Event]:
        """Every event in the request. Raises InvalidInput where it can't be read at all."""
        ...
