"""Reads what a gateway posts to /inbound/webhook/<token> (docs/webhook-provider.md): one event, or {"events": […]}.

Alone, an event that can't be used is refused with what is wrong with it; among others it is kept as unknown, so that
one bad event never sinks a batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from stopline.providers import http, standard_webhooks
from stopline.providers.base import (
    Event,
    InboundMedia,
    OptOut,
    Progress,
    Received,
    Reply,
    Request,
    Unknown,
    Way,
)
from stopline.providers.documents import document
from stopline.providers.errors import Misconfigured, TryLater
from stopline.providers.webhook import secrets
from stopline.rules.errors import InvalidInput, NotAllowed, NotFound
from stopline.rules.words import CONSENT_CHANNELS, Channel, MessageState, Source

STATES = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "failed": MessageState.FAILED,
}
SOURCES = {each.value: each for each in (Source.PROVIDER, Source.COMPLAINT, Source.BOUNCE, Source.LINK)}
LONGEST_ID, LONGEST_ADDRESS, LONGEST_WORDS, LONGEST_TEXT, LONGEST_URL = 120, 254, 500, 100_000, 2_000
MOST_EVENTS, MOST_MEDIA = 500, 10
LARGEST_MEDIA = 25_000_000  # bytes
SEE = "See docs/webhook-provider.md"
Body = Mapping[str, Any]


class WebhookReceiver:
    def verify(self, request: Request, way: Way) -> None:
        try:
            standard_webhooks.verify(secrets.of(way), request.headers, request.body)
        except standard_webhooks.Forged as error:
            raise NotAllowed(
                str(error), "Sign the body as it is sent, with the secret of this connection"
            ) from error
        except standard_webhooks.BadSecret as error:
            raise NotAllowed(str(error), "Enter it again under Settings, Channels") from error

    def read(self, request: Request) -> list[Event]:
        body = document(request.body)
        if not isinstance(body.get("events"), list):
            return [_event(body)]
        if len(body["events"]) > MOST_EVENTS:
            raise InvalidInput(f"There are more than {MOST_EVENTS} events", "Send them in several requests")
        return [_among_others(each) for each in body["events"]]

    def handshake(self, request: Request, way: Way) -> Reply | None:
        return None

    async def fetch(self, way: Way, media: InboundMedia) -> InboundMedia:
        """From the address the gateway told, which must need no sign-in."""
        try:
            async with http.client() as session, session.get(media.url, allow_redirects=False) as got:
                if got.status == 429 or got.status >= 500:
                    raise TryLater
                if got.status != 200:
                    raise NotFound("The gateway no longer has this file", "Ask the contact to send it again")
                return InboundMedia(media.content_type, media.name, media.url, await _content(got))
        except (aiohttp.InvalidURL, Misconfigured) as error:
            raise NotFound("The file's address can't be used", "Ask the contact to send it again") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TryLater from error


async def _content(got: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for part in got.content.iter_chunked(65_536):
        content += part
        if len(content) > LARGEST_MEDIA:
            raise NotFound(
                f"The file is larger than {LARGEST_MEDIA // 1_000_000} MB", "Ask for a smaller one"
            )
    return bytes(content)


def _among_others(told: Any) -> Event:
    if not isinstance(told, dict):
        return _unknown({"event": told})
    try:
        return _event(told)
    except InvalidInput as error:
        return _unknown({**told, "problem": error.detail})


def _event(told: Body) -> Event:
    reader = READERS.get(str(told.get("type")))
    return reader(told) if reader else _unknown(told)


def _received(told: Body) -> Event:
    return Received(
        event_id=_text(told, "id", LONGEST_ID),
        channel=_channel(told),
        sender=_text(told, "from", LONGEST_ADDRESS),
        text=_text(told, "text", LONGEST_TEXT, needed=not told.get("media")),
        raw=told,
        automatic=told.get("automatic") is True,
        name=_text(told, "name", LONGEST_WORDS, needed=False)[:200],
        subject=_text(told, "subject", LONGEST_WORDS, needed=False),
        html=_text(told, "html", LONGEST_TEXT, needed=False),
        reply_to=_text(told, "reply_to", LONGEST_ID, needed=False),
        media=_media(told),
    )


def _progress(told: Body) -> Event:
    state = STATES.get(_text(told, "state", LONGEST_ID))
    if state is None:  # a later version may know it
        return _unknown(told)
    failure = _text(told, "reason", LONGEST_WORDS, needed=False) if state is MessageState.FAILED else ""
    return Progress(_text(told, "id", LONGEST_ID), _text(told, "message", LONGEST_ID), state, told, failure)


def _opt_out(told: Body) -> Event:
    """`opt_in` is the person's own, made at the gateway; nobody else's may be sent (the contract says so)."""
    stop = told["type"] == "opt_out"
    source = SOURCES.get(_text(told, "source", LONGEST_ID, needed=False) or Source.PROVIDER.value)
    if source is None:
        raise InvalidInput(f"`source` must be one of {', '.join(SOURCES)}", SEE)
    return OptOut(
        event_id=_text(told, "id", LONGEST_ID),
        channel=_channel(told),
        address=_text(told, "address", LONGEST_ADDRESS),
        source=source if stop else Source.PROVIDER,
        reason=_text(told, "reason", LONGEST_WORDS, needed=False) or DEFAULT_REASONS[stop],
        raw=told,
        stop=stop,
        provider_id=_text(told, "message", LONGEST_ID, needed=False),
        at=_at(told),
    )


DEFAULT_REASONS = {True: "Opted out at the gateway.", False: "Opted in again at the gateway."}
READERS: dict[str, Callable[[Body], Event]] = {
    "message.received": _received,
    "message.state": _progress,
    "opt_out": _opt_out,
    "opt_in": _opt_out,
}


def _text(told: Body, name: str, longest: int, *, needed: bool = True) -> str:
    """Raises InvalidInput. What isn't needed may be missing or empty."""
    found = told.get(name)
    if found is None and not needed:
        return ""
    if not isinstance(found, str) or (needed and not found.strip()):
        raise InvalidInput(f"`{name}` is missing or no text", SEE)
    if len(found) > longest:
        raise InvalidInput(f"`{name}` is longer than {longest:,} characters", "Send a shorter one")
    return found


def _channel(told: Body) -> Channel:
    if told.get("channel") not in list(CONSENT_CHANNELS):
        raise InvalidInput(f"`channel` must be one of {', '.join(CONSENT_CHANNELS)}", SEE)
    return Channel(told["channel"])


def _at(told: Body) -> datetime | None:
    text = _text(told, "at", LONGEST_ID, needed=False)
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidInput("`at` is not a time like 2026-11-23T09:30:00Z", SEE) from error
    if found and found.tzinfo is None:
        raise InvalidInput("`at` says no time zone", "End it with Z or with an offset like +01:00")
    return found


def _media(told: Body) -> tuple[InboundMedia, ...]:
    files = told.get("media") or []
    if (
        not isinstance(files, list)
        or len(files) > MOST_MEDIA
        or not all(isinstance(each, dict) for each in files)
    ):
        raise InvalidInput(f"`media` must be a list of at most {MOST_MEDIA} objects", SEE)
    return tuple(
        InboundMedia(
            _text(each, "content_type", 100, needed=False), _text(each, "name", 200, needed=False), _url(each)
        )
        for each in files
    )


def _url(told: Body) -> str:
    url = _text(told, "url", LONGEST_URL)
    try:
        usable = urlsplit(url).scheme in ("https", "http") and bool(urlsplit(url).hostname)
    except ValueError:
        usable = False
    if not usable:
        raise InvalidInput("`url` of a file must be a web address", SEE)
    return url


def _unknown(told: Body) -> Unknown:
    given = told.get("id")
    if isinstance(given, str) and 0 < len(given) <= LONGEST_ID:
        return Unknown(given, told)
    return Unknown(hashlib.sha256(orjson.dumps(dict(told), option=orjson.OPT_SORT_KEYS)).hexdigest(), told)
