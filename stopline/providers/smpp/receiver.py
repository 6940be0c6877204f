"""Reads what `arrivals` made of a gateway's deliver_sm. It comes over the session, never by HTTP."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from stopline.providers.base import Event, Progress, Received, Reply, Request, SendsNoMedia, Unknown, Way
from stopline.providers.documents import document
from stopline.rules.errors import NotAllowed
from stopline.rules.words import Channel, MessageState

STATES = {
    "ENROUTE": (MessageState.SENT, ""),
    "ACCEPTD": (MessageState.SENT, ""),
    "DELIVRD": (MessageState.DELIVERED, ""),
    "EXPIRED": (MessageState.FAILED, "The phone could not be reached in time"),
    "DELETED": (MessageState.FAILED, "The gateway deleted the message"),
    "UNDELIV": (MessageState.FAILED, "The gateway could not deliver the message"),
    "REJECTD": (MessageState.FAILED, "The network rejected the message"),
}
NO_ERROR = ("", "0", "00", "000", "0000")
LONGEST_ID = 120


class SmppReceiver(SendsNoMedia):
    def verify(self, request: Request, way: Way) -> None:
        """Nobody may post here: the gateway is known by the session we opened to it."""
        raise NotAllowed(
            "An SMPP connection takes nothing by HTTP", "Let the gateway deliver over its session"
        )

    def read(self, request: Request) -> list[Event]:
        return [_event(document(request.body))]

    def handshake(self, request: Request, way: Way) -> Reply | None:
        return None


def _event(told: dict[str, Any]) -> Event:
    words = {name: value for name, value in told.items() if isinstance(value, str)}
    id_ = words.get("id", "")
    if not 0 < len(id_) <= LONGEST_ID:
        return Unknown(hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest(), told)
    match words.get("kind"):
        case "message" if "from" in words and "text" in words:
            return Received(id_, Channel.SMS, words["from"], words["text"], told)
        case "receipt" if words.get("state") in STATES and 0 < len(words.get("message", "")) <= LONGEST_ID:
            state, failure = STATES[words["state"]]
            error = words.get("error", "")
            more = f" (error {error[:10]})" if error not in NO_ERROR else ""
            return Progress(id_, words["message"], state, told, f"{failure}{more}." if failure else "")
    return Unknown(id_, told)
