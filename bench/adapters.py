"""Each adapter's Sender handing over to a server on loopback, beside a bare client that sends the same bytes.

Three processes: the far end, and in turns the adapter and the bare client. No database, no worker: what is measured
is what an adapter costs.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator

from bench.measure import interleaved, scaled
from bench.report import Row, rates
from bench.senders import ADAPTERS, LANES
from bench.world import World
from tests.doors.cli.copies import ROOT

NUMBER = scaled(5_000)
BARE = {
    "http": f"a bare aiohttp client posting the same bytes, {LANES} in flight",
    "smtp": "the same mail written to as many sockets",
    "smpp": f"the same submit_sm written to one socket, {LANES} without an answer",
}


def measure(_: World | None = None) -> Iterator[Row]:
    with _far_end() as ports:
        for name, tried in ADAPTERS.items():
            arguments = (name, str(ports[tried.protocol]), str(NUMBER))
            pair = interleaved(
                lambda arguments=arguments: _run("bench.bare_senders", *arguments),
                lambda arguments=arguments: _run("bench.senders", *arguments),
            )
            yield rates(f"Hand-offs by the {name} adapter, {NUMBER:,} messages", BARE[tried.protocol], pair)


@contextlib.contextmanager
def _far_end() -> Iterator[dict[str, int]]:
    """Its ports by protocol."""
    command = [sys.executable, "-m", "bench.far_end"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


def _run(module: str, *arguments: str) -> float:
    """Hand-offs a second."""
    command = [sys.executable, "-m", module, *arguments]
    told = subprocess.run(command, cwd=ROOT, check=True, timeout=300, capture_output=True, text=True)
    return float(told.stdout)
