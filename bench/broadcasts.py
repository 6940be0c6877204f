"""Broadcasts leaving: by SMS to a loopback provider with one worker and with two, and by e-mail to Postfix's sink.

The installation runs with STOPLINE_SANDBOX_URL, so that no gateway shares the web process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench import smtp_sink
from bench.crowd import Crowd, go, until
from bench.handover import IN_FLIGHT
from bench.http_sink import HttpSink
from bench.measure import interleaved, scaled
from bench.report import Row, rates
from bench.world import World
from tests.doors.cli.copies import ROOT, free_port

NUMBER = scaled(20_000)
SESSIONS = 10
LEFT = "SELECT count(*), max(sent_at) FROM sending_message WHERE broadcast_id = %s AND sent_at IS NOT NULL"
HEARD = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds'"


def measure(world: World) -> Iterator[Row]:
    sink = HttpSink(os.environ["STOPLINE_SANDBOX_URL"])
    pair = interleaved(lambda: _bare(sink, 1), lambda: _by_sms(world, sink))
    told = f"a bare aiohttp client, {IN_FLIGHT} in flight"
    yield rates(f"Broadcast by SMS, one worker, {NUMBER:,} messages", told, pair, 0.5)
    with second_worker(world):
        pair = interleaved(lambda: _bare(sink, 2), lambda: _by_sms(world, sink))
    yield rates(f"Broadcast by SMS, two workers, {NUMBER:,} messages", "two such clients side by side", pair)
    with _postfix() as port:
        size = _size(world)
        pair = interleaved(lambda: _source(port, size), lambda: _by_email(world, port))
    told = f"smtp-source, {SESSIONS} sessions, {size:,} bytes a mail"
    yield rates(f"Broadcast by e-mail, {NUMBER:,} messages", told, pair, 0.45)


def _bare(sink: HttpSink, processes: int) -> float:
    sink.forget()
    each = NUMBER // processes
    command = [sys.executable, "-m", "bench.bare_client", sink.url + "/messages", "none", str(each)]
    running = [subprocess.Popen(command, cwd=ROOT) for _ in range(processes)]
    assert [process.wait(300) for process in running] == [0] * processes
    return sink.rate(each * processes)


def _by_sms(world: World, sink: HttpSink) -> float:
    crowd = Crowd.of(world, NUMBER)
    way = crowd.connect("sms", "sandbox")
    broadcast = crowd.written(crowd.send("sms"))
    sink.forget()
    go(way)
    crowd.done(broadcast)
    return sink.rate(NUMBER)


def _by_email(world: World, port: int) -> float:
    """From the moment it may until the last one is recorded."""
    crowd = Crowd.of(world, NUMBER)
    way = _mail_server(crowd, port)
    broadcast = crowd.written(crowd.send("email", html=True))
    started = time.time()
    go(way)
    crowd.done(broadcast)
    with world.database() as database:
        row = database.execute(LEFT, [broadcast.id]).fetchone()
    assert row and row[0] == NUMBER, row
    return NUMBER / (row[1].timestamp() - started)


def _mail_server(crowd: Crowd, port: int) -> Any:
    way = crowd.connect(
        "email", "smtp", settings={"host": "127.0.0.1", "port": port, "security": "none", "at_once": SESSIONS}
    )
    type(way).objects.filter(id=way.id).update(sender="news@bench.test")
    return way


def _source(port: int, size: int) -> float:
    """Postfix's own load generator, which knows its one mail beforehand."""
    how = [
        "-s",
        str(SESSIONS),
        "-m",
        str(NUMBER),
        "-l",
        str(size),
        "-f",
        "news@bench.test",
        "-t",
        "a@example.com",
    ]
    started = time.perf_counter()
    subprocess.run(["smtp-source", *how, f"127.0.0.1:{port}"], check=True, timeout=300)
    return NUMBER / (time.perf_counter() - started)


def _size(world: World) -> int:
    """Bytes of one of ours, as a mail server takes it."""
    from stopline.apps.sending.models import Message

    with smtp_sink.running(world.copy.data) as sink:
        crowd = Crowd.of(world, 1)
        way = _mail_server(crowd, sink.port)
        broadcast = crowd.written(crowd.send("email", html=True))
        go(way)
        crowd.done(broadcast)
        assert Message.objects.filter(broadcast_id=broadcast.id, state="sent").exists()
        return sink.largest()


@contextmanager
def _postfix() -> Iterator[int]:
    port = free_port()
    unprivileged = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(["smtp-sink", *unprivileged, f"127.0.0.1:{port}", "1000"])
    try:
        until(lambda: smtp_sink.reachable(port), "listening", 10)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def second_worker(world: World, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Beside the installation's own; `environment` is its alone."""
    process = world.copy.spawn("worker", **world.environment, **environment)
    try:
        with world.database() as database:
            until(lambda: database.execute(HEARD).fetchone() == (2,), "two workers", 60)
        yield process
    finally:
        process.terminate()
        process.wait()
