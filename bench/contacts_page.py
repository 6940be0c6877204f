"""All contacts at 100,000 contacts: the first page and a search, through HTTP, beside the SQL they need."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import load
from bench.measure import SECONDS, interleaved
from bench.report import Row, times
from bench.world import World

PAGES = {
    "All contacts, first page": "/contacts/",
    "All contacts, search “chloe”": "/contacts/?q=chloe",
    "All contacts, search by number": "/contacts/?q=0201%2023",
}


def measure(world: World) -> Iterator[Row]:
    load.wrk(
        world.address + "/contacts/", "page.lua", 1, 5, cookies=world.cookies
    )  # the first compiles templates
    for name, path in PAGES.items():
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "page.sql"
            script.write_text("".join(f"{query};\n" for query in _queries(world, path)))
            pair = interleaved(lambda: _bare(world, script), lambda: _page(world, path))  # noqa: B023  (used at once)
        yield times(f"{name}, {world.business.people:,} contacts", "its SQL alone (pgbench)", pair)


def _queries(world: World, path: str) -> list[str]:
    """What the page asks the database, as it was sent."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    world.browser.get(path)  # what is cached by now isn't the page's
    with CaptureQueriesContext(connection) as captured:
        answer = world.browser.get(path)
    assert answer.status_code == 200, answer
    return [query["sql"] for query in captured if query["sql"].startswith("SELECT")]


def _bare(world: World, script: Path) -> float:
    return load.pgbench(world.database_url, script, 1, SECONDS, prepared=False).median_ms


def _page(world: World, path: str) -> float:
    return load.wrk(world.address + path, "page.lua", 1, SECONDS, cookies=world.cookies).median_ms
