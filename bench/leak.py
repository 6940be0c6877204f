"""People unsubscribe over HTTP in the middle of a broadcast at full speed: what is handed over to them afterwards?

By SMS they write STOP and the sandbox's receipts tell; by e-mail they click once (RFC 8058) and a mail server tells.
"""

from __future__ import annotations

import contextlib
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import psycopg

from bench import smtp_sink
from bench.crowd import Crowd, go, until
from bench.gateway import receipts_of
from bench.measure import scaled
from bench.report import Row
from bench.world import World
from stopline.providers.sandbox.receipts import SandboxReceipt
from tests.promise import witness
from tests.promise.witness import OptOut

NUMBER = scaled(20_000)
UNSUBSCRIBES = scaled(300)
AT_ONCE = 4
NEAR = 400  # messages: about what one worker has in hand
FULL_SPEED = "Consent leak, {}: hand-offs begun after the acknowledged unsubscribe"
REFUSED = "SELECT count(*) FROM sending_message WHERE broadcast_id = %s AND state = 'refused'"


def measure(world: World) -> Iterator[Row]:
    yield _by_sms(world)
    with smtp_sink.running(world.copy.data) as sink:
        yield _by_email(world, sink)


def _by_sms(world: World) -> Row:
    crowd = Crowd.of(world, NUMBER)
    way = crowd.connect("sms", "sandbox")
    broadcast, opt_outs = during(crowd, way, "sms", stop(crowd, way))
    last = last_after(crowd, receipts_of(world.copy.data, way.token), opt_outs)
    return row(FULL_SPEED.format("SMS"), last, refused(world, broadcast))


def _by_email(world: World, sink: smtp_sink.SmtpSink) -> Row:
    from stopline.apps.consent import links

    crowd = Crowd.of(world, NUMBER)
    settings = {"host": "127.0.0.1", "port": sink.port, "security": "none"}
    way = crowd.connect("email", "smtp", settings=settings)
    type(way).objects.filter(id=way.id).update(sender="news@bench.test")

    def click(n: int) -> OptOut:
        address = f"person{n}@example.com"
        path = links.unsubscribe_url(crowd.account_id, "email", address).partition("://")[2].partition("/")[2]
        request = urllib.request.Request(
            f"{world.address}/{path}", b"List-Unsubscribe=One-Click", method="POST"
        )
        while True:
            urllib.request.urlopen(request, timeout=60).close()
            acknowledged = time.time_ns()
            if _in_force(world, crowd, address):  # else the page says that it is recorded and soon will be
                return OptOut(address, acknowledged)

    broadcast, opt_outs = during(crowd, way, "email", click)
    acknowledged = {each.address: each.acknowledged_ns for each in opt_outs}
    last: dict[str, float] = {}
    for moment, address in sink.heard():
        if address in acknowledged:
            last[address] = (moment - acknowledged[address]) / 1e9
    return row(FULL_SPEED.format("e-mail"), last, refused(world, broadcast))


def stop(crowd: Crowd, way: Any) -> Callable[[int], OptOut]:
    def say(n: int) -> OptOut:
        address = crowd.phone(n)
        return witness.say_stop(crowd.world.copy.port, way.token, address, f"stop-{address}")

    return say


def during(
    crowd: Crowd,
    way: Any,
    channel: str,
    unsubscribe: Callable[[int], OptOut],
    happens: Callable[[], None] = lambda: None,
) -> tuple[Any, list[OptOut]]:
    """Begins when a tenth has left; `happens` begins when three tenths have.

    `unsubscribe` is told a contact's number.
    """
    broadcast = crowd.send(channel, html=channel == "email")
    crowd.written(broadcast)
    go(way)
    until(lambda: left(crowd, broadcast) >= crowd.people // 10, "begun")
    who = Who(crowd, broadcast)
    with ThreadPoolExecutor(AT_ONCE) as people:
        saying = [people.submit(lambda n: unsubscribe(who.number(n)), turn) for turn in range(UNSUBSCRIBES)]
        until(lambda: left(crowd, broadcast) >= crowd.people * 3 // 10, "on its way")
        happens()
        opt_outs = [each.result() for each in saying]
    crowd.done(broadcast)
    return broadcast, opt_outs


class Who:
    """Numbers of contacts who unsubscribe, nobody twice: by turns one whose message leaves about now, and one of those
    whose message doesn't yet.
    """

    def __init__(self, crowd: Crowd, broadcast: Any) -> None:
        self.crowd, self.broadcast = crowd, broadcast
        self.taken: set[int] = set()
        self.front = 0
        self.lock = threading.Lock()

    def number(self, turn: int) -> int:
        people = self.crowd.people
        with contextlib.suppress(psycopg.OperationalError, OSError):  # killed a moment ago
            self.front = left(self.crowd, self.broadcast)
        wanted = self.front + turn * 37 % NEAR - NEAR // 4
        if turn % 2:
            wanted = self.front + int((people - self.front) * (turn * 0.618 % 1))
        with self.lock:
            found = next(n % people for n in count(wanted) if n % people not in self.taken)
            self.taken.add(found)
        return found


def left(crowd: Crowd, broadcast: Any) -> int:
    query = "SELECT count(*) FROM sending_message WHERE broadcast_id = %s AND sent_at IS NOT NULL"
    return _number(crowd.world, query, broadcast.id)


def last_after(
    crowd: Crowd,
    receipts: Iterable[SandboxReceipt],
    opt_outs: Iterable[OptOut],
    moment: Callable[[SandboxReceipt], int] = lambda receipt: receipt.started_ns,
) -> dict[str, float]:
    return witness.last_after(receipts, opt_outs, crowd.member.account.confirmation_text, moment)


def row(workload: str, last: Mapping[str, float], told: str) -> Row:
    """`last`: seconds from acknowledgement to last hand-off, of those who got anything at all."""
    late = sum(seconds > 0 for seconds in last.values())
    latest = f"latest {max(last.values()) * 1000:+,.1f} ms" if last else "nothing was handed over to them"
    return Row(workload, f"{late} of {UNSUBSCRIBES}, {latest}", "0", "the promise", every=told)


def refused(world: World, broadcast: Any) -> str:
    number = _number(world, REFUSED, broadcast.id)
    assert number, "nobody who unsubscribed was still waiting then: this proves nothing"
    return f"{number} of those who unsubscribed were still waiting then and were refused"


def _in_force(world: World, crowd: Crowd, address: str) -> bool:
    query = """SELECT count(*) FROM consent_subscription
        WHERE account_id = %s AND channel = 'email' AND address = %s AND standing = 'unsubscribed'"""
    return bool(_number(world, query, crowd.account_id, address))


def _number(world: World, query: str, *values: Any) -> int:
    with world.database() as database:
        row = database.execute(query, values).fetchone()
    assert row
    return int(row[0])
