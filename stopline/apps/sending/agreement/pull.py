"""The provider's list, batch by batch: what it holds and we don't becomes ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import structlog
from django.db import connection as database
from django.db import transaction
from django.db.utils import OperationalError
from psycopg.errors import LockNotAvailable

from stopline.apps.accounts import sql
from stopline.apps.consent import erasure, subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.consent.models import Subscription
from stopline.apps.consent.subscription import Key, Mark
from stopline.apps.contacts.models import Contact
from stopline.apps.sending.agreement import queries
from stopline.apps.sending.models import ProviderOptOut
from stopline.providers.errors import OutcomeUnknown, TryLater
from stopline.providers.registry import PROVIDERS
from stopline.rules import addresses, consent
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CHANNELS, AddressKind, Channel, Source, Standing

if TYPE_CHECKING:
    from datetime import datetime

    from stopline.apps.sending.agreement.run import Run
    from stopline.providers.base import Listed

BATCH = 500
PATIENCE = 60  # seconds for the next batch of a list
APART = 600  # seconds that a provider's clock may be behind ours
log = structlog.get_logger(__name__)


def everything(run: Run) -> bool:
    """Whether the whole list was read; False also where the provider has none. Raises ProviderErrors."""
    if not run.agreement.lists:
        return False
    listed = run.agreement.listed(run.way)
    while batch := _next(run, listed):
        run.comparison.listed += len(batch)
        _take(run, batch)
        run.comparison.save()  # seen while a long list is read
        if run.stopping():
            raise TryLater("Stopline was stopped meanwhile and goes on at the next comparison.")
    return True


def _next(run: Run, listed: AsyncIterator[Listed]) -> list[Listed]:
    async def some() -> list[Listed]:
        found: list[Listed] = []
        async for each in listed:
            found.append(each)
            if len(found) == BATCH:
                break
        return found

    try:
        return run.loop.run(asyncio.wait_for(some(), PATIENCE))
    except (TimeoutError, OutcomeUnknown) as error:  # reading twice harms nobody
        raise TryLater("The provider's list can't be read just now.") from error


def _take(run: Run, batch: Sequence[Listed]) -> None:
    sinces = _readable(run, batch)
    erased = _erased(run, sinces)
    held = _seen(run, {key: since for key, since in sinces.items() if key not in erased})
    ours = subscription.of(run.connection.account_id, held)
    fresh = [key for key in held if _is_news(ours[key], held[key])]
    if fresh:
        _make_ours(run, fresh)


def _readable(run: Run, batch: Sequence[Listed]) -> dict[Key, datetime | None]:
    """In our form, with when they opted out there. One bad address never sinks a run: it is counted."""
    country = run.connection.account.default_country
    found: dict[Key, datetime | None] = {}
    for channel, address, since in batch:
        try:
            phone = CHANNELS[channel].address_kind is AddressKind.PHONE
            plain = addresses.phone(address, country) if phone else addresses.email(address)
        except InvalidInput:
            run.comparison.unreadable += 1
            continue
        found[channel.value, plain] = _latest(found.get((channel.value, plain)), since)
    return found


def _latest(*sinces: datetime | None) -> datetime | None:
    """A service keeps several lists (bounces, complaints, unsubscribes): the last word counts."""
    return max((each for each in sinces if each), default=None)


def _erased(run: Run, keys: Iterable[Key]) -> set[Key]:
    """Those whose person asked to be forgotten: they are unsubscribed under their hash, and are not written down."""
    account = run.connection.account_id
    keys = list(keys)
    hashes = {address: erasure.hashed(account, address) for _, address in keys}
    rows = subscription.kept(account, hashes.values())
    return {(channel, address) for channel, address in keys if _stopped(rows.get((channel, hashes[address])))}


def _stopped(row: Subscription | None) -> bool:
    return row is not None and row.standing == Standing.UNSUBSCRIBED


def _seen(run: Run, sinces: Mapping[Key, datetime | None]) -> dict[Key, datetime]:
    with database.cursor() as cursor:
        cursor.execute(
            queries.SEEN,
            {
                **run.key,
                "channels": [channel for channel, _ in sinces],
                "addresses": [address for _, address in sinces],
                "sinces": list(sinces.values()),
                "now": run.now,
                "settled": run.settled,
                "apart": APART,
            },
        )
        return {(channel, address): since for channel, address, since in cursor.fetchall()}


def _is_news(ours: Subscription, held_since: datetime) -> bool:
    """Not ours yet, and not one that we lifted after we knew of it, or after it came about."""
    if ours.standing == Standing.UNSUBSCRIBED:
        return False
    lifted = ours.standing == Standing.SUBSCRIBED and ours.since is not None and ours.since > held_since
    return not lifted


def _make_ours(run: Run, keys: Sequence[Key]) -> None:
    """Where a hand-off in flight holds one of them too long, they wait for the next run."""
    account, label = run.connection.account, PROVIDERS[run.connection.provider].label
    people = _people(run, keys)
    reason = f"On {label}'s list of opt-outs."
    evidence = {"provider": run.connection.provider, "how": f"Compared with {run.connection.name}"}
    marks = {}
    for channel, address in keys:
        whose = people.get(address)
        scope = consent.stop_scope(
            Channel(channel), address, whose.addresses if whose else {}, everything=account.stop_everything
        )
        for other, reached in scope:
            marks[other.value, reached] = Mark(
                other, reached, whose.id if whose else None, reason, {**evidence, "channel": channel}
            )
    try:
        with transaction.atomic():
            changes = subscription.unsubscribe_each(
                account.id, marks.values(), source=Source.PROVIDER, actor=Actor.system(label)
            )
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        log.info("agreement.address_busy", connection=str(run.connection.id))
        return
    run.comparison.taken += len({(change.channel, change.address) for change in changes} & set(keys))
    _note(run, keys)


def _people(run: Run, keys: Sequence[Key]) -> dict[str, Contact]:
    mine = Contact.objects.filter(account_id=run.connection.account_id).defer("search", "notes")
    wanted = {address for _, address in keys}
    found: dict[str, Contact] = {}
    for column in ("phone", "email"):
        those = mine.filter(sql.one_of(column, wanted))
        found |= {str(getattr(each, column)): each for each in those}
    return found


def _note(run: Run, keys: Sequence[Key]) -> None:
    for channel in {channel for channel, _ in keys}:
        ProviderOptOut.objects.filter(
            sql.one_of("address", [address for each, address in keys if each == channel]),
            account_id=run.connection.account_id,
            connection_id=run.connection.id,
            channel=channel,
        ).update(done=ProviderOptOut.Done.TAKEN, done_at=run.now)
