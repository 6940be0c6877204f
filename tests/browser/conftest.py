"""People at browsers, and the running copies of Stopline they use.

Each worker of pytest-xdist starts a copy of its own, once, so that no journey disturbs another one's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import chromium
from tests.browser.acts import sign_in
from tests.browser.watch import Watch
from tests.doors.cli.copies import ROOT, Copy

SHOTS = ROOT / "test-results" / "browser"
Enter = Callable[..., Page]

# A busy machine may be slow; how quick live news is, `acts.Stopwatch` measures.
expect.set_options(timeout=10_000)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report


FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def stopline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """Stopline with the demo data, as `make run` starts it."""
    copy = Copy(tmp_path_factory.mktemp("browser") / "demo")
    try:
        yield copy.start("--demo")
    finally:
        copy.clear()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one module: while Playwright runs, Django's ORM refuses to work in the same thread."""
    with sync_playwright() as playwright:
        launched = chromium.launch(playwright)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def signed_in() -> dict[tuple[int, str], Any]:
    """Cookies by port and e-mail: signing in takes a second of hashing, so it is done once each."""
    return {}


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def open_browser(request, stopline: Copy, browser: Browser, watch: Watch) -> Iterator[Enter]:
    """A new browser with one open page; takes Playwright's options of a context, and `copy`."""
    contexts = []

    def open_one(path: str = "", *, copy: Copy = stopline, **options: Any) -> Page:
        options = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce", **options}
        context = browser.new_context(base_url=f"http://127.0.0.1:{copy.port}", **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        context.on("page", watch.follow)
        page = context.new_page()
        if path:
            page.goto(path)
        return page

    yield open_one
    if request.node.stash.get(FAILED, False):
        _keep_pictures(request.node.name, watch)
    watch.finish()
    for context in contexts:
        context.close()
    assert not watch.wrong, "\n".join(dict.fromkeys(watch.wrong))


@pytest.fixture
def enter(open_browser: Enter, signed_in: dict[tuple[int, str], Any], stopline: Copy) -> Enter:
    """A browser in which `email` is signed in, on the page `path`."""

    def enter_as(email: str, path: str = "/inbox/", *, copy: Copy = stopline, **options: Any) -> Page:
        known = (copy.port, email)
        if known not in signed_in:
            page = open_browser("/", copy=copy)
            sign_in(page, email)
            signed_in[known] = page.context.storage_state()
            page.context.close()
        return open_browser(path, copy=copy, storage_state=signed_in[known], **options)

    return enter_as


@pytest.fixture
def admin(enter: Enter) -> Page:
    return enter("admin@demo.test")


@pytest.fixture
def agent(enter: Enter) -> Page:
    return enter("agent@demo.test")


def _keep_pictures(name: str, watch: Watch) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w-]+", "-", name)
    for number, page in enumerate(watch.pages):
        if not page.is_closed():
            page.screenshot(path=SHOTS / f"{name}-{number}.png")
