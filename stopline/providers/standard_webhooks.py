"""Signatures of Standard Webhooks (standardwebhooks.com, specification read 23 November 2026), both ways.

Three headers: webhook-id, webhook-timestamp (Unix seconds) and webhook-signature, which holds one or more `v1,<base64>`
set apart by spaces: HMAC-SHA256 of `id.timestamp.body`. A secret is `whsec_` and 24 to 64 bytes in base64; while one is
being replaced, both sign and both are accepted. Why not with the `standardwebhooks` library: a hostile header makes it
raise errors it doesn't name. The tests let that library check what is signed here, and the other way round.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Iterable, Mapping

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX = "whsec_"
TOLERANCE = 300  # seconds either way; an older request is a replay
LEAST_KEY, MOST_KEY = 24, 64  # bytes
MOST_SIGNATURES = 20


class BadSecret(Exception):
    """A signing secret is whsec_ and 24 to 64 bytes in base64."""


class Forged(Exception):
    """`str` says why, for people."""


def key(secret: str) -> bytes:
    """Raises BadSecret."""
    text = secret.strip().removeprefix(PREFIX).rstrip("=")
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSecret(BadSecret.__doc__) from error
    if not LEAST_KEY <= len(found) <= MOST_KEY:
        raise BadSecret(BadSecret.__doc__)
    return found


def sign(secrets: Iterable[str], id_: str, body: bytes, now: float | None = None) -> dict[str, str]:
    """The three headers. Raises BadSecret."""
    timestamp = str(int(time.time() if now is None else now))
    signatures = " ".join(f"v1,{_signature(key(secret), id_, timestamp, body)}" for secret in secrets)
    return {ID: id_, TIMESTAMP: timestamp, SIGNATURE: signatures}


def verify(secrets: Iterable[str], headers: Mapping[str, str], body: bytes, now: float | None = None) -> None:
    """`headers` with lower-case names. One signature that fits one secret is enough. Raises Forged, BadSecret."""
    id_, timestamp, given = (headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    if not (id_ and timestamp and given):
        raise Forged(f"It needs the headers {ID}, {TIMESTAMP} and {SIGNATURE}")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise Forged(f"{TIMESTAMP} is not a number of seconds since 1970")
    if abs((time.time() if now is None else now) - int(timestamp)) > TOLERANCE:
        raise Forged(f"It was signed more than {TOLERANCE // 60} minutes ago, or ahead of time")
    told = [each.removeprefix("v1,") for each in given.split()[:MOST_SIGNATURES] if each.startswith("v1,")]
    wanted = [_signature(key(secret), id_, timestamp, body) for secret in secrets]
    fits = [hmac.compare_digest(one.encode(), other.encode()) for one in wanted for other in told]
    if not any(fits):
        raise Forged("The signature does not fit the body and the signing secret")


def _signature(opened: bytes, id_: str, timestamp: str, body: bytes) -> str:
    signed = hmac.new(opened, f"{id_}.{timestamp}.".encode() + body, hashlib.sha256)
    return base64.b64encode(signed.digest()).decode()
