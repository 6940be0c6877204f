"""The text of an HTML mail that came without one: what a person reads, with what they quote marked as quoted."""

from __future__ import annotations

import re
from html.parser import HTMLParser

BLOCKS = frozenset(
    [
        "p",
        "div",
        "br",
        "li",
        "tr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "table",
        "blockquote",
        "hr",
        "pre",
        "section",
        "article",
    ]
)
SILENT = frozenset(["style", "script", "head", "title", "template", "noscript"])
# Elements with no end tag.
VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
# How mail programs mark what they quote.
QUOTES = re.compile(r"\b(gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote|divRplyFwdMsg)\b")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.open: list[tuple[str, bool, bool]] = []  # (element, quotes, silent), with what it is inside
        self.depth = 0

    @property
    def within(self) -> tuple[bool, bool]:
        return self.open[-1][1:] if self.open else (False, False)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        quotes, silent = self.within
        marks = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        quotes = quotes or tag == "blockquote" or bool(QUOTES.search(marks))
        if tag in BLOCKS:
            self._end_line(quotes=quotes and tag != "br")
        if tag not in VOID and len(self.open) < 500:
            self.open.append((tag, quotes, silent or tag in SILENT))

    def handle_endtag(self, tag: str) -> None:
        if tag in (name for name, _, _ in self.open):
            while self.open.pop()[0] != tag:
                pass
        if tag in BLOCKS:
            self._end_line()

    def handle_data(self, data: str) -> None:
        quotes, silent = self.within
        if not silent:
            words = re.sub(r"\s+", " ", data)
            if not self.lines[-1]:
                words = f"> {words.lstrip()}" if quotes and words.strip() else words.lstrip()
            self.lines[-1] += words

    def _end_line(self, *, quotes: bool = False) -> None:
        if self.lines[-1] or (len(self.lines) > 1 and self.lines[-2] and not quotes):
            self.lines.append("")


def plain(html: str) -> str:
    reader = _Reader()
    try:
        reader.feed(html)
        reader.close()
    except (AssertionError, ValueError):  # html.parser gives up on some broken declarations
        pass
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in reader.lines)).strip()
