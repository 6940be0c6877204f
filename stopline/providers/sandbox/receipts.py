"""What the sandbox received: its own memory, apart from Stopline's database, so that it can testify against us."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

FILE = "sandbox-receipts.sqlite3"
TABLE = """
CREATE TABLE IF NOT EXISTS receipt (
    position INTEGER PRIMARY KEY, connection TEXT NOT NULL, message TEXT NOT NULL, provider_id TEXT NOT NULL,
    channel TEXT NOT NULL, sender TEXT NOT NULL, address TEXT NOT NULL, text TEXT NOT NULL,
    started_ns INTEGER NOT NULL, received_ns INTEGER NOT NULL, media TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX IF NOT EXISTS receipt_of_message ON receipt (connection, message);
CREATE INDEX IF NOT EXISTS receipt_of_address ON receipt (connection, channel, address, position);
"""
ADD_MEDIA = "ALTER TABLE receipt ADD COLUMN media TEXT NOT NULL DEFAULT '[]'"
APPEND = """
INSERT INTO receipt (connection, message, provider_id, channel, sender, address, text, started_ns, received_ns, media)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
OF_MESSAGE = """
SELECT connection, message, provider_id, channel, sender, address, text, started_ns, received_ns, media FROM receipt
WHERE connection = ? AND message = ? ORDER BY position
"""
ALL = """
SELECT connection, message, provider_id, channel, sender, address, text, started_ns, received_ns, media FROM receipt
ORDER BY position
"""
OF_ADDRESS = """
SELECT connection, message, provider_id, channel, sender, address, text, started_ns, received_ns, media FROM receipt
WHERE connection = ? AND channel = ? AND address = ? ORDER BY position DESC LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class SandboxReceipt:
    """One hand-off as the sandbox saw it. Times in nanoseconds since 1970: the sender's at its first byte, and ours."""

    connection: str
    message: str
    provider_id: str
    channel: str
    sender: str
    address: str
    text: str
    started_ns: int
    received_ns: int
    media: str = "[]"  # a JSON list of {"url", "content_type", "name"}


class Receipts:
    """An append-only log in the data folder. It is not unique by message: a message handed over twice shows."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.file = sqlite3.connect(data / FILE, isolation_level=None, check_same_thread=False, timeout=10)
        self.file.execute("PRAGMA journal_mode = WAL")
        self.file.execute("PRAGMA synchronous = OFF")  # it outlives a killed process, if not a power cut
        self.file.executescript(TABLE)
        if "media" not in [row[1] for row in self.file.execute("PRAGMA table_info(receipt)")]:
            self.file.execute(ADD_MEDIA)  # a file from before there were any

    def append(self, token: str, message: Mapping[str, Any], started_ns: int, received_ns: int) -> str:
        provider_id = f"sb-{uuid.uuid4().hex}"
        words = [str(message[name]) for name in ("channel", "from", "to", "text")]
        media = orjson.dumps(message.get("media", [])).decode()
        row = (connection_key(token), str(message["id"]), provider_id, *words, started_ns, received_ns, media)
        self.file.execute(APPEND, row)
        return provider_id

    def of_message(self, token: str, message: str) -> list[SandboxReceipt]:
        return self._select(OF_MESSAGE, connection_key(token), message)

    def of_address(self, token: str, channel: str, address: str, most: int = 50) -> list[SandboxReceipt]:
        """The newest first."""
        return self._select(OF_ADDRESS, connection_key(token), channel, address, most)

    def all(self) -> list[SandboxReceipt]:
        return self._select(ALL)

    def _select(self, query: str, *parameters: Any) -> list[SandboxReceipt]:
        return [SandboxReceipt(*row) for row in self.file.execute(query, parameters)]


def look(data: Path, token: str, channel: str, address: str, most: int = 50) -> list[SandboxReceipt]:
    """`of_address` for a reader: writes nothing, and where nothing was ever received there is nothing."""
    file = data / FILE
    if not file.exists():
        return []
    with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=10)) as reading:
        try:
            found = reading.execute(OF_ADDRESS, (connection_key(token), channel, address, most)).fetchall()
        except sqlite3.OperationalError:
            return []  # the file is there and its table not yet: the gateway is just starting
    return [SandboxReceipt(*row) for row in found]


def connection_key(token: str) -> str:
    """Names a connection without keeping its token."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]
