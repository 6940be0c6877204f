"""Mail that a mail server of the account's own hands on: over our mail door, or as a POST of the raw message."""

from __future__ import annotations

import orjson

from stopline.providers.base import Event, Reply, Request, SendsNoMedia, Way
from stopline.providers.email import kept
from stopline.providers.email.reading import read_bytes


class SmtpReceiver(SendsNoMedia):
    def verify(self, request: Request, way: Way) -> None:
        """The secret is in the address, which the door has compared already; SMTP signs nothing."""

    def read(self, request: Request) -> list[Event]:
        """A raw message (RFC 5322), or an event that was kept."""
        if request.body[:1] == b"{":
            try:
                if event := kept.read(orjson.loads(request.body)):
                    return [event]
            except orjson.JSONDecodeError:
                pass
        sender = request.headers.get("x-envelope-from")
        return read_bytes(request.body, sender, request.headers.get("x-envelope-to", ""))

    def handshake(self, request: Request, way: Way) -> Reply | None:
        return None
