"""Meta's Graph API: its address, a way to ask it something, and WhatsApp ids as phone numbers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import aiohttp

from stopline.providers import http
from stopline.providers.base import Way
from stopline.providers.documents import document
from stopline.providers.errors import Misconfigured, TryLater
from stopline.rules.errors import InvalidInput

GRAPH = "https://graph.facebook.com"
# Introduced 29 July 2026, and no end named yet (Graph API changelog, read 23 November 2026).
VERSION = "v26.0"
LONGEST_ID = 120  # characters of a provider's id that are kept

# Numbers whose WhatsApp id isn't their E.164 form: Mexico's 1 behind the country code, which is dialled no more, and
# Brazil's mobile numbers without the 9 in front. Unmended, a STOP would be kept for another address than ours.
MEXICO = re.compile(r"521(\d{10})")
BRAZIL = re.compile(r"55(\d{2})([6-9]\d{7})")


def url(path: str) -> str:
    return f"{GRAPH}/{VERSION}/{path}"


def bearer(way: Way) -> dict[str, str]:
    """Raises Misconfigured where there is no token, or one that can be no header."""
    token = way.credentials.get("access_token", "").strip()
    if not token or not token.isascii() or not token.isprintable():
        raise Misconfigured("The access token is missing or no token. An admin can enter it again.")
    return {"Authorization": f"Bearer {token}"}


async def get(
    session: aiohttp.ClientSession, way: Way, address: str, query: Mapping[str, str] | None = None
) -> http.Answer:
    """Asks something, which sends nothing to anybody. Raises TryLater."""
    try:
        async with session.get(address, headers=bearer(way), params=query, allow_redirects=False) as got:
            return http.Answer(got.status, await got.read(), got.headers)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise TryLater("Meta can't be reached. Try again in a few minutes.") from error


def found(body: bytes) -> dict[str, Any]:
    """A JSON object; an empty one where it is none."""
    try:
        return document(body)
    except InvalidInput:
        return {}


def phone(wa_id: str) -> str:
    """E.164 of a WhatsApp id or of the number a message came from."""
    digits = wa_id.strip().removeprefix("+")
    if mexican := MEXICO.fullmatch(digits):
        digits = f"52{mexican[1]}"
    elif brazilian := BRAZIL.fullmatch(digits):
        digits = f"55{brazilian[1]}9{brazilian[2]}"
    return f"+{digits}"


def kept(provider_id: str) -> str:
    """An id as it is stored: itself, or what stands for one that is too long."""
    return provider_id if len(provider_id) <= LONGEST_ID else hashlib.sha256(provider_id.encode()).hexdigest()
