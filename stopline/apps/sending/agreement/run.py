"""One comparison of a connection's opt-outs with its provider's: pull, decide, push.

Ours always wins. An opt-out of theirs becomes ours; an opt-in of theirs lifts nothing; ours is lifted there only
after we resubscribed. What was pulled or pushed stays so when a run ends early, and the next goes on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from stopline.apps.accounts import live
from stopline.apps.accounts.members import require_admin
from stopline.apps.accounts.models import Member
from stopline.apps.sending import connections
from stopline.apps.sending.agreement import pull, push, queries
from stopline.apps.sending.models import Comparison, Connection
from stopline.providers.base import Agreement, Way
from stopline.providers.errors import ProviderError
from stopline.providers.registry import PROVIDERS
from stopline.rules.errors import StoplineError
from stopline.rules.words import CARRIER_CHANNELS

TASK = "stopline.agree"
SETTLE = timedelta(minutes=10)  # how long a provider's list may lag behind what we told it
KEPT_FOR = timedelta(days=30)  # what was done stays visible
AGREEMENT = "agreement"  # the live topic
log = structlog.get_logger(__name__)


@dataclass
class Run:
    """What both halves need; `comparison` is what people will read of it."""

    connection: Connection
    agreement: Agreement
    way: Way
    loop: asyncio.Runner
    now: datetime
    comparison: Comparison
    stopping: Callable[[], bool]
    key: dict[str, UUID] = field(init=False)

    def __post_init__(self) -> None:
        self.key = {"account": self.connection.account_id, "connection": self.connection.id}

    @property
    def settled(self) -> datetime:
        return self.now - SETTLE


def comparable(connection: Connection) -> bool:
    """Whether its provider has anything to compare or to be told."""
    return PROVIDERS[connection.provider].agreement is not None


def ask(connection: Connection) -> None:
    """Has a worker compare, soon. Asked twice, it is done once."""
    Comparison.objects.update_or_create(
        account_id=connection.account_id, connection_id=connection.id, defaults={"asked_at": timezone.now()}
    )
    name = f"agree:{connection.id}"
    try:
        with transaction.atomic():
            app.configure_task(TASK, queueing_lock=name, lock=name).defer(
                account_id=str(connection.account_id), connection_id=str(connection.id)
            )
    except AlreadyEnqueued:
        log.debug("agreement.already_enqueued", connection=str(connection.id))


def ask_all() -> int:
    """Every connection of every account; how many."""
    asked = [each for each in Connection.objects.all() if comparable(each)]
    for each in asked:
        ask(each)
    return len(asked)


def compare_now(by: Member) -> int:
    """Raises NotAllowed for agents."""
    require_admin(by, "compare opt-outs")
    asked = [each for each in by.account.connections.all() if comparable(each)]
    for each in asked:
        ask(each)
    live.announce(by.account_id, AGREEMENT)
    return len(asked)


def run(
    account_id: UUID, connection_id: UUID, stopping: Callable[[], bool] = lambda: False
) -> Comparison | None:
    """Compares now. None where the connection is gone or has nothing to compare; what went wrong is in `problem`."""
    found = (
        Connection.objects.select_related("account").filter(account_id=account_id, id=connection_id).first()
    )
    make = PROVIDERS[found.provider].agreement if found else None
    if found is None or make is None:
        return None
    comparison, _ = Comparison.objects.get_or_create(account_id=account_id, connection_id=connection_id)
    _begin(comparison)
    try:
        with asyncio.Runner() as loop:
            agreement = make()
            try:
                now = timezone.now()
                _compare(Run(found, agreement, connections.way(found), loop, now, comparison, stopping))
            finally:
                loop.run(agreement.close())
    except (ProviderError, StoplineError) as error:
        comparison.problem = str(error)
    except Exception:  # a fault of an adapter must not keep the others' opt-outs from being compared
        log.exception("agreement.failed", connection=str(connection_id), provider=found.provider)
        comparison.problem = "It could not be compared; the worker's log has the details."
    comparison.save()
    live.announce(account_id, AGREEMENT)
    return comparison


def _begin(comparison: Comparison) -> None:
    comparison.started_at, comparison.problem = timezone.now(), ""
    comparison.listed = comparison.unreadable = 0
    comparison.taken = comparison.added = comparison.removed = 0
    comparison.save()
    live.announce(comparison.account_id, AGREEMENT)


def _compare(this: Run) -> None:
    """A list that breaks off half-way says nothing of what it doesn't hold, so pushing doesn't wait for it."""
    broken: ProviderError | None = None
    try:
        whole = pull.everything(this)
    except ProviderError as error:
        whole, broken = False, error
    _decide(this, whole)
    push.everything(this)
    _decide(this, whole=False)
    with database.cursor() as cursor:
        cursor.execute(queries.TIDY, {**this.key, "old": this.now - KEPT_FOR})
    if broken:
        raise broken
    this.comparison.finished_at = timezone.now()


def _decide(this: Run, whole: bool) -> None:
    words: dict[str, Any] = {
        **this.key,
        "started": this.now,
        "settled": this.settled,
        "channels": list(this.connection.channels),
        "carriers": [channel.value for channel in CARRIER_CHANNELS],
        "adds": this.agreement.adds,
        "removes": this.agreement.removes,
    }
    with database.cursor() as cursor:
        if whole:
            cursor.execute(queries.GONE, words)
        cursor.execute(queries.MEET, words)
        cursor.execute(queries.DECIDE, words)
