"""Signs a request to Amazon (Signature Version 4), so that all of its SDK isn't needed for one call.

docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, read November 2026.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"


def sign(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    key_id: str,
    secret: str,
    region: str,
    service: str,
    now: datetime,
) -> dict[str, str]:
    """`headers` with host, time and signature added. `now` in UTC; `url` with its path encoded once."""
    place = urlsplit(url)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    signed = {**headers, "Host": place.netloc, "X-Amz-Date": stamp}
    canonical = {name.lower(): " ".join(value.split()) for name, value in signed.items()}
    names = ";".join(sorted(canonical))
    lines = (
        method,
        quote(place.path or "/", safe="/-_.~"),  # encoded once more than on the wire, for all but S3
        _query(place.query),
        *(f"{name}:{canonical[name]}" for name in sorted(canonical)),
        "",
        names,
        hashlib.sha256(body).hexdigest(),
    )
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    request = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    wanted = "\n".join((ALGORITHM, stamp, scope, request))
    signature = hmac.new(key, wanted.encode(), hashlib.sha256).hexdigest()
    credential = f"{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**signed, "Authorization": credential}


def _query(query: str) -> str:
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
