"""Reading something from a service while its webhook waits: a certificate, a confirmation, the text of a mail."""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from stopline.providers import reach
from stopline.rules.errors import StoplineError

LARGEST = 25_000_000  # bytes
WITHIN = 5.0  # seconds


class OutOfReach(StoplineError):
    """The e-mail service could not be asked for the rest"""

    status = 503  # it comes again


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def get(url: str, headers: dict[str, str]) -> bytes:
    """The body of a GET over https to a public host. Raises OutOfReach, so that the service comes again."""
    try:
        _require_public(url)
        asked = urllib.request.Request(url, headers=headers)  # noqa: S310 (checked by _require_public)
        with _opener.open(asked, timeout=WITHIN) as answer:
            content: bytes = answer.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        error.close()
        raise OutOfReach(f"It answered {error.code}", "Send the event again") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise OutOfReach(str(error)[:200], "Send the event again") from None
    if len(content) > LARGEST:
        raise OutOfReach("What it answered is too large", "Ask the sender to send less")
    return content


def _require_public(url: str) -> None:
    place = urlsplit(url)
    if place.scheme != "https" and not _is_loopback(place.hostname or ""):
        raise OSError("Only https addresses are read")
    for found in socket.getaddrinfo(place.hostname, place.port or 443, type=socket.SOCK_STREAM):
        if not reach.allowed(str(found[4][0])):
            raise OSError("The address is not public")


def word(text: str) -> str:
    """A part of a path that can be nothing else. Raises ValueError."""
    if not re.fullmatch(r"[\w.-]{1,200}", text) or ".." in text:
        raise ValueError(text)
    return text


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
