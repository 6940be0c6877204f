"""X-Twilio-Signature: HMAC-SHA1 under the Auth token over the address called and the form's fields
(twilio.com/docs/usage/webhooks/webhooks-security, changed 13 August 2026).

A request whose body is no form carries the body's SHA-256 in its address, which the signature covers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit, urlunsplit

PORTS = {"https": 443, "http": 80}


def of(token: str, url: str, fields: Sequence[tuple[str, str]] = ()) -> str:
    """A repeated field counts once for each different value, in order."""
    told = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), told.encode(), hashlib.sha1).digest()).decode()


def fits(given: str, token: str, url: str, fields: Sequence[tuple[str, str]] | None, body: bytes) -> bool:
    """`fields` of a form; None for any other body. Twilio signs the port in some products and not in others."""
    if fields is None and not _body_fits(url, body):
        return False
    expected = [of(token, each, fields or ()) for each in _with_and_without_port(url)]
    return any(hmac.compare_digest(given.encode(), each.encode()) for each in expected)


def _body_fits(url: str, body: bytes) -> bool:
    told = parse_qs(urlsplit(url).query).get("bodySHA256", [""])[0]
    return hmac.compare_digest(told.lower().encode(), hashlib.sha256(body).hexdigest().encode())


def _with_and_without_port(url: str) -> list[str]:
    """As it is, without a port, and with the scheme's own; the host's capitals stay, since they are signed too."""
    parts = urlsplit(url)
    host = re.sub(r":\d*$", "", parts.netloc)
    without = urlunsplit(parts._replace(netloc=host))
    standard = urlunsplit(parts._replace(netloc=f"{host}:{PORTS.get(parts.scheme, 443)}"))
    return list(dict.fromkeys([url, without, standard]))
