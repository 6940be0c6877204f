"""The far end of the sandbox: one person's phone (or mailbox) on one channel."""

from __future__ import annotations

import http.client
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import orjson

from stopline.providers.sandbox import receipts
from stopline.providers.sandbox.receipts import SandboxReceipt
from stopline.rules.words import Channel

TIMEOUT = 30  # seconds; a STOP may wait at the door for a hand-off in flight


@dataclass(frozen=True, slots=True)
class Answer:
    """What the inbound endpoint said. `problem` is its own explanation, empty where it took the message."""

    status: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Phone:
    """`token` names the connection whose messages arrive here, `sender` whom they come from."""

    token: str
    sender: str
    channel: Channel
    address: str

    def received(self, data: Path, most: int = 50) -> list[SandboxReceipt]:
        """What was handed over to this address, newest first."""
        return receipts.look(data, self.token, self.channel, self.address, most)

    def write(self, text: str) -> Answer:
        """Sends a message as a provider would: over HTTP, to the same endpoint, with an id of its own."""
        body = {
            "id": f"phone-{uuid.uuid4().hex}",
            "channel": self.channel.value,
            "from": self.address,
            "to": self.sender,
            "text": text,
        }
        place = urlsplit(_internal_url())
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        connection = kind(place.hostname or "127.0.0.1", place.port, timeout=TIMEOUT)
        path = f"{place.path}/inbound/sandbox/{quote(self.token, safe='')}"
        try:
            connection.request("POST", path, orjson.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return Answer(answer.status, "" if answer.status < 300 else _problem(answer.read()))
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, f"The endpoint can't be reached ({error}). Is the web process running?")
        finally:
            connection.close()


def _internal_url() -> str:
    return os.environ.get("STOPLINE_INTERNAL_URL") or f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"


def _problem(body: bytes) -> str:
    """The words of a problem document (RFC 9457)."""
    try:
        found = orjson.loads(body)
        return f"{found['title']}. {found.get('detail', '')}".strip()
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return body[:200].decode(errors="replace") or "It gave no reason."
