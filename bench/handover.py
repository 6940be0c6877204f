"""The worker handing queued messages over to the sandbox's gateway, beside a bare client posting the same payloads.

Both are timed by the gateway's own receipts, from the first to the last. The sandbox reports on nothing here
(STOPLINE_SANDBOX_REPORTS=0): its reports would share the web process with the gateway.
"""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator

from bench.measure import interleaved, scaled
from bench.people import ID
from bench.report import Row, rates
from bench.world import World
from stopline.providers.sandbox import receipts
from tests.doors.cli.copies import ROOT

NUMBER = scaled(20_000)
IN_FLIGHT = 200  # what one connection has on its way at most: wire.ROOM
TEXT = "Your order has left our warehouse and arrives tomorrow between nine and noon."
TARGET = 0.4
# New addresses, whose subscription rows the worker has to make first: the first message to everybody is the dearest.
QUEUE = f"""
INSERT INTO sending_message (account_id, id, conversation_id, contact_id, connection_id, kind, channel, address, text,
    state, created_at, priority, due_at, attempts, refusal, failure)
SELECT %(account)s, uuidv7(), {ID}, {ID}, %(connection)s, 'reply', 'sms', '+' || %(run)s || lpad(n::text, 6, '0'),
    %(text)s, 'queued', now(), 1, now(), 0, '', '' FROM generate_series(0, %(number)s - 1) AS n
"""


def measure(world: World) -> Iterator[Row]:
    world.settle()
    pair = interleaved(lambda: _bare(world), lambda: _worker(world))
    yield rates(
        f"Hand-offs by the worker, {NUMBER:,} messages",
        f"a bare aiohttp client, {IN_FLIGHT} in flight",
        pair,
        TARGET,
    )


def _bare(world: World) -> float:
    before = _receipts(world)[0]
    url = f"{world.address}/sandbox/gateway/messages"
    command = [sys.executable, "-m", "bench.bare_client", url, world.business.token, str(NUMBER)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120)
    return _rate(world, before)


def _worker(world: World) -> float:
    """The worker is held still while its queue is filled."""
    before, worker = _receipts(world)[0], world.worker
    worker.suspend()
    try:
        _fill(world)
    finally:
        worker.resume()
    deadline = time.monotonic() + 120
    while _receipts(world)[0] < before + NUMBER:
        assert time.monotonic() < deadline, "the worker did not hand everything over within two minutes"
        time.sleep(0.2)
    world.settle()
    return _rate(world, before)


def _fill(world: World) -> None:
    business = world.business
    known = {"account": business.account_id, "connection": business.connection_id, "text": TEXT}
    with world.database() as database:
        database.execute(QUEUE, {**known, "run": str(world.run()), "number": NUMBER})


def _rate(world: World, before: int) -> float:
    number, first, last = _receipts(world, before)
    assert number == NUMBER, f"{number} receipts for {NUMBER} messages"
    return (number - 1) / (last - first) * 1e9


def _receipts(world: World, after: int = 0) -> tuple[int, int, int]:
    """How many, and when the first and the last came, behind the `after` oldest."""
    file = f"{(world.copy.data / receipts.FILE).as_uri()}?mode=ro"
    query = "SELECT count(*), min(received_ns), max(received_ns) FROM receipt WHERE position > ?"
    with contextlib.closing(sqlite3.connect(file, uri=True, timeout=10)) as reading:
        row: tuple[int, int, int] = reading.execute(query, [after]).fetchone()
    return row
