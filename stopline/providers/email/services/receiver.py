"""What the services' webhooks have in common."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import orjson

from stopline.providers.base import Event, Reply, Request, SendsNoMedia, Unknown, Way
from stopline.providers.email import kept
from stopline.providers.email.services import reading
from stopline.rules.errors import InvalidInput, NotAllowed

# Whatever a service should send and doesn't: a report of another shape is kept, never an exception.
ODD = (KeyError, TypeError, ValueError, AttributeError, LookupError)
OLDEST = 300  # seconds; a signature with an older time is a replay
UNSIGNED = "This request is not signed by the e-mail service"
COMPARE = "Compare the signing key here with the one the service shows"


class ServiceReceiver(SendsNoMedia):
    def verify(self, request: Request, way: Way) -> None:
        """For services that sign nothing: the secret is in the address, which the door has compared already."""

    def handshake(self, request: Request, way: Way) -> Reply | None:
        return None

    def read(self, request: Request) -> list[Event]:
        if again := _again(request):
            return [again]
        try:
            return self.events(request)
        except InvalidInput:
            raise
        except ODD:
            return [_unread(request)]

    def events(self, request: Request) -> list[Event]:
        """Every event in the request. May raise InvalidInput, and any of ODD where it makes no sense."""
        found: list[Event] = []
        for report in reading.each(reading.body(request)):
            try:
                found += self.report(report)
            except ODD:  # one odd report never sinks a batch
                found += reading.events(None, report)
        return found

    def report(self, report: dict[str, Any]) -> list[Event]:
        raise NotImplementedError


def signed(key: str, said: str, content: bytes, digest: str = "sha256") -> bool:
    """Whether `said` is the hexadecimal HMAC of the content."""
    expected = hmac.new(key.encode(), content, digest).hexdigest()
    return bool(key) and hmac.compare_digest(expected.encode(), said.encode())


def not_signed() -> NotAllowed:
    return NotAllowed(UNSIGNED, COMPARE)


def _again(request: Request) -> Event | None:
    """An event that was kept. Only a JSON object is one, and only of a certain shape."""
    if request.body[:1] != b"{":
        return None
    try:
        return kept.read(orjson.loads(request.body))
    except (orjson.JSONDecodeError, RecursionError):
        return None


def _unread(request: Request) -> Unknown:
    raw = {"unread": reading.letters(request.body[:20_000])}
    return Unknown(f"unknown:{hashlib.sha256(request.body).hexdigest()}", raw)
