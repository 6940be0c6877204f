"""Where Stopline and a provider differ, for people: per connection, per address, with what will be done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, When
from django.utils import timezone

from stopline.apps.accounts import sql
from stopline.apps.accounts.models import Account
from stopline.apps.consent.subscription import Key
from stopline.apps.sending.models import Comparison, Connection, ProviderOptOut
from stopline.providers.registry import PROVIDERS
from stopline.rules.lasting import on_a_list
from stopline.rules.words import CONSENT_CHANNELS

Todo = ProviderOptOut.Todo
LATELY = timedelta(days=7)
OURS = (
    Todo.ADD,
    Todo.OURS_ONLY,
)  # unsubscribed here, not opted out there; the others are the other way round


class State(StrEnum):
    """Where a comparison stands. The values are words for people."""

    NEVER = "Not compared yet"
    WAITING = "Waiting for a worker"
    RUNNING = "Comparing now"
    BROKEN = "Not finished"
    DONE = "Compared"


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a provider can do about opt-outs, and how that is told."""

    lists: bool = False
    adds: bool = False
    removes: bool = False

    @property
    def any(self) -> bool:
        return self.lists or self.adds

    def told(self, label: str) -> str:
        if not self.any:
            return (
                f"{label} has no list of opt-outs that Stopline could read or change, so there is nothing to compare. "
                "An opt-out that it reports or refuses a message for becomes ours at once."
            )
        reads = (
            f"Stopline reads {label}’s list of opt-outs; whoever is on it is unsubscribed here, too."
            if self.lists
            else f"{label} can’t list who has opted out there; it reports each opt-out when it happens."
        )
        tells = (
            "Unsubscribes made here are added there."
            if self.adds
            else "It takes no opt-outs from us; Stopline refuses to send by itself."
        )
        lifts = (
            "After a resubscribe here the address is taken off there."
            if self.removes
            else "After a resubscribe here it goes on refusing until the contact opts in there."
        )
        return f"{reads} {tells} {lifts}"


@dataclass(frozen=True, slots=True)
class Difference:
    """`ours` and `theirs` whether the address is opted out here and there."""

    row: ProviderOptOut
    ours: bool
    theirs: bool


@dataclass(frozen=True, slots=True)
class Compared:
    connection: Connection
    label: str
    abilities: Abilities
    comparison: Comparison
    state: State
    differs: int


def abilities(provider: str) -> Abilities:
    make = PROVIDERS[provider].agreement
    if make is None:
        return Abilities()
    able = make()
    return Abilities(able.lists, able.adds, able.removes)


def of(account: Account) -> list[Compared]:
    """Every connection that keeps subscriptions, the oldest first."""
    mine = [each for each in account.connections.order_by("created_at", "id") if _concerned(each)]
    last = {each.connection_id: each for each in Comparison.objects.filter(account_id=account.id)}
    differs = dict(
        _differing(account.id).values_list("connection_id").annotate(count=Count("address")).order_by()
    )
    return [_compared(each, last.get(each.id), differs.get(each.id, 0)) for each in mine]


def page(connection: Connection, size: int, after: Key | None = None) -> list[Difference]:
    """The next `size` of a connection's differences behind `after`, by channel and address."""
    rows = _differing(connection.account_id).filter(connection_id=connection.id)
    if after:
        channel, address = after
        rows = rows.filter(Q(channel__gt=channel) | Q(channel=channel, address__gt=address))
    return [
        Difference(row, ours=row.todo in OURS, theirs=row.todo not in OURS)
        for row in rows.order_by("channel", "address")[:size]
    ]


def settled(account: Account, most: int) -> QuerySet[ProviderOptOut]:
    """What was done in the last week; what changed here first, then what changed there, each newest first."""
    done = ProviderOptOut.objects.filter(account_id=account.id, done_at__gte=timezone.now() - LATELY)
    here = Case(When(done=ProviderOptOut.Done.TAKEN, then=0), default=1)
    return done.select_related("connection").order_by(here, "-done_at", "channel", "address")[:most]


def after_resubscribe(account_id: UUID, keys: Collection[Key]) -> dict[Key, list[str]]:
    """What a resubscribe of these meets at the providers that hold them as opted out; nothing where none does."""
    held = ProviderOptOut.objects.filter(
        sql.one_of("address", {address for _, address in keys}), account_id=account_id, held=True
    )
    told: dict[Key, list[str]] = {}
    for row in held.select_related("connection"):
        if (row.channel, row.address) in keys and row.connection.state != Connection.State.REMOVED:
            removes = abilities(row.connection.provider).removes
            told.setdefault((row.channel, row.address), []).append(on_a_list(row.connection.name, removes))
    return told


def _concerned(connection: Connection) -> bool:
    return bool(set(connection.channels) & set(CONSENT_CHANNELS))


def _differing(account_id: UUID) -> QuerySet[ProviderOptOut]:
    return ProviderOptOut.objects.filter(account_id=account_id).exclude(todo=Todo.NOTHING)


def _compared(connection: Connection, comparison: Comparison | None, differs: int) -> Compared:
    last = comparison or Comparison(account_id=connection.account_id, connection_id=connection.id)
    return Compared(
        connection,
        PROVIDERS[connection.provider].label,
        abilities(connection.provider),
        last,
        _state(last),
        differs,
    )


def _state(last: Comparison) -> State:
    if last.asked_at and (not last.started_at or last.asked_at > last.started_at):
        return State.WAITING
    if not last.started_at:
        return State.NEVER
    if last.problem:
        return State.BROKEN
    finished = last.finished_at and last.finished_at >= last.started_at
    return State.DONE if finished else State.RUNNING
