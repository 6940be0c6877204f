"""From an inbound message's POST to the change on the screen of another browser, open at the Inbox."""

from __future__ import annotations

import http.client
import json
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from bench.measure import scaled
from bench.people import phone
from bench.report import Row
from bench.world import World

ROUNDS = scaled(30)
PAUSE = 0.4  # seconds between two messages: each is seen on its own
# Resolves to when the words are on the page (milliseconds since 1970).
SEEN = """
words => { window.seen = new Promise(resolve => {
    const look = () => { if (document.body.innerText.includes(words)) { watch.disconnect(); resolve(Date.now()); } };
    const watch = new MutationObserver(look);
    watch.observe(document.body, {childList: true, subtree: true, characterData: true});
}); }
"""


def measure(world: World) -> Iterator[Row]:
    with _listener(world) as heard, _inbox(world) as page:
        _round(world, page, heard, "hello")  # opens connections, fills caches
        found = [_round(world, page, heard, f"round {number} of bench") for number in range(ROUNDS)]
    notices, screens = zip(*found, strict=True)
    yield Row(
        f"POST of an inbound message to the change in another browser, {ROUNDS} times",
        f"{median(screens):.0f} ms, worst {max(screens):.0f} ms",
        f"{median(notices):.0f} ms, worst {max(notices):.0f} ms",
        "the notice alone, read from /live/",
        median(notices) / median(screens),
    )


def _round(world: World, page: Any, heard: queue.Queue[float], words: str) -> tuple[float, float]:
    """Milliseconds until the notice, and until the words were on the screen."""
    time.sleep(PAUSE)
    while not heard.empty():
        heard.get_nowait()
    page.evaluate(SEEN, words)
    started = time.time() * 1000
    _write(world, words)
    noticed = heard.get(timeout=10)
    return noticed - started, page.evaluate("() => window.seen") - started


def _write(world: World, words: str) -> None:
    body = {"id": f"live-{time.time_ns()}", "channel": "sms", "from": phone(7), "to": "", "text": words}
    connection = http.client.HTTPConnection("127.0.0.1", world.copy.port, timeout=10)
    path = f"/inbound/sandbox/{world.business.token}"
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    assert connection.getresponse().status == 201
    connection.close()


@contextmanager
def _inbox(world: World) -> Iterator[Any]:
    """A real browser, signed in, looking at the Inbox."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("STOPLINE_CHROMIUM") or None)
        context = browser.new_context()
        context.add_cookies(
            [
                {"name": name, "value": morsel.value, "url": world.address}
                for name, morsel in world.browser.cookies.items()
            ]
        )
        page = context.new_page()
        page.goto(f"{world.address}/inbox/")
        page.wait_for_timeout(1000)  # its stream is open by then
        yield page
        browser.close()


@contextmanager
def _listener(world: World) -> Iterator[queue.Queue[float]]:
    """When notices of a conversation came (milliseconds since 1970), as any page hears of them."""
    connection = http.client.HTTPConnection("127.0.0.1", world.copy.port, timeout=60)
    connection.request("GET", "/live/", headers={"Cookie": world.cookies})
    stream = connection.getresponse()
    assert stream.status == 200, stream.status
    heard: queue.Queue[float] = queue.Queue()
    threading.Thread(target=_hear, args=(stream.readline, heard), daemon=True).start()
    try:
        yield heard
    finally:
        connection.close()


def _hear(read: Callable[[], bytes], heard: queue.Queue[float]) -> None:
    try:
        while line := read():
            if line.startswith(b"data: conversation"):
                heard.put(time.time() * 1000)
    except (OSError, ValueError, AttributeError):  # closed by the main thread
        return
