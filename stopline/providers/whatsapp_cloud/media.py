"""Files people sent: GET /<media id> names a web address, good for five minutes (Media, read 23 November 2026)."""

from __future__ import annotations

import re
from dataclasses import replace

import aiohttp

from stopline.providers import http
from stopline.providers.base import InboundMedia, Way
from stopline.providers.errors import Misconfigured, TryLater
from stopline.providers.whatsapp_cloud import failures, graph
from stopline.rules.errors import NotFound

MEDIA_ID = re.compile(r"\w{1,80}", re.ASCII)
LARGEST = 25_000_000  # bytes; WhatsApp lets people send documents of up to 100 MB
A_WHILE = aiohttp.ClientTimeout(total=120, connect=3)
GONE = "WhatsApp doesn't have this file (any more): it keeps them for a week"
AGAIN = "Ask the contact to send it again"


async def fetch(way: Way, media: InboundMedia) -> InboundMedia:
    """The file with its content. Raises TryLater, Misconfigured, NotFound."""
    if not MEDIA_ID.fullmatch(media.url):
        raise NotFound(GONE, AGAIN)
    async with http.client() as session:
        answer = await graph.get(session, way, graph.url(media.url))
        _require(answer)
        about = graph.found(answer.body)
        address = about.get("url")
        if not isinstance(address, str) or not address:
            raise TryLater("Meta's answer could not be read. Try again in a few minutes.")
        content = await _content(session, way, address)
    kind = about.get("mime_type")
    return replace(
        media, content=content, content_type=kind[:100] if isinstance(kind, str) else media.content_type
    )


def _require(answer: http.Answer) -> None:
    if answer.status == 200:
        return
    match failures.of_answer(answer):
        case Misconfigured() as error if answer.status in (401, 403):
            raise error
        case TryLater() as error:
            raise error
    if answer.status >= 500:
        raise TryLater("Meta could not give the file just now. Try again in a few minutes.")
    raise NotFound(GONE, AGAIN)


async def _content(session: aiohttp.ClientSession, way: Way, address: str) -> bytes:
    """Raises NotFound for a file that is too large; nothing more of it is read then."""
    try:
        async with session.get(
            address, headers=graph.bearer(way), timeout=A_WHILE, allow_redirects=False
        ) as got:
            if got.status != 200:
                _require(http.Answer(got.status, await got.content.read(10_000), got.headers))
            parts, size = [], 0
            async for part in got.content.iter_chunked(65_536):
                parts.append(part)
                size += len(part)
                if size > LARGEST:
                    raise NotFound(f"The file is larger than {LARGEST // 1_000_000} MB", AGAIN)
            return b"".join(parts)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise TryLater("The file could not be fetched whole. Try again in a few minutes.") from error
