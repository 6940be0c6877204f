"""Measuring fairly: baseline, ours, baseline, ours, …, and the median of each."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

SCALE = float(os.environ.get("STOPLINE_BENCH_SCALE") or 1)  # 0.1: a smoke run whose numbers mean little
RUNS = 3 if SCALE >= 1 else 1
SECONDS = max(1, round(4 * SCALE))  # of load for each run


def scaled(number: int) -> int:
    return max(20, round(number * SCALE))


@dataclass(frozen=True, slots=True)
class Pair:
    """What was measured of both, in the order measured."""

    limit: list[float]
    ours: list[float]

    @property
    def medians(self) -> tuple[float, float]:
        return median(self.limit), median(self.ours)


def interleaved(limit: Callable[[], float], ours: Callable[[], float], runs: int = RUNS) -> Pair:
    """Interleaved, so that a noisy neighbour or a warming cache reaches both."""
    found = Pair([], [])
    for _ in range(runs):
        found.limit.append(limit())
        found.ours.append(ours())
    return found
