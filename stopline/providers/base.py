"""The one shape of every provider: a Sender that takes a permit, a Receiver that reads what comes back."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from uuid import UUID

from stopline.providers.errors import PermitLapsed
from stopline.rules.errors import NotFound
from stopline.rules.keywords import Intent
from stopline.rules.words import Channel, MessageState, Source

if TYPE_CHECKING:
    from stopline.providers.templates import Templates


def clock() -> float:
    """Seconds on a clock that nobody sets and that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to hand one message to a provider, issued by the gate (apps/sending/gate.py, the only place).

    Good while `deadline` (on `clock`) lies ahead and `locked` says that the lock on the subscription is still
    held. A Sender calls `check` immediately before the first byte leaves. `connection_id`: the account's connection it
    leaves through.
    """

    message_id: UUID
    attempt_id: UUID
    channel: Channel
    address: str
    connection_id: UUID
    checked_at: datetime
    deadline: float
    locked: Callable[[], bool]

    def check(self) -> None:
        if clock() >= self.deadline or not self.locked():
            raise PermitLapsed


@dataclass(frozen=True, slots=True)
class Way:
    """A connection, as its adapter sees it. What is secret never shows in a log or a traceback's repr."""

    id: UUID
    provider: str
    sender: str  # the number or mailbox people see
    settings: Mapping[str, Any]
    token: str = field(repr=False)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    webhook_url: str = field(default="", repr=False)  # as the provider calls it; signatures cover it


@dataclass(frozen=True, slots=True)
class Media:
    """A file that goes with a message: where a provider may fetch it, and its bytes for those that want them."""

    url: str
    content_type: str
    name: str
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Template:
    """A message approved beforehand (WhatsApp). `variables` by name or position, in the template's order."""

    name: str
    language: str
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a Sender needs: the message, and the connection it leaves through."""

    id: UUID
    channel: Channel
    address: str
    text: str
    way: Way
    subject: str = ""
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # of an e-mail
    media: tuple[Media, ...] = ()
    template: Template | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the message: its id there, and how far it already is."""

    provider_id: str
    state: MessageState = MessageState.SENT


@dataclass(frozen=True, slots=True)
class InboundMedia:
    """A file somebody sent: its bytes, or where the provider keeps it (fetched with `Receiver.fetch`)."""

    content_type: str
    name: str = ""
    url: str = ""
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Received:
    """A message from a person. `event_id` is the provider's, the same when it is delivered twice.

    `raw` is the event alone, in a form that `Receiver.read` reads again (here and below). `intent` is the provider's
    own reading of a STOP, START or HELP; `automatic` an auto-reply, which is never read as an opt-out.
    """

    event_id: str
    channel: Channel
    sender: str
    text: str
    raw: Mapping[str, Any]
    intent: Intent | None = None
    automatic: bool = False
    name: str = ""  # as the provider knows the person
    subject: str = ""
    html: str = ""
    reply_to: str = ""  # the provider's id of our message that this answers
    mail_id: str = ""  # an e-mail's Message-ID behind those of its thread, as our answer refers to them
    media: tuple[InboundMedia, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one of our messages is, by the provider's id for it. `failure` in words for people."""

    event_id: str
    provider_id: str
    state: MessageState
    raw: Mapping[str, Any]
    failure: str = ""


@dataclass(frozen=True, slots=True)
class OptOut:
    """The provider tells that an address must not be messaged (any more), or, with `stop` False, that the person
    themselves resumed. `source` says how it came about: provider, complaint, bounce or link.
    """

    event_id: str
    channel: Channel
    address: str
    source: Source
    reason: str  # for people
    raw: Mapping[str, Any]
    stop: bool = True
    provider_id: str = ""  # of the message it came about through, where the provider says so
    at: datetime | None = (
        None  # when they decided, where the provider says so: a late resume lifts no later stop
    )


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something this version can't read; kept as it came."""

    event_id: str
    raw: Mapping[str, Any]


Event = Received | Progress | OptOut | Unknown


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request from a provider, as it came."""

    body: bytes
    headers: Mapping[str, str]  # lower-case names
    method: str = "POST"
    query: str = ""  # behind the question mark, undecoded


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider wants to hear back, where it isn't our usual answer."""

    status: int
    body: bytes
    content_type: str = "text/plain"


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
    def verify(self, request: Request, way: Way) -> None:
        """Raises NotAllowed where the request is not the provider's own."""
        ...

    def read(self, request: Request) -> list[Event]:
        """Every event in the request. Raises InvalidInput where it can't be read at all."""
        ...

    def handshake(self, request: Request, way: Way) -> Reply | None:
        """The answer to a request that carries no event (a challenge); None for every other."""
        ...

    async def fetch(self, way: Way, media: InboundMedia) -> InboundMedia:
        """The file with its content. Raises TryLater and Misconfigured, NotFound where there is no such file."""
        ...


Take = Callable[[Way, Request], Awaitable[None]]


class Listener(Protocol):
    """A Sender whose provider calls no webhook but is listened to, over the session that messages leave by."""

    async def listen(self, way: Way, take: Take) -> None:
        """Keeps a session open until it is cancelled, and gives what comes to `take`, in a form that the Receiver
        reads. The provider is answered when `take` has returned: then it is stored. Raises Misconfigured.
        """
        ...


class SendsNoMedia:
    """For a Receiver of which no file ever waits at the provider."""

    async def fetch(self, way: Way, media: InboundMedia) -> InboundMedia:
        raise NotFound("This provider keeps no files", "Ask the contact to send it again")


class Listed(NamedTuple):
    """One line of a provider's list of opt-outs.

    `since` is when the person opted out, where the provider says so: an opt-out that is older than a resubscribe
    here doesn't undo it. Without it, whatever we first see after a resubscribe counts as a new one.
    """

    channel: Channel
    address: str
    since: datetime | None = None


class Agreement(Protocol):
    """What a provider's own list of opt-outs allows. Raises ProviderErrors as Sender does."""

    lists: bool
    adds: bool
    removes: bool

    def listed(self, way: Way) -> AsyncIterator[Listed]:
        """Everybody the provider holds as opted out."""
        ...

    async def add(self, way: Way, channel: Channel, address: str) -> None: ...

    async def remove(self, way: Way, channel: Channel, address: str) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Field:
    """One thing an admin fills in to connect a provider.

    A secret one arrives in `Way.credentials`, as text; any other in `Way.settings`: a number as int, a flag as bool,
    the rest as text. An optional one that was left empty isn't there at all.
    """

    name: str
    label: str
    help: str = ""
    secret: bool = False  # encrypted, never shown again
    required: bool = True
    kind: str = "text"  # text, url, number, flag, choice or long
    choices: tuple[tuple[str, str], ...] = ()
    initial: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """What the registry knows of an adapter."""

    label: str
    channels: tuple[Channel, ...]
    sender: Callable[[], Sender]  # made once a worker, inside its event loop
    receiver: Callable[[], Receiver]
    fields: tuple[Field, ...] = ()
    sender_label: str = "Sender"  # what `Way.sender` is called here
    sender_help: str = ""
    sender_required: bool = True
    agreement: Callable[[], Agreement] | None = None
    offered: bool = True  # whether an admin can add one
    webhook: bool = True  # whether it calls our webhook
    listens: bool = False  # whether its Sender is a Listener
    # WhatsApp: how long after the person's last message anything but an approved template is taken; None: always.
    window: timedelta | None = None
    templates: Callable[[], Templates] | None = None  # where its approved templates are listed
    largest_body: int = 1_000_000  # bytes of a request to its webhook
    thanks: Reply | None = None  # what its webhook hears when all was taken; None: our usual JSON
