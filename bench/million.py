"""A broadcast to a million contacts: resolved, written and on its way, with people unsubscribing meanwhile.

Its own account, on three lists, one contact in twenty unsubscribed; last, because it fills the database.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil

from bench import load
from bench.crowd import Crowd, go, until
from bench.http_sink import HttpSink
from bench.measure import SECONDS, interleaved, scaled
from bench.report import Row, rates, times
from bench.world import World

NUMBER = scaled(1_000_000)
DURING = max(10, SECONDS * 45)  # seconds of it that are watched
MOST_MIB = 300
LISTS = """
INSERT INTO contacts_listmembership (account_id, contact_list_id, contact_id)
SELECT account_id, %(list)s, id FROM contacts_contact
WHERE account_id = %(account)s AND right(phone, 7)::int %% 10 BETWEEN %(from)s AND %(to)s
"""
STOPPED = """
INSERT INTO consent_subscription (account_id, channel, address, standing, source, entry_id, since)
SELECT account_id, 'sms', phone, 'unsubscribed', 'import', uuidv7(), now() FROM contacts_contact
WHERE account_id = %(account)s AND right(phone, 7)::int %% 20 = 7
"""
# Contacts on either of two lists and not on the third, with a number nobody unsubscribed.
BARE = """
SELECT count(*) FROM contacts_contact c WHERE c.account_id = %(account)s AND c.phone IS NOT NULL
    AND c.id IN (SELECT contact_id FROM contacts_listmembership m
        WHERE m.account_id = %(account)s AND m.contact_list_id IN (%(a)s, %(b)s))
    AND NOT EXISTS (SELECT FROM contacts_listmembership m WHERE m.account_id = %(account)s
        AND m.contact_list_id = %(c)s AND m.contact_id = c.id)
    AND NOT EXISTS (SELECT FROM consent_subscription s WHERE s.account_id = %(account)s AND s.channel = 'sms'
        AND s.address = c.phone AND s.standing <> 'subscribed')
"""
COLUMNS = """account_id, id, contact_id, connection_id, broadcast_id, kind, channel, address, text, parts, state,
    created_at, due_at, priority, attempts, refusal, failure"""
ROWS = """
COPY (SELECT account_id, uuidv7(), id, '{way}'::uuid, '{broadcast}'::uuid, 'notice', 'sms', phone, '', '{{}}'::jsonb,
    'queued', now(), now(), 5, 0, '', '' FROM contacts_contact WHERE account_id = '{account}') TO STDOUT
"""


def measure(world: World) -> Iterator[Row]:
    crowd = Crowd.of(world, NUMBER)
    yield _audience(crowd)
    way = crowd.connect("sms", "sandbox")
    memory = Memory(world)
    broadcasts: list[Any] = []
    with memory.watched():
        pair = interleaved(lambda: _copied(crowd, way), lambda: _written(crowd, broadcasts))
        told = "COPY of the same rows into the same table with its indexes"
        yield rates(f"Write {NUMBER:,} messages of a broadcast, by the worker", told, pair, 0.5)
        HttpSink(os.environ["STOPLINE_SANDBOX_URL"]).forget()
        go(way)
        started = time.monotonic()
        memory.begun()
        yield _unsubscribes(world, way)
        until(lambda: time.monotonic() - started > DURING or _is_done(crowd, broadcasts[-1]), "watched")
    yield memory.row()
    for broadcast in broadcasts:
        _cancel(broadcast)


def _audience(crowd: Crowd) -> Row:
    from stopline.apps.broadcasts import audience
    from stopline.apps.broadcasts.models import Broadcast
    from stopline.apps.contacts.models import ContactList

    lists = [ContactList.objects.create(account_id=crowd.account_id, name=name) for name in "abc"]
    account = {"account": crowd.account_id}
    with crowd.world.database() as database:
        for each, (start, end) in zip(lists, ((0, 5), (4, 8), (9, 9)), strict=True):
            database.execute(LISTS, {**account, "list": each.id, "from": start, "to": end})
        database.execute(STOPPED, account)
        database.execute("VACUUM ANALYZE contacts_listmembership, consent_subscription")
    broadcast = Broadcast(
        account_id=crowd.account_id,
        include=[{"list": str(each.id)} for each in lists[:2]],
        exclude=[str(lists[2].id)],
        channels=["sms"],
        purpose="service",
    )
    parameters = {**account, **{name: each.id for name, each in zip("abc", lists, strict=True)}}

    def bare() -> float:
        with crowd.world.database() as database:
            found, milliseconds = _timed(lambda: database.execute(BARE, parameters).fetchone())
        assert found and found[0] == reached.on["sms"], (found, reached)
        return milliseconds

    reached = audience.reach(broadcast)  # the first reads tables into memory
    pair = interleaved(bare, lambda: _timed(lambda: audience.reach(broadcast))[1])
    return times(f"Resolve the audience among {NUMBER:,} contacts, three lists", "a bare count", pair, 1 / 3)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    found = work()
    return found, (time.perf_counter() - started) * 1000


def _copied(crowd: Crowd, way: Any) -> float:
    """The rows are in a file beforehand: what is timed is the table and its indexes."""
    from stopline.apps.broadcasts import broadcast

    beside = broadcast.create(crowd.member, "Beside")  # a draft, so that nothing of it ever leaves
    query = ROWS.format(account=crowd.account_id, way=way.id, broadcast=beside.id)
    with tempfile.TemporaryFile() as file, crowd.world.database() as database:
        with database.cursor().copy(query) as rows:
            for data in rows:
                file.write(data)
        file.seek(0)
        started = time.perf_counter()
        with database.cursor().copy(f"COPY sending_message ({COLUMNS}) FROM STDIN") as rows:
            while data := file.read(1_000_000):
                rows.write(data)
        seconds = time.perf_counter() - started
    return crowd.people / seconds


def _written(crowd: Crowd, broadcasts: list[Any]) -> float:
    """One more broadcast to everybody: it waits with those before it."""
    broadcast = crowd.written(crowd.send("sms"))
    broadcasts.append(broadcast)
    return float(broadcast.looked_at / (broadcast.written_at - broadcast.started_at).total_seconds())


def _unsubscribes(world: World, way: Any) -> Row:
    """From the end of the million, whose turn hasn't come."""
    url = f"{world.address}/inbound/sandbox/{way.token}"
    words = {"order": "once", "texts": "STOP", "first": NUMBER // 2, "people": NUMBER // 2}
    found = load.wrk(url, "inbound.lua", 8, max(3, SECONDS * 3), run=world.run(), **words)
    return Row(
        "Unsubscribes acknowledged while a broadcast leaves, STOP over 8 connections",
        f"{found.per_second:,.0f}/s, p99 {found.p99_ms:,.0f} ms",
        every=f"median {found.median_ms:.1f} ms, p99 {found.p99_ms:.1f} ms",
    )


class Memory:
    """The worker's, every half a second: PSS where the system tells it, else RSS."""

    def __init__(self, world: World) -> None:
        self.process = psutil.Process(world.worker.pid)
        self.seen: list[tuple[float, float]] = []  # seconds, MiB
        self.before = 0
        self.over = threading.Event()

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        watching = threading.Thread(target=self._watch)
        watching.start()
        try:
            yield
        finally:
            self.over.set()
            watching.join()

    def _watch(self) -> None:
        while not self.over.wait(0.5):
            told = self.process.memory_full_info()
            self.seen.append((time.monotonic(), getattr(told, "pss", told.rss) / 2**20))

    def begun(self) -> None:
        """From now on messages leave, too."""
        self.before = len(self.seen)

    def row(self) -> Row:
        """Slope: a line through the second half of the hand-over, when everything has been used once."""
        peak = max(size for _, size in self.seen)
        later = self.seen[(self.before + len(self.seen)) // 2 :]
        slope = _slope(later) * 60
        met = "met" if peak < MOST_MIB else "**missed**"
        return Row(
            f"Memory of a worker during a broadcast of {NUMBER:,} messages",
            f"{peak:.0f} MiB at most, {slope:+.1f} MiB a minute at the end",
            f"{MOST_MIB} MiB, {met}",
            every=f"the end: the last {later[-1][0] - later[0][0]:.0f} of {later[-1][0] - self.seen[0][0]:.0f} s",
        )


def _slope(points: list[tuple[float, float]]) -> float:
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def _is_done(crowd: Crowd, broadcast: Any) -> bool:
    from stopline.apps.broadcasts import lookup

    return bool(lookup.find(crowd.account_id, broadcast.id).state == "done")


def _cancel(broadcast: Any) -> None:
    from stopline.apps.broadcasts import broadcast as broadcasts
    from stopline.rules.errors import Conflict

    with contextlib.suppress(Conflict):  # all of it has left
        broadcasts.cancel(broadcast)
