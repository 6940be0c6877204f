"""What the services' reports have in common: one vocabulary, and from it our events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from enum import Enum, auto
from typing import Any
from urllib.parse import parse_qsl

import orjson

from stopline.providers import documents
from stopline.providers.base import Event, InboundMedia, OptOut, Request, Unknown
from stopline.providers.email import kept, mime
from stopline.providers.email.reading import read
from stopline.providers.email.services.sender import plain_id
from stopline.rules.errors import InvalidInput
from stopline.rules.words import Channel, MessageState, Source


class What(Enum):
    """What a report says of one message to one address."""

    SENT = auto()  # on its way, also where a server asked to wait
    DELIVERED = auto()
    READ = auto()
    FAILED = auto()  # for good, which says nothing against the address
    DEAD = auto()  # the address doesn't exist
    COMPLAINT = auto()
    UNSUBSCRIBED = auto()  # the person used the service's own link
    SUPPRESSED = auto()  # the service won't send to the address any more
    RESUMED = auto()  # the person asked the service to go on


OPT_OUTS = {
    What.DEAD: (Source.BOUNCE, "The address bounced"),
    What.COMPLAINT: (Source.COMPLAINT, "Reported a message as spam"),
    What.UNSUBSCRIBED: (Source.LINK, "Used the unsubscribe link of the e-mail service"),
    What.SUPPRESSED: (Source.PROVIDER, "The e-mail service holds the address on its suppression list"),
    What.RESUMED: (Source.LINK, "Asked the e-mail service for messages again"),
}
STATES = {
    What.SENT: MessageState.SENT,
    What.DELIVERED: MessageState.DELIVERED,
    What.READ: MessageState.READ,
    What.FAILED: MessageState.FAILED,
    What.DEAD: MessageState.FAILED,
    What.SUPPRESSED: MessageState.FAILED,
}


def events(
    what: What | None, raw: dict[str, Any], *, address: Any = "", message: Any = "", why: Any = ""
) -> list[Event]:
    """`raw` is the report alone. What says too little to act on is kept as unknown."""
    mark = mark_of(raw)
    address, message, why = _text(address), plain_id(_text(message)), _text(why)[:300]
    found: list[Event] = []
    if what in OPT_OUTS and (address or message):
        source, reason = OPT_OUTS[what]
        told = f"{reason}: {why}" if why else f"{reason}."
        stop = what is not What.RESUMED
        found.append(
            OptOut(
                f"opt-out:{mark}", Channel.EMAIL, address, source, told, raw, stop=stop, provider_id=message
            )
        )
    if what in STATES and message:
        state = STATES[what]
        failure = (why or "It could not be delivered.") if state is MessageState.FAILED else ""
        found.append(kept.progress(f"progress:{mark}", message, state, failure))
    return found or [Unknown(f"unknown:{mark}", raw)]


def mail(raw: bytes, sender: Any = None, recipient: Any = "") -> list[Event]:
    """A whole mail that came in."""
    return read(mime.parse(raw, _text(sender) if sender is not None else None, _text(recipient)))


def parts(
    headers: list[tuple[str, str]],
    text: Any,
    html: Any,
    files: tuple[InboundMedia, ...] = (),
    sender: Any = None,
) -> list[Event]:
    """A mail that the service has taken apart."""
    envelope = _text(sender) if sender is not None else None
    return read(mime.of_parts(headers, _text(text), _text(html), files, (), envelope))


def mark_of(raw: Any) -> str:
    return hashlib.sha256(orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)).hexdigest()


def body(request: Request) -> Any:
    """The JSON of a request, as PostgreSQL can keep it. Raises InvalidInput."""
    try:
        return documents.storable(orjson.loads(request.body))
    except orjson.JSONDecodeError as error:
        raise InvalidInput("The body is not JSON", "Send what the e-mail service documents") from error
    except RecursionError as error:
        raise InvalidInput(
            "The body is nested too deeply", "Send what the e-mail service documents"
        ) from error


def each(found: Any) -> Iterator[dict[str, Any]]:
    """The reports in a body that is one of them or a list."""
    for one in found if isinstance(found, list) else [found]:
        yield one if isinstance(one, dict) else {"unread": one}


def form(request: Request) -> tuple[dict[str, bytes], list[InboundMedia]]:
    """Fields and files of a form, urlencoded or multipart (RFC 7578); the first of each name."""
    kind = request.headers.get("content-type", "")
    if "multipart/form-data" not in kind.lower():
        try:
            pairs = parse_qsl(request.body, keep_blank_values=True, max_num_fields=1000)
        except ValueError as error:
            raise InvalidInput("The form has too many fields", "Send what the service documents") from error
        return {name.decode("utf-8", "replace"): value for name, value in reversed(pairs)}, []
    head = (
        b"Content-Type: "
        + kind.replace("\n", " ").replace("\r", " ").encode("latin-1", "replace")
        + b"\r\n\r\n"
    )
    fields: dict[str, bytes] = {}
    files: list[InboundMedia] = []
    for part in _form_parts(head + request.body):
        content = part.get_payload(decode=True)
        content = content if isinstance(content, bytes) else b""
        name, file = (_parameter(part, each) for each in ("name", "filename"))
        if file:
            files.append(InboundMedia(part.get_content_type()[:100], mime.clean(file, 200), content=content))
        fields.setdefault(name, content)
    return fields, files


def letters(value: bytes | None) -> str:
    return mime.clean((value or b"").decode("utf-8", "replace"), mime.LONGEST_HTML)


def _form_parts(raw: bytes) -> list[Message]:
    try:
        inside = BytesParser(policy=compat32).parsebytes(raw).get_payload()
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
        return []
    return [each for each in inside if isinstance(each, Message)] if isinstance(inside, list) else []


def _parameter(part: Message, name: str) -> str:
    try:
        found = part.get_param(name, "", "Content-Disposition")
    except (ValueError, LookupError, TypeError):
        return ""
    return str(found[2] if isinstance(found, tuple) else found)


def _text(value: Any) -> str:
    return (
        mime.clean(str(value), mime.LONGEST_HTML)
        if isinstance(value, str | int) and value is not True
        else ""
    )
