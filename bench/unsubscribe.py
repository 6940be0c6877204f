"""One unsubscribe with its ledger entry, by the verb and by the dialog, beside pgbench committing the same two rows."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench import load
from bench.measure import SECONDS, interleaved
from bench.people import phone
from bench.report import Row, rates
from bench.world import World

TARGET = 0.4
BESIDE = "pgbench committing the same rows"


def measure(world: World) -> Iterator[Row]:
    _verb(world, 0.5)
    pair = interleaved(lambda: _limit(world), lambda: _verb(world, SECONDS))
    yield rates("Unsubscribe, the verb, one after the other", BESIDE, pair, TARGET)
    pair = interleaved(lambda: _limit(world), lambda: _dialog(world))
    yield rates("Unsubscribe, the page's dialog, one after the other", BESIDE, pair)


def _limit(world: World) -> float:
    business = world.business
    known = {"account": str(business.account_id), "member": str(business.admin.id)}
    return load.pgbench(
        world.database_url, "unsubscribe.sql", 1, SECONDS, run=world.run(), n=0, **known
    ).per_second


def _verb(world: World, seconds: float) -> float:
    from stopline.apps.consent import subscription
    from stopline.apps.consent.actors import Actor
    from stopline.rules.words import Source

    actor, whose, run = Actor.member(world.business.admin), world.business.regular(0), world.run()
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        changes = subscription.unsubscribe(
            world.business.account_id,
            [("sms", f"+{run}{done:07}")],
            source=Source.ADMIN,
            actor=actor,
            reason="Asked on the phone",
            contact_id=whose,
        )
        done += len(changes)
    return done / (time.perf_counter() - started)


def _dialog(world: World) -> float:
    token = world.form_token  # comes with a cookie, so it comes first
    words = {"cookies": world.cookies, "token": token}
    first, left = world.next_fresh, world.business.people - world.next_fresh
    url = f"{world.address}/contacts/unsubscribe/"
    found = load.wrk(url, "unsubscribe.lua", 1, SECONDS, first=first, people=left, **words)
    world.stopped(found.requests + 1)
    _check(world, phone(first + 1))  # wrk has one made beforehand, to look at it, and doesn't send it
    return found.per_second


def _check(world: World, address: str) -> None:
    """A page that says no in friendly words is no unsubscribe."""
    query = "SELECT standing FROM consent_subscription WHERE channel = 'sms' AND address = %s"
    with world.database() as database:
        row = database.execute(query, [address]).fetchone()
    assert row == ("unsubscribed",), row
