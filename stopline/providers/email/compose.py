"""From a message of ours to an e-mail (RFC 5322, 2045), without a network or a clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email import policy
from email.errors import HeaderParseError
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import Policy
from email.utils import format_datetime, formataddr, localtime
from functools import lru_cache
from urllib.parse import quote

from stopline.providers.base import Outgoing, Way
from stopline.providers.email import ids
from stopline.providers.errors import MessageRefused, Misconfigured

LONGEST_SUBJECT = 250  # characters
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,70}")
# Ours to write, whatever is asked for: they say who wrote what to whom.
RESERVED = frozenset(
    [
        "from",
        "sender",
        "to",
        "cc",
        "bcc",
        "reply-to",
        "subject",
        "date",
        "message-id",
        "return-path",
        "received",
        "mime-version",
        "dkim-signature",
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
        "list-unsubscribe",
        "list-unsubscribe-post",
    ]
)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
SURROGATE = re.compile(r"[\ud800-\udfff]")


class Registry(HeaderRegistry):
    """Python's makes a new class for every header of every mail, which takes a third of the time a mail takes."""

    @lru_cache(maxsize=256)  # noqa: B019 (there is one of it)
    def __getitem__(self, name: str) -> type[BaseHeader]:
        return super().__getitem__(name)


POLICY = policy.SMTP.clone(header_factory=Registry())


class Plain(str):
    """A header that goes out letter by letter, only folded between its words.

    The library's own folding would write a long address, Message-ID or List-Unsubscribe as an encoded word
    (RFC 2047), which no mail program takes for one.
    """

    name: str

    def __new__(cls, name: str, value: str) -> Plain:
        made = super().__new__(cls, value)
        made.name = name
        return made

    def fold(self, *, policy: Policy) -> str:
        return folded(self.name, self, policy.linesep)


def folded(name: str, value: str, line_end: str) -> str:
    """RFC 5322 section 2.2.3: lines of at most 78 characters where the words allow it."""
    if len(name) + len(value) < 76:
        return f"{name}: {value}{line_end}"
    lines = [f"{name}:"]
    for word in value.split(" "):
        if len(lines[-1]) + len(word) > 76 and lines[-1].strip() != f"{name}:":
            lines.append("")
        lines[-1] += f" {word}"
    return line_end.join(lines) + line_end


def compose(message: Outgoing) -> EmailMessage:
    """The whole e-mail. Raises Misconfigured (our own address is none) and MessageRefused (the person's is none)."""
    composed = EmailMessage(POLICY)
    composed["From"] = Plain("From", written_from(message.way))
    composed["To"] = Plain("To", person(message.address))
    composed["Subject"] = subject(message)
    composed["Date"] = date(message)
    composed["Message-ID"] = Plain("Message-ID", ids.message_id(message.id, mailbox(message.way)))
    for name, value in extra_headers(message).items():
        composed[name] = Plain(name, value) if value.isascii() else value
    composed.set_content(line_ends(message.text))
    if message.html:
        composed.add_alternative(line_ends(message.html), subtype="html")
    for media in message.media:
        main, _, sub = media.content_type.partition("/")
        kind = (main, sub) if _token(main) and _token(sub) else ("application", "octet-stream")
        name = one_line(media.name) or "attachment"
        composed.add_attachment(media.content, *kind, filename=name)
    return composed


def extra_headers(message: Outgoing) -> dict[str, str]:
    """What goes beside From, To, Subject and Message-ID: how to unsubscribe, the thread, who answers."""
    given = {name.lower(): (name, one_line(value)) for name, value in message.headers.items()}
    headers = {
        name: value
        for lower, (name, value) in given.items()
        if value and lower not in RESERVED and HEADER.fullmatch(name)
    }
    headers |= _unsubscribe(message, {lower: value for lower, (_, value) in given.items()})
    if reply_to := str(message.way.settings.get("reply_to") or ""):
        headers["Reply-To"] = one_line(reply_to)
    return headers


def written_from(way: Way) -> str:
    """As it stands in the From header. Raises Misconfigured."""
    return _formatted(*sender(way))


def sender(way: Way) -> tuple[str, str]:
    """Whom people see: (display name, address of the connection's mailbox). Raises Misconfigured."""
    own = mailbox(way)
    if not _is_address(own):
        raise Misconfigured(f"“{way.sender[:80]}” is not an e-mail address to send from.")
    return one_line(str(way.settings.get("from_name") or ""))[:100], own


@lru_cache(maxsize=1_000)  # the same for a whole broadcast, and the library takes its time
def _is_address(text: str) -> bool:
    try:
        Address(addr_spec=text).addr_spec.encode("ascii")
    except (HeaderParseError, ValueError, IndexError):
        return False
    return True


_formatted = lru_cache(maxsize=1_000)(lambda name, address: formataddr((name, address)))


def mailbox(way: Way) -> str:
    return one_line(way.sender).strip("<> ").lower()


def subject(message: Outgoing) -> str:
    """As given, else the beginning of the text: an empty subject looks like spam and threads with nothing."""
    return one_line(message.subject)[:LONGEST_SUBJECT] or one_line(message.text)[:78] or "Message"


def one_line(text: str) -> str:
    """Without line ends and control characters, so that a value can't begin another header."""
    if text.isascii() and text.isprintable():  # as nearly all are; the expressions take ten times as long
        return text.strip()
    return SURROGATE.sub("\ufffd", CONTROL.sub(" ", text)).strip()


def _unsubscribe(message: Outgoing, given: Mapping[str, str]) -> dict[str, str]:
    """RFC 2369 section 3.2 and RFC 8058: the web address (from whoever queued the message) and a mailto.

    One click is said only where there is a web address to post to.
    """
    where = re.findall(r"<(https?://[^<>\s]+)>", given.get("list-unsubscribe", ""))
    inbox = one_line(str(message.way.settings.get("reply_to") or "")) or mailbox(message.way)
    mailto = f"{_mailto(inbox)}?subject=unsubscribe%20{message.id.hex}"
    headers = {"List-Unsubscribe": ", ".join(f"<{each}>" for each in (*where[:1], mailto))}
    if where:
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


@lru_cache(maxsize=1_000)
def _mailto(inbox: str) -> str:
    return f"mailto:{quote(inbox, safe='@+')}"


def person(address: str) -> str:
    """Raises MessageRefused."""
    if not address.isascii():
        raise MessageRefused(
            f"“{address[:80]}” has letters beyond ASCII, which many mail servers don't take."
        )
    try:
        return Address(addr_spec=one_line(address)).addr_spec
    except (HeaderParseError, ValueError, IndexError) as error:
        raise MessageRefused(f"“{address[:80]}” is not an address that e-mail can be sent to.") from error


def date(message: Outgoing) -> str:
    """When it was queued, which its id tells (RFC 9562 section 5.7); other ids tell nothing."""
    if message.id.version == 7:
        return _date((message.id.int >> 80) // 1000)
    return format_datetime(localtime())


@lru_cache(maxsize=1_000)  # a broadcast's are queued thousands in a second
def _date(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC))


def line_ends(text: str) -> str:
    if text.isascii() and "\r" not in text and "\x00" not in text:
        return text
    clean = SURROGATE.sub("\ufffd", text.replace("\x00", ""))
    return "\n".join(re.split(r"\r\n|\r|\n", clean))


def _token(word: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,60}", word) is not None
