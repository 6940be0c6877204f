"""The promise on a bad day, with many messages: people say STOP while a broadcast leaves and something goes wrong.

Each time the gateway's own receipts and the ledger testify: nothing after an acknowledged STOP, nothing twice, nothing
lost, nothing unknown (the sandbox can be asked). What tests/promise proves with fewer, in the same words.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psutil
from django.db import connection as database

from bench import leak
from bench.broadcasts import second_worker
from bench.crowd import Crowd, until
from bench.gateway import Far
from bench.measure import SCALE, scaled
from bench.report import Row
from bench.world import World
from stopline.providers.sandbox.receipts import SandboxReceipt
from tests.promise import witness
from tests.promise.skewed import WORKS_HERE, SkewedClock

NUMBER = scaled(50_000)
SECONDS = max(2.0, 20 * SCALE)  # over which people say STOP: about as long as so many messages take to leave
PAST_LEASE = 33.0  # seconds; longer than handover.LEASE, and than the server lets a transaction sit idle
HANGS = 20.0  # seconds; twice what a provider may take to answer
STATES = "SELECT state, count(*) FROM sending_message WHERE broadcast_id = %s GROUP BY state"

Happens = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """`around` prepares it, hands out what happens in the middle of a broadcast, and clears up."""

    name: str
    around: Callable[[World, Far], contextlib.AbstractContextManager[Happens]]
    moment: Callable[[SandboxReceipt], int] = lambda receipt: receipt.started_ns


def measure(world: World) -> Iterator[Row]:
    """The installation runs with the gateway's STOPLINE_SANDBOX_URL."""
    for fault in FAULTS:
        if fault.around is _worker_frozen and not WORKS_HERE:
            yield Row(f"Consent leak, SMS, {fault.name}", "not run: libfaketime is for Linux")
            continue
        with fault.around(world, world.far) as happens:
            yield _row(world, world.far, fault, happens)


def _row(world: World, far: Far, fault: Fault, happens: Happens) -> Row:
    crowd = Crowd.of(world, NUMBER)
    way = crowd.connect("sms", "sandbox")

    def stop_slowly(n: int) -> witness.OptOut:
        found = leak.stop(crowd, way)(n)
        time.sleep(SECONDS * leak.AT_ONCE / leak.UNSUBSCRIBES)
        return found

    broadcast, opt_outs = leak.during(crowd, way, "sms", stop_slowly, happens)
    world.settle()
    receipts = far.receipts(way.token)
    last = leak.last_after(crowd, receipts, opt_outs, fault.moment)
    told = f"{leak.refused(world, broadcast)}; {_proved(crowd, broadcast, receipts)}"
    return leak.row(f"Consent leak, SMS, {fault.name}", last, told)


def _proved(crowd: Crowd, broadcast: Any, receipts: list[SandboxReceipt]) -> str:
    """Where all of them are. Raises AssertionError where one was lost or left twice, or the ledger disagrees."""
    with crowd.world.database() as asked:
        states = dict(asked.execute(STATES, [broadcast.id]).fetchall())
    handed_over = sum(each.text != crowd.member.account.confirmation_text for each in receipts)
    assert sum(states.values()) == crowd.people, states
    assert set(states) <= {"sent", "delivered", "refused"}, states
    assert handed_over == crowd.people - states["refused"], (handed_over, states)
    assert witness.handed_over_twice(receipts) == []
    verified = crowd.world.copy.run("ledger", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    return f"{handed_over:,} handed over, none twice; ledger and subscriptions agree"


@contextlib.contextmanager
def _worker_killed(world: World, _far: Far) -> Iterator[Happens]:
    yield world.worker.kill


@contextlib.contextmanager
def _database_killed(world: World, _far: Far) -> Iterator[Happens]:
    def happens() -> None:
        world.copy.part("postgres").kill()
        database.close()  # ours is as dead as everybody's

    yield happens


@contextlib.contextmanager
def _worker_frozen(world: World, far: Far) -> Iterator[Happens]:
    """One of two, whose clock jumps a day ahead before it is frozen, and two days back while it is."""
    clock = SkewedClock(world.copy.data / "clock")
    with second_worker(world, **clock.environment) as process:
        odd = psutil.Process(process.pid)

        def happens() -> None:
            clock.jump("+1d")
            until(far.ahead, "handing over by that clock", 60)
            odd.suspend()
            try:
                clock.jump("-1d")
                time.sleep(PAST_LEASE)
            finally:
                odd.resume()

        yield happens


@contextlib.contextmanager
def _provider_hangs(_world: World, far: Far) -> Iterator[Happens]:
    def happens() -> None:
        far.order("hang")
        time.sleep(HANGS)
        far.order("go")

    yield happens


FAULTS = (
    Fault("the worker killed on the way (kill -9)", _worker_killed),
    Fault("PostgreSQL killed on the way (kill -9)", _database_killed),
    Fault(
        "one of two workers frozen past its lease (SIGSTOP), its clock jumping",
        _worker_frozen,
        # Its own clock can't be believed; when the gateway got it is the later of the two.
        lambda receipt: receipt.received_ns,
    ),
    Fault("the provider hanging on the way", _provider_hangs),
)
