"""Memory of each process: just started, and under the load of many inbound messages."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psutil

from bench import inbound
from bench.measure import SECONDS
from bench.report import Row
from bench.world import World

PARTS = ("supervisor", "web", "worker", "postgres")


def measure(world: World) -> Iterator[Row]:
    world.settle()
    time.sleep(1)
    idle = {part: _memory(world, part) for part in PARTS}
    working: dict[str, tuple[float, float]] = {}
    looking = threading.Thread(target=lambda: working.update(_during(world)))
    looking.start()
    inbound.stop(world, 8, seconds=max(SECONDS, 3))
    looking.join()
    for part in PARTS:
        (pss, rss), (pss_busy, rss_busy) = idle[part], working[part]
        yield Row(
            f"Memory, {part}",
            f"{pss:.0f} MiB idle, {pss_busy:.0f} MiB under load",
            every=f"added up with shared pages counted in each process (RSS): {rss:.0f}, {rss_busy:.0f} MiB",
        )


def _during(world: World) -> dict[str, tuple[float, float]]:
    time.sleep(max(SECONDS, 3) - 1)
    return {part: _memory(world, part) for part in PARTS}


def _memory(world: World, part: str) -> tuple[float, float]:
    """PSS (each shared page divided among its users; RSS where the system doesn't tell) and RSS, in MiB."""
    top = psutil.Process(world.copy.process.pid) if part == "supervisor" else world.copy.part(part)
    processes = [top] if part == "supervisor" else [top, *top.children(recursive=True)]
    found = [each for each in map(_of, processes) if each]
    return sum(pss for pss, _ in found) / 2**20, sum(rss for _, rss in found) / 2**20


def _of(process: psutil.Process) -> tuple[int, int] | None:
    try:
        rss = process.memory_info().rss
        return getattr(process.memory_full_info(), "pss", rss), rss
    except psutil.AccessDenied:  # the database may run as another user
        return process.memory_info().rss, process.memory_info().rss
    except psutil.NoSuchProcess:
        return None
