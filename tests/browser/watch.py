"""What no page may do, whatever a test is about: complain in the console, break, or scroll sideways."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Error, Page, Response

STATUS = re.compile(r"(?:responded with a status of|Response Status Error Code) (\d+)")
WIDER = """() => {
    const page = document.documentElement;
    if (page.scrollWidth <= page.clientWidth) return "";
    const out = [...document.body.querySelectorAll("*")].filter(
        (each) => each.getBoundingClientRect().right > page.clientWidth + 1 && each.checkVisibility());
    return `${page.scrollWidth} px in ${page.clientWidth}: ` +
        out.slice(0, 3).map((each) => each.outerHTML.slice(0, 120)).join(" … ");
}"""


@dataclass
class Watch:
    """Follows pages and keeps what they did wrong. `expected`: status codes a test asks for on purpose."""

    expected: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        self.pages.append(page)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        page.on("response", self._look)

    def look_for_overflow(self, page: Page, what: str = "") -> None:
        if wider := page.evaluate(WIDER):
            self.wrong.append(f"wider than the window: {what or page.url}: {wider}")

    def finish(self) -> None:
        """A last look at every page that is still open."""
        for page in self.pages:
            if not page.is_closed() and page.url.startswith("http"):
                try:
                    self.look_for_overflow(page)
                except Error as error:  # it went elsewhere under our hands
                    if "context was destroyed" not in str(error):
                        raise

    def _hear(self, message: ConsoleMessage) -> None:
        """Warnings count too: a browser warns of what it will refuse later."""
        if message.type not in ("error", "warning"):
            return
        status = STATUS.search(message.text)
        # Browser and htmx report every answer from 400 on, also those a test asks for.
        if not status or int(status[1]) not in self.expected:
            self.wrong.append(f"console: {message.text} ({message.location.get('url')})")

    def _look(self, response: Response) -> None:
        if response.status >= 500:
            self.wrong.append(f"{response.status} {response.request.method} {response.url}")
