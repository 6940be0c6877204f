"""From bytes to a Mail, whatever the bytes: people's mail programs, and those of strangers, follow no standard.

Nothing here raises: what can't be read is left out, and what is left is still the person's message.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import collapse_rfc2231_value, getaddresses

from stopline.providers.base import InboundMedia
from stopline.providers.email.plain import plain
from stopline.rules import files

LONGEST_TEXT = 100_000  # characters of a text that are kept
LONGEST_HTML = 500_000
LONGEST_HEADER = 2_000
LARGEST_FILES = 20_000_000  # bytes of all
MOST_FILES = 30
MOST_PARTS = 200
DEEPEST = 20  # parts inside parts
NUL = re.compile("[\x00\ud800-\udfff]")
HEADER_LINE = re.compile(r"^[!-9;-~]{1,76}:")


@dataclass(frozen=True, slots=True)
class Mail:
    """What an e-mail says, decoded. Header names in lower case, each as often as it came."""

    headers: tuple[tuple[str, str], ...]
    text: str = ""
    html: str = ""
    media: tuple[InboundMedia, ...] = ()
    reports: tuple[tuple[str, str], ...] = ()  # (content type, content) of the machine-readable parts
    envelope_from: str | None = None  # "" is the null return path; None: not known
    envelope_to: str = ""
    digest: str = ""  # the same for the same mail, by whatever way it came

    def header(self, name: str) -> str:
        return next((value for found, value in self.headers if found == name), "")

    def every(self, name: str) -> str:
        return " ".join(value for found, value in self.headers if found == name)

    def addresses(self, name: str) -> list[tuple[str, str]]:
        """(name, address) of everybody a header lists."""
        try:
            found = getaddresses([value for header, value in self.headers if header == name])
        except (ValueError, IndexError, RecursionError):  # getaddresses has its bad days with hostile headers
            return []
        return [(person, address.strip()) for person, address in found if "@" in address]


def parse(raw: bytes, envelope_from: str | None = None, envelope_to: str = "") -> Mail:
    try:
        message = message_from_bytes(raw)
        parts = list(_parts(message))
        headers = tuple(_headers(message.items()))
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
        return _unreadable(raw, envelope_from, envelope_to)
    text, html = _bodies(parts)
    came, reports = list(_files(parts)), list(_reports(parts))
    if not (text or html or came or reports):  # parts that never came, as its Content-Type announced them
        text = "\n".join(_text(part) for part, _ in parts)
    return of_parts(headers, text, html, came, reports, envelope_from, envelope_to)


def of_parts(
    headers: Iterable[tuple[str, str]],
    text: str,
    html: str,
    came: Iterable[InboundMedia] = (),
    reports: Iterable[tuple[str, str]] = (),
    envelope_from: str | None = None,
    envelope_to: str = "",
) -> Mail:
    """Of what a provider has taken apart already."""
    read = tuple((name.strip().lower(), clean(str(value), LONGEST_HEADER)) for name, value in headers)
    html = clean(html, LONGEST_HTML)
    text = clean(text, LONGEST_TEXT).replace("\r\n", "\n").strip("\n") or clean(plain(html), LONGEST_TEXT)
    named = [value for name, value in read if name in ("message-id", "date", "from", "subject")]
    digest = hashlib.sha256("\x00".join([*named, text, html]).encode()).hexdigest()
    kept = tuple(_within_limits(came))
    return Mail(read, text, html, kept, tuple(reports), envelope_from, envelope_to, digest)


def clean(text: str, longest: int) -> str:
    """As PostgreSQL can keep it."""
    return NUL.sub("\ufffd", text[:longest].replace("\x00", ""))


def decoded(value: object) -> str:
    """A header in letters (RFC 2047)."""
    text = str(value)
    if "=?" not in text:
        # Bytes beyond ASCII that nobody announced: mostly UTF-8.
        raw = text.encode("ascii", "surrogateescape") if any("\udc80" <= c <= "\udcff" for c in text) else b""
        return " ".join((raw.decode("utf-8", "replace") if raw else text).split())
    try:
        return " ".join(str(make_header(decode_header(text))).split())
    except (ValueError, LookupError, UnicodeError):
        return " ".join(text.split())


def _unreadable(raw: bytes, envelope_from: str | None, envelope_to: str) -> Mail:
    """A mail the parser gives up on: its headers line by line, and all the rest as its text."""
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    unfolded = re.sub(r"\n[ \t]+", " ", head.decode("utf-8", "replace")[:100_000])
    lines = [line.partition(":") for line in unfolded.split("\n") if HEADER_LINE.match(line)]
    headers = [(name, decoded(value.strip())) for name, _, value in lines]
    text = body[: LONGEST_TEXT * 4].decode("utf-8", "replace")
    return of_parts(headers, text, "", (), (), envelope_from, envelope_to)


def _headers(items: Iterable[tuple[str, object]]) -> Iterator[tuple[str, str]]:
    for number, (name, value) in enumerate(items):
        if number < 500:
            yield name.lower(), decoded(value)


def _parts(message: Message) -> Iterator[tuple[Message, int]]:
    """Every part that holds something, from the top; without recursion, so that no nesting is too deep."""
    waiting: list[tuple[Message, int]] = [(message, 0)]
    seen = 0
    while waiting and seen < MOST_PARTS:
        part, depth = waiting.pop(0)
        seen += 1
        inside = part.get_payload()
        report = part.get_content_maintype() == "message"
        if isinstance(inside, list) and not report:
            if depth < DEEPEST:
                waiting[:0] = [(each, depth + 1) for each in inside if isinstance(each, Message)]
        else:
            yield part, depth


def _bodies(parts: list[tuple[Message, int]]) -> tuple[str, str]:
    """The first text and the first HTML that are no attachments; more text behind the first is added to it."""
    text = [
        _text(part) for part, _ in parts if part.get_content_type() == "text/plain" and not _is_file(part)
    ]
    html = [_text(part) for part, _ in parts if part.get_content_type() == "text/html" and not _is_file(part)]
    return "\n".join(text), html[0] if html else ""


def _text(part: Message) -> str:
    try:
        raw = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AssertionError):
        raw = None
    if not isinstance(raw, bytes):
        return "\n".join(_leaves(part))
    for charset in filter(None, (_parameter(part, "charset"), "utf-8", "windows-1252")):
        try:
            return raw.decode(charset)
        except (LookupError, ValueError):  # unknown, or not what it says
            continue
    return raw.decode("latin-1")


def _leaves(part: Message) -> Iterator[str]:
    """The texts of what calls itself a text and was read as a container: a Content-Type like `message/`."""
    waiting, seen = [part], 0
    while waiting and seen < MOST_PARTS:
        seen += 1
        inside = waiting.pop(0).get_payload()
        if isinstance(inside, list):
            waiting[:0] = [each for each in inside if isinstance(each, Message)]
        else:
            yield str(inside)


def _files(parts: list[tuple[Message, int]]) -> Iterator[InboundMedia]:
    for part, _ in parts:
        if _is_file(part) or part.get_content_maintype() not in ("text", "message", "multipart"):
            try:
                content = part.get_payload(decode=True)
            except (ValueError, LookupError, TypeError, AssertionError):
                content = None
            if isinstance(content, bytes) and content:
                yield InboundMedia(part.get_content_type()[:100], _name(part), content=content)


def _within_limits(came: Iterable[InboundMedia]) -> Iterator[InboundMedia]:
    """A file over the limit comes cut just behind it, so that people are told which one is missing, and why."""
    size = 0
    for number, file in enumerate(came):
        size += len(file.content)
        if number >= MOST_FILES or size > LARGEST_FILES:
            return
        yield replace(file, content=file.content[: files.LARGEST + 1])


def _reports(parts: list[tuple[Message, int]]) -> Iterator[tuple[str, str]]:
    """delivery-status, feedback-report, and the headers or the whole of the message they are about."""
    for part, _ in parts:
        kind = part.get_content_type()
        if kind.startswith("message/") or kind == "text/rfc822-headers":
            try:
                yield kind, clean(_nested(part), LONGEST_TEXT)
            except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
                continue


def _nested(part: Message) -> str:
    inside = part.get_payload()
    if not isinstance(inside, list):
        return _text(part)
    blocks = [each.as_bytes() for each in inside if isinstance(each, Message)]
    return b"\n".join(blocks).decode("utf-8", "replace")


def _is_file(part: Message) -> bool:
    disposition = str(part.get("Content-Disposition", "")).strip().lower()
    return disposition.startswith("attachment") or bool(
        _name(part) and part.get_content_maintype() != "message"
    )


def _name(part: Message) -> str:
    name = _parameter(part, "filename", "Content-Disposition") or _parameter(part, "name")
    return clean(re.sub(r"[\x00-\x1f/\\]+", "_", decoded(name)), 200)


def _parameter(part: Message, name: str, header: str = "Content-Type") -> str:
    try:
        found = part.get_param(name, "", header)
        return collapse_rfc2231_value(found) if found else ""
    except (ValueError, LookupError, TypeError, UnicodeError):
        return ""
