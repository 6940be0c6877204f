"""Which connection takes a message: by its channel, and by how the number begins."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from stopline.apps.accounts import live
from stopline.apps.accounts.members import require_admin
from stopline.apps.sending.models import Connection, Message, Route, Stream
from stopline.rules.errors import InvalidInput, NotFound
from stopline.rules.words import CHANNELS, CONSENT_CHANNELS, AddressKind, Channel, MessageState

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Member

PREFIX = re.compile(r"\+[1-9]\d{0,6}")
AT_ONCE = 1_000  # messages given to another connection in one statement
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ways:
    """An account's ways out, read once."""

    routes: Sequence[Route]
    connections: Sequence[Connection]  # the oldest first

    @classmethod
    def of(cls, account_id: UUID) -> Ways:
        mine = Connection.objects.filter(account_id=account_id).defer("credentials")
        routes = Route.objects.filter(account_id=account_id)
        return cls(list(routes), list(mine.order_by("created_at", "id")))

    def to(self, channel: str, address: str = "") -> Connection | None:
        """By the route with the longest fitting prefix; without one the oldest connection, active ones first.

        A route leads to its connection also while that is paused: its messages wait rather than leave from
        another number.
        """
        fitting = [
            each for each in self.routes if each.channel == channel and address.startswith(each.prefix)
        ]
        if fitting:
            wanted = max(fitting, key=lambda route: len(route.prefix)).connection_id
            return next((each for each in self.connections if each.id == wanted), None)
        carrying = [each for each in self.connections if channel in each.channels]
        active = (each for each in carrying if each.state == Connection.State.ACTIVE)
        return next(active, None) or next(iter(carrying), None)

    def prefixes(self, channel: str) -> list[str]:
        """How addresses may begin for which `to` differs, the longest first; the last fits every address."""
        begins = {each.prefix for each in self.routes if each.channel == channel}
        return sorted(begins | {""}, key=len, reverse=True)


def put(by: Member, channel: str, prefix: str, connection_id: UUID) -> Route:
    """From now on messages of the channel to numbers that begin so leave there; "" is every other address.

    Replaces the route there was. Raises NotAllowed for agents, InvalidInput, NotFound.
    """
    require_admin(by, "change routes")
    known = _channel(channel)
    begins = _prefix(known, prefix)
    connection = Connection.objects.filter(account_id=by.account_id, id=connection_id).first()
    if connection is None:
        raise NotFound("This connection doesn't exist (any more)", "Choose another one")
    if known not in connection.channels:
        raise InvalidInput(f"{connection.name} doesn't carry {known.label}", "Choose one that does")
    route, _ = Route.objects.update_or_create(
        account_id=by.account_id, channel=known, prefix=begins, defaults={"connection_id": connection.id}
    )
    live.announce(by.account_id, "connections")
    return route


def remove(by: Member, channel: str, prefix: str) -> None:
    """What is queued stays where it is. Raises NotAllowed for agents, NotFound."""
    require_admin(by, "change routes")
    found = Route.objects.filter(account_id=by.account_id, channel=channel, prefix=prefix)
    if not found.delete()[0]:
        raise NotFound("This route doesn't exist (any more)", "Reload the list of channels")
    live.announce(by.account_id, "connections")


def hand_on(account_id: UUID, connection_id: UUID, channels: Collection[str] = ()) -> int:
    """Gives what a connection has queued (on `channels`, or all of it) to others; how many messages that were.

    What no other connection carries stays and waits. In batches, so that a long queue locks nothing for long.
    """
    ways = Ways.of(account_id)
    carried = {channel for each in ways.connections if each.id != connection_id for channel in each.channels}
    queued = Message.objects.filter(
        account_id=account_id,
        connection_id=connection_id,
        state=MessageState.QUEUED,
        channel__in=carried & set(channels) if channels else carried,
    )
    moved, last = 0, UUID(int=0)
    while batch := list(
        queued.filter(id__gt=last).order_by("id").values_list("id", "channel", "address")[:AT_ONCE]
    ):
        last = batch[-1][0]
        by_target: dict[UUID, list[UUID]] = {}
        for message_id, channel, address in batch:
            if (to := ways.to(channel, address)) and to.id != connection_id:
                by_target.setdefault(to.id, []).append(message_id)
        # `queued` again: a worker may have taken one meanwhile.
        moved += sum(_give(queued.filter(id__in=ids), to) for to, ids in by_target.items())
    if moved:
        live.announce(account_id, "outbox", "streams", "connections")
    return moved


def _give(messages: QuerySet[Message], to: UUID) -> int:
    """To another connection; those of broadcasts with a stream to leave by, as fast and in the state that theirs is."""
    names = ("account_id", "broadcast_id", "channel", "connection_id")
    theirs = Exists(messages.filter(**{name: OuterRef(name) for name in names}))
    with transaction.atomic():
        # Locked: a broadcast that is paused or cancelled meanwhile finds both streams, or we find its new state.
        for stream in Stream.objects.select_for_update(of=("self",)).filter(theirs).order_by(*names):
            _join(stream, to)
        return messages.update(connection_id=to)


def _join(stream: Stream, to: UUID) -> None:
    mine = {"account_id": stream.account_id, "broadcast_id": stream.broadcast_id, "channel": stream.channel}
    like = {"state": stream.state, "window": stream.window, "rate": stream.rate}
    joined, made = Stream.objects.get_or_create(**mine, connection_id=to, defaults=like)
    if not made and joined.state != stream.state:
        Stream.objects.filter(pk=joined.pk).update(state=stream.state, free_at=Now())


def take_over() -> int:
    """Looks after what still waits for removed connections. Called by the worker every few seconds.

    A message that was on its way when its connection was removed may come back to the queue afterwards, and
    what no connection carried has a way out as soon as one is added.
    """
    waiting = Message.objects.filter(
        account_id=OuterRef("account_id"), connection_id=OuterRef("id"), state=MessageState.QUEUED
    )
    gone = Connection.ever.filter(Exists(waiting), state=Connection.State.REMOVED)
    return sum(hand_on(*pair) for pair in gone.values_list("account_id", "id"))


def _channel(name: str) -> Channel:
    if name not in list(CONSENT_CHANNELS):
        raise InvalidInput(f"There is no channel “{name[:40]}”", "Choose one from the list")
    return Channel(name)


def _prefix(channel: Channel, text: str) -> str:
    prefix = re.sub(r"[\s()-]", "", text)
    if not prefix:
        return ""
    if CHANNELS[channel].address_kind is not AddressKind.PHONE:
        raise InvalidInput(f"{channel.label} has no numbers", "Leave the beginning empty")
    if prefix.startswith("00"):
        prefix = f"+{prefix[2:]}"
    if not PREFIX.fullmatch(prefix):
        raise InvalidInput(
            f"“{text[:20]}” is not how an international number begins",
            "Write + and the country code, like +49, or more digits, up to seven",
        )
    return prefix
