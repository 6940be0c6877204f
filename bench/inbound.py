"""Messages arriving at POST /inbound/sandbox/<token>, beside pgbench committing the rows they leave behind."""

from __future__ import annotations

from collections.abc import Iterator

from bench import load
from bench.measure import SECONDS, interleaved
from bench.report import Row, rates
from bench.world import REGULARS, World

PLAIN = "Thanks, see you tomorrow|What time do you open on Saturday?|Is the blue one back in stock?"
TARGET = 0.25
CONNECTIONS = (1, 8)
BESIDE = "pgbench committing the same rows"


def measure(world: World) -> Iterator[Row]:
    _warm_up(world)
    for number in CONNECTIONS:
        target = TARGET if number == 8 else None
        yield rates(
            f"Inbound, plain, {_connections(number)}",
            BESIDE,
            interleaved(lambda: limit(world, "plain.sql", number), lambda: plain(world, number)),  # noqa: B023
            target,
        )
    for number in CONNECTIONS:
        target = TARGET if number == 8 else None
        yield rates(
            f"Inbound, STOP, {_connections(number)}",
            BESIDE,
            interleaved(lambda: limit(world, "stop.sql", number), lambda: stop_alone(world, number)),  # noqa: B023
            target,
        )
    yield rates(
        "Inbound, STOP, 8 connections, while the worker hands the confirmations over",
        f"{BESIDE}, nobody handing over",
        interleaved(lambda: limit(world, "stop.sql", 8), lambda: stop(world, 8)),
    )


def limit(world: World, script: str, clients: int, seconds: int = SECONDS) -> float:
    try:
        return load.pgbench(
            world.database_url,
            script,
            clients,
            seconds,
            account=str(world.business.account_id),
            connection=str(world.business.connection_id),
            run=world.run(),
            first=0,
            people=REGULARS,
            n=0,
        ).per_second
    finally:
        world.forget_queue()


def plain(world: World, connections: int, seconds: int = SECONDS) -> float:
    words = {"order": "random", "texts": PLAIN, "first": 0, "people": REGULARS}
    return load.wrk(world.inbound, "inbound.lua", connections, seconds, run=world.run(), **words).per_second


def stop(world: World, connections: int, seconds: int = SECONDS) -> float:
    """Everybody stops once: contacts who never did before."""
    left = world.business.people - world.next_fresh
    words = {"order": "once", "texts": "STOP", "first": world.next_fresh, "people": left}
    found = load.wrk(world.inbound, "inbound.lua", connections, seconds, run=world.run(), **words)
    world.stopped(found.requests + connections)  # those on their way when wrk stopped counting
    world.settle()
    return found.per_second


def stop_alone(world: World, connections: int) -> float:
    """As `stop`, with the worker held still: what the door alone can take."""
    worker = world.worker
    worker.suspend()
    try:
        left = world.business.people - world.next_fresh
        words = {"order": "once", "texts": "STOP", "first": world.next_fresh, "people": left}
        found = load.wrk(world.inbound, "inbound.lua", connections, SECONDS, run=world.run(), **words)
        world.stopped(found.requests + connections)
    finally:
        world.forget_queue()
        worker.resume()
    return found.per_second


def _warm_up(world: World) -> None:
    for script in ("plain.sql", "stop.sql"):
        limit(world, script, 8, seconds=1)
    plain(world, 8, seconds=1)
    stop(world, 8, seconds=1)


def _connections(number: int) -> str:
    return f"{number} connection{'' if number == 1 else 's'}"
