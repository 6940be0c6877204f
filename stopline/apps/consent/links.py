"""Links to the preference page: whoever holds one may speak for its address, so nobody can make one up.

An e-mail's is a sealed token: account, channel, address and time of making, encrypted and authenticated (AES-SIV,
RFC 5297) under a key derived from the installation's secret. It gives nothing away, needs no row, and a changed or
invented one fails its check in constant time. A text's is ten random characters that stand for a row (59 bits; the
door counts wrong guesses). Both end when the account withdraws its links.
"""

from __future__ import annotations

import base64
import secrets
import string
from binascii import Error as NotBase64
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils import timezone

from stopline.apps.accounts.models import Account
from stopline.apps.consent.models import Link, PreferencePage
from stopline.rules.words import Channel

LETTERS = string.ascii_letters + string.digits
SHORT = 10  # characters of a short link's code
SAMPLE = "your-links"
LONGEST = 600  # characters; a token of the longest address has fewer
PURPOSE = b"stopline preference link 1"
# One byte each, for ever: links live as long as the mails they are in.
BYTES = {Channel.SMS: b"s", Channel.MMS: b"m", Channel.WHATSAPP: b"w", Channel.RCS: b"r", Channel.EMAIL: b"e"}
CHANNELS_BY_BYTE = {byte: channel for channel, byte in BYTES.items()}
FIXED = 16 + 4 + 1  # bytes before the address: account, seconds since 1970, channel
BLOCK = 16  # padded to whole blocks, so that the length tells little of the address

# The short links of many addresses, made where there was none; one withdrawn since its making gets another code.
# Parameters: arrays accounts, channels, addresses, codes (a new one for each). Result: account, channel, address, code.
# Index: link_once_an_address.
SHORT_LINKS = """
WITH asked AS (
    SELECT k.*, p.links_since
    FROM unnest(%(accounts)s::uuid[], %(channels)s::text[], %(addresses)s::text[], %(codes)s::text[])
        AS k(account_id, channel, address, code)
    LEFT JOIN consent_preferencepage p ON p.account_id = k.account_id
), made AS (
    INSERT INTO consent_link AS l (account_id, code, channel, address, made_at)
    SELECT account_id, code, channel, address, clock_timestamp() FROM asked
    WHERE NOT EXISTS (SELECT FROM consent_link h WHERE (h.account_id, h.channel, h.address)
        = (asked.account_id, asked.channel, asked.address) AND h.made_at >= coalesce(asked.links_since, '-infinity'))
    ORDER BY account_id, channel, address
    ON CONFLICT (account_id, channel, address) DO UPDATE SET code = excluded.code, made_at = excluded.made_at
    RETURNING account_id, channel, address, code
)
SELECT account_id, channel, address, code FROM made
UNION ALL
SELECT h.account_id, h.channel, h.address, h.code FROM asked JOIN consent_link h
    ON (h.account_id, h.channel, h.address) = (asked.account_id, asked.channel, asked.address)
        AND h.made_at >= coalesce(asked.links_since, '-infinity')
"""


@dataclass(frozen=True, slots=True)
class Held:
    """What a link opens: the page of one address of one account."""

    account: Account
    page: PreferencePage
    channel: Channel
    address: str


def unsubscribe_url(account_id: UUID, channel: Channel | str, address: str) -> str:
    """For `List-Unsubscribe` (RFC 8058 section 3.1: an opaque, hard-to-forge component) and the text of an e-mail."""
    return _url(token(account_id, channel, address))


def short_url(account_id: UUID, channel: Channel | str, address: str) -> str:
    """For texts. The same one each time for an address; made on first use, anew after a withdrawal."""
    key = {"account_id": account_id, "channel": str(channel), "address": address}
    link, _ = Link.objects.get_or_create(**key, defaults={"code": _new_code()})
    since = preference_page(account_id).links_since
    if since and link.made_at < since:
        Link.objects.filter(**key, made_at__lt=since).update(code=_new_code(), made_at=timezone.now())
        link = Link.objects.get(**key)
    return _url(link.code)


def sample_url() -> str:
    """As long as a short link and nobody's: no code has a hyphen."""
    return _url(SAMPLE)


async def short_urls(
    cursor: psycopg.AsyncCursor[Any], keys: Collection[tuple[UUID, str, str]]
) -> dict[tuple[UUID, str, str], str]:
    """`short_url` for many (account, channel, address) at once."""
    if not keys:
        return {}
    wanted = sorted(set(keys), key=str)
    columns = {
        "accounts": [account for account, _, _ in wanted],
        "channels": [channel for _, channel, _ in wanted],
        "addresses": [address for _, _, address in wanted],
        "codes": [_new_code() for _ in wanted],
    }
    await cursor.execute(SHORT_LINKS, columns)
    return {
        (account, channel, address): _url(code) for account, channel, address, code in await cursor.fetchall()
    }


def token(account_id: UUID, channel: Channel | str, address: str, at: datetime | None = None) -> str:
    """The sealed token; letters, digits, - and _."""
    made = int((at or timezone.now()).timestamp())
    told = account_id.bytes + made.to_bytes(4, "big") + BYTES[Channel(channel)] + address.encode()
    padded = told + bytes(-len(told) % BLOCK)
    sealed = _seal(settings.SECRET_KEY).encrypt(padded, [PURPOSE])
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def held(text: str, *, withdrawn: bool = False) -> Held | None:
    """What this token or code opens; None for a wrong or (unless asked for) withdrawn one, all alike."""
    found = _short(text) if len(text) == SHORT else _sealed(text)
    if found is None:
        return None
    account_id, channel, address, made = found
    account = Account.objects.filter(id=account_id).first()
    page = preference_page(account_id)
    ended = page.links_since is not None and made < page.links_since
    if account is None or (ended and not withdrawn):
        return None
    return Held(account, page, channel, address)


def preference_page(account_id: UUID) -> PreferencePage:
    found = PreferencePage.objects.filter(account_id=account_id).first()
    return found or PreferencePage(account_id=account_id)


def _short(code: str) -> tuple[UUID, Channel, str, datetime] | None:
    if not set(code) <= set(LETTERS):  # PostgreSQL refuses to look for some, NUL for one
        return None
    found = list(Link.objects.filter(code=code)[:2])
    # Two accounts that drew the same ten characters: neither person may act for the other.
    if len(found) != 1:
        return None
    return found[0].account_id, Channel(found[0].channel), found[0].address, found[0].made_at


def _sealed(text: str) -> tuple[UUID, Channel, str, datetime] | None:
    if len(text) > LONGEST:
        return None
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (NotBase64, ValueError):
        return None
    told = _opened(sealed)
    if told is None:
        return None
    made = datetime.fromtimestamp(int.from_bytes(told[16:20], "big"), UTC)
    address = told[FIXED:].rstrip(b"\x00").decode()
    return UUID(bytes=told[:16]), CHANNELS_BY_BYTE[told[20:21]], address, made


def _opened(sealed: bytes) -> bytes | None:
    """A secret that was replaced goes on opening the links made under it while it is among the fallbacks."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return _seal(secret).decrypt(sealed, [PURPOSE])
        except (InvalidTag, ValueError):
            continue
    return None


@lru_cache(maxsize=4)
def _seal(secret: str) -> AESSIV:
    return AESSIV(HKDF(SHA256(), 64, salt=None, info=PURPOSE).derive(secret.encode()))


def _new_code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(SHORT))


def _url(text: str) -> str:
    return f"{settings.PUBLIC_URL}/u/{text}/"
