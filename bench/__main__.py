"""python -m bench [WORKLOAD …]: run them all, or those named; print the table and write bench/results.md.

STOPLINE_BENCH_SCALE=0.1 makes a smoke run: everything once and briefly, printed and not written.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator

from bench import (
    adapters,
    contacts_page,
    handover,
    inbound,
    live,
    machine,
    measure,
    memory,
    people,
    report,
    unsubscribe,
)
from bench.installation import database, installation, running
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
}
ALONE = ("adapters",)  # measured without an installation
# Those measured in one start, and whether the sandbox is quiet. Memory begins with a fresh start.
STARTS = (
    (("contacts", "inbound", "unsubscribe", "live"), False),
    (("handover",), True),
    (("memory",), False),
)


def main(names: Iterable[str]) -> None:
    wanted = list(names) or list(WORKLOADS)
    if unknown := set(wanted) - set(WORKLOADS):
        sys.exit(f"There is no workload {', '.join(sorted(unknown))}. Name some of: {', '.join(WORKLOADS)}.")
    busy = machine.load_before()
    rows: list[Row] = list(_measured(None, [name for name in ALONE if name in wanted]))
    described: list[tuple[str, str]] = []
    starts = [([name for name in those if name in wanted], quiet) for those, quiet in STARTS]
    if any(chosen for chosen, _ in starts):
        rows += _installed(starts, described)
    print(f"\n{report.table(rows)}")
    if measure.SCALE >= 1 and len(wanted) == len(WORKLOADS):
        print(f"\nWritten to {report.write(rows, described, _warning(busy))}")


def _installed(starts: Iterable[tuple[list[str], bool]], described: list[tuple[str, str]]) -> Iterator[Row]:
    """`described` is filled with what the machine is."""
    with installation() as copy:
        for chosen, quiet in starts:
            if chosen:
                with running(copy, quiet=quiet):
                    world = _world(copy)
                    described[:] = described or machine.describe(world.database(), copy.data)
                    yield from _measured(world, chosen)


def _world(copy: Copy) -> World:
    with database(copy) as connection:
        return World(copy, people.set_up(connection, max(20_000, measure.scaled(PEOPLE))))


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
