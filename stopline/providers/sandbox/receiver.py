"""Reads what the sandbox posts to /inbound/sandbox/<token>: messages and delivery states.

A message: {"id", "channel", "from", "to", "text"}. States: {"states": [{"id", "message", "state"}, ...]}.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from stopline.providers.base import Event, Progress, Received, Reply, Request, SendsNoMedia, Unknown, Way
from stopline.providers.documents import document
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CONSENT_CHANNELS, Channel, MessageState

STATES = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "failed": MessageState.FAILED,
}
LONGEST_ID = 120
LONGEST_TEXT = 100_000
FIELDS = ("id", "channel", "from", "to", "text")


class SandboxReceiver(SendsNoMedia):
    def verify(self, request: Request, way: Way) -> None:
        """The secret is in the address, which the door has compared already; the sandbox signs nothing."""

    def read(self, request: Request) -> list[Event]:
        body = document(request.body)
        if "states" in body and isinstance(body["states"], list):
            return [_progress(state) for state in body["states"] if isinstance(state, dict)]
        if "text" not in body and "type" in body:  # an event of a kind this version doesn't know
            return [Unknown(_event_id(body, request.body), body)]
        return [_received(body)]

    def handshake(self, request: Request, way: Way) -> Reply | None:
        return None


def _received(body: dict[str, Any]) -> Received:
    missing = [field for field in FIELDS if not isinstance(body.get(field), str)]
    if missing:
        raise InvalidInput(
            f"These fields are missing or no text: {', '.join(missing)}. Send all of {', '.join(FIELDS)}."
        )
    if not 0 < len(body["id"]) <= LONGEST_ID:
        raise InvalidInput(
            f"`id` must have 1 to {LONGEST_ID} characters; it tells a repeated message from a new one."
        )
    if body["channel"] not in CONSENT_CHANNELS:
        raise InvalidInput(f"`channel` must be one of {', '.join(CONSENT_CHANNELS)}.")
    if len(body["text"]) > LONGEST_TEXT:
        raise InvalidInput(f"`text` is longer than {LONGEST_TEXT} characters. Send a shorter one.")
    return Received(body["id"], Channel(body["channel"]), body["from"], body["text"], body)


def _progress(state: dict[str, Any]) -> Event:
    known = STATES.get(str(state.get("state")))
    message = state.get("message")
    if known is None or not isinstance(message, str):
        return Unknown(_event_id(state, orjson.dumps(state)), {"states": [state]})
    event_id = f"{message[:100]}:{known.value}"
    return Progress(
        event_id, message[:LONGEST_ID], known, {"states": [state]}, str(state.get("reason", ""))[:500]
    )


def _event_id(body: dict[str, Any], raw: bytes) -> str:
    given = body.get("id")
    return given[:LONGEST_ID] if isinstance(given, str) and given else hashlib.sha256(raw).hexdigest()
