"""Whatever one can click leads somewhere."""

from __future__ import annotations

import re
from collections import Counter, deque
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.acts import open_conversation

IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|(?<==)[^&]+")
OF_A_KIND = 4  # pages that differ only by an id or a parameter's value


class Links(HTMLParser):
    """Where a page's links, fragments and resources lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, bool] = {}  # address: whether htmx asks for it
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if "disabled" in dict(attributes):
            return
        for name, value in attributes:
            if value and name in ("href", "src"):
                self.found.setdefault(value, False)
            elif value and name == "hx-get":
                self.found[value] = True


@pytest.mark.parametrize("who", ["admin@demo.test", "agent@demo.test"])
def test_every_link_behind_the_sign_in_leads_somewhere(enter, who):
    page = enter(who)
    open_conversation(page, "Grace Holloway")  # what only opens by a click: a conversation, and its profile

    broken, seen = _follow(page, ["/", page.url])

    assert not broken, "\n".join(broken)
    assert len(seen) > 40, sorted(seen)


def _follow(page: Page, starts: list[str]) -> tuple[list[str], set[str]]:
    """What doesn't answer well, told with the page that leads there; and the kinds of addresses seen."""
    host = urlsplit(page.url).netloc
    waiting = deque((urljoin(page.url, start), "the start", False) for start in starts)
    known, kinds, broken = {each[0] for each in waiting}, Counter(), []
    while waiting:
        address, origin, htmx = waiting.popleft()
        headers = {"HX-Request": "true", "HX-Current-URL": origin} if htmx else {}
        answer = page.request.get(address, headers=headers, max_redirects=5)
        if answer.status >= 400:
            broken.append(f"{answer.status} {address} (on {origin})")
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        for link, by_htmx in Links(answer.text()).found.items():
            target = urljoin(answer.url, link).partition("#")[0]
            kind = IDS.sub("…", urlsplit(target)._replace(netloc="").geturl())
            if urlsplit(target).netloc == host and target not in known and kinds[kind] < OF_A_KIND:
                known.add(target)
                kinds[kind] += 1
                waiting.append((target, answer.url, by_htmx))
    return broken, set(kinds)
