"""python -m bench [WORKLOAD …]: run them all, or those named; print the table and write bench/results.md.

STOPLINE_BENCH_SCALE=0.1 makes a smoke run: everything once and briefly, printed and not written.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping

from bench import (
    adapters,
    broadcasts,
    contacts_page,
    faults,
    gateway,
    handover,
    http_sink,
    inbound,
    leak,
    live,
    machine,
    measure,
    memory,
    million,
    people,
    report,
    unsubscribe,
)
from bench.installation import LOOPBACK, QUIET, database, installation, running
from bench.report import Row
from bench.world import PEOPLE, World
from tests.doors.cli.copies import Copy

WORKLOADS = {
    "adapters": adapters,
    "contacts": contacts_page,
    "inbound": inbound,
    "unsubscribe": unsubscribe,
    "live": live,
    "handover": handover,
    "memory": memory,
    "leak": leak,
    "faults": faults,
    "broadcasts": broadcasts,
    "million": million,
}
ALONE = ("adapters",)  # measured without an installation
# Those measured in one start, and the environment of it. Memory begins with a fresh start; a million comes last.
STARTS: tuple[tuple[tuple[str, ...], dict[str, str]], ...] = (
    (("contacts", "inbound", "unsubscribe", "live"), {}),
    (("handover",), QUIET),
    (("memory",), {}),
    (("leak",), QUIET | LOOPBACK),
    (("faults",), QUIET),
    (("broadcasts",), QUIET | LOOPBACK),
    (("million",), QUIET | LOOPBACK),
)
BY_SINK = ("broadcasts", "million")  # their texts go to bench.http_sink
BY_GATEWAY = ("faults",)  # theirs to bench.gateway


def main(names: Iterable[str]) -> None:
    wanted = list(names) or list(WORKLOADS)
    if unknown := set(wanted) - set(WORKLOADS):
        sys.exit(f"There is no workload {', '.join(sorted(unknown))}. Name some of: {', '.join(WORKLOADS)}.")
    busy = machine.load_before()
    whole = measure.SCALE >= 1 and len(wanted) == len(WORKLOADS)
    rows: list[Row] = []
    described: list[tuple[str, str]] = []
    for row in _rows(wanted, described):
        rows.append(row)
        if whole:  # after each, so that half an hour isn't lost with its last minute
            report.write(rows, described, _warning(busy))
    print(f"\n{report.table(rows)}")
    if whole:
        print("\nWritten to bench/results.md")


def _rows(wanted: Iterable[str], described: list[tuple[str, str]]) -> Iterator[Row]:
    yield from _measured(None, [name for name in ALONE if name in wanted])
    starts = [([name for name in those if name in wanted], environment) for those, environment in STARTS]
    if any(chosen for chosen, _ in starts):
        yield from _installed(starts, described)


Starts = Iterable[tuple[list[str], dict[str, str]]]


def _installed(starts: Starts, described: list[tuple[str, str]]) -> Iterator[Row]:
    """`described` is filled with what the machine is."""
    with installation() as copy, http_sink.running() as sink, gateway.running() as far:
        os.environ["STOPLINE_SANDBOX_URL"] = sink.url
        for chosen, environment in starts:
            if chosen:
                with running(copy, environment | _texts(chosen, sink, far)):
                    world = _world(copy, environment | _texts(chosen, sink, far), far)
                    described[:] = described or machine.describe(world.database(), copy.data)
                    yield from _measured(world, chosen)


def _texts(chosen: Iterable[str], sink: http_sink.HttpSink, far: gateway.Far) -> dict[str, str]:
    """Where their texts go: by default to the sandbox's gateway in the web process."""
    if set(chosen) & set(BY_SINK):
        return {"STOPLINE_SANDBOX_URL": sink.url}
    return {"STOPLINE_SANDBOX_URL": far.url} if set(chosen) & set(BY_GATEWAY) else {}


def _world(copy: Copy, environment: Mapping[str, str], far: gateway.Far) -> World:
    with database(copy) as connection:
        business = people.set_up(connection, max(20_000, measure.scaled(PEOPLE)))
        return World(copy, business, far, environment)


def _measured(world: World | None, names: Iterable[str]) -> Iterator[Row]:
    for name in names:
        started = time.monotonic()
        print(f"{name} …", flush=True)
        for row in WORKLOADS[name].measure(world):
            print(f"  {row.line}", flush=True)
            yield row
        print(f"  {time.monotonic() - started:.0f} s", flush=True)


def _warning(busy: float) -> str:
    if busy < machine.BUSY:
        return ""
    return f"**The machine was busy with something else when this began (load {busy:.1f}): measure again.**"


main(sys.argv[1:])
