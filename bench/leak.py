"""People unsubscribe over HTTP in the middle of a broadcast at full speed: what is handed over to them afterwards?

By SMS they write STOP and the sandbox's receipts tell; by e-mail they click once (RFC 8058) and a mail server tells.
"""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench import smtp_sink
from bench.crowd import Crowd, go, until
from bench.measure import scaled
from bench.report import Row
from bench.world import World
from stopline.providers.sandbox.receipts import Receipts, connection_key
from tests.promise import witness
from tests.promise.witness import OptOut

NUMBER = scaled(20_000)
UNSUBSCRIBES = scaled(300)
AT_ONCE = 4
REFUSED = "SELECT count(*) FROM sending_message WHERE broadcast_id = %s AND state = 'refused'"


def measure(world: World) -> Iterator[Row]:
    yield _by_sms(world)
    with smtp_sink.running(world.copy.data) as sink:
        yield _by_email(world, sink)


def _by_sms(world: World) -> Row:
    crowd = Crowd.of(world, NUMBER)
    way = crowd.connect("sms", "sandbox")

    def stop(n: int) -> OptOut:
        address = crowd.phone(n)
        return witness.say_stop(world.copy.port, way.token, address, f"stop-{address}")

    broadcast, opt_outs = _during(crowd, way, "sms", stop)
    key = connection_key(way.token)
    receipts = [each for each in Receipts(world.copy.data).all() if each.connection == key]
    confirmation = crowd.member.account.confirmation_text
    late = witness.leaks(receipts, opt_outs, confirmation)
    latest = witness.latest(receipts, opt_outs, confirmation)
    return _row(world, "SMS", broadcast, len({each.address for each in late}), latest)


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

    broadcast, opt_outs = _during(crowd, way, "email", click)
    acknowledged = {each.address: each.acknowledged_ns for each in opt_outs}
    after = {
        address: (moment - acknowledged[address]) / 1e9
        for moment, address in sink.heard()
        if address in acknowledged
    }
    late = sum(seconds > 0 for seconds in after.values())
    return _row(world, "e-mail", broadcast, late, max(after.values(), default=None))


def _during(
    crowd: Crowd, way: Any, channel: str, unsubscribe: Callable[[int], OptOut]
) -> tuple[Any, Iterable[OptOut]]:
    """Begins when a tenth has left; those who unsubscribe are spread evenly over the part behind it."""
    broadcast = crowd.send(channel, html=channel == "email")
    crowd.written(broadcast)
    go(way)
    left = "SELECT count(*) FROM sending_message WHERE broadcast_id = %s AND sent_at IS NOT NULL"
    until(lambda: _number(crowd.world, left, broadcast.id) >= NUMBER // 10, "begun")
    step = (NUMBER - NUMBER // 5) / UNSUBSCRIBES
    with ThreadPoolExecutor(AT_ONCE) as people:
        opt_outs = list(people.map(unsubscribe, (NUMBER // 5 + int(n * step) for n in range(UNSUBSCRIBES))))
    crowd.done(broadcast)
    return broadcast, opt_outs


def _row(world: World, channel: str, broadcast: Any, late: int, latest: float | None) -> Row:
    waiting = _number(world, REFUSED, broadcast.id)
    told = "none of them ever got anything" if latest is None else f"latest {latest * 1000:+.1f} ms"
    return Row(
        f"Consent leak, {channel}: hand-offs begun after the acknowledged unsubscribe",
        f"{late} of {UNSUBSCRIBES}",
        "0",
        "the promise",
        every=f"last hand-off minus acknowledgement: {told}; {waiting} of them were still waiting and were refused",
    )


def _in_force(world: World, crowd: Crowd, address: str) -> bool:
    query = """SELECT count(*) FROM consent_subscription
        WHERE account_id = %s AND channel = 'email' AND address = %s AND standing = 'unsubscribed'"""
    return bool(_number(world, query, crowd.account_id, address))


def _number(world: World, query: str, *values: Any) -> int:
    with world.database() as database:
        row = database.execute(query, values).fetchone()
    assert row
    return int(row[0])
