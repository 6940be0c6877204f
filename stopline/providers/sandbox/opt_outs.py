"""The sandbox's own list of opt-outs, apart from Stopline's database, as a provider's is."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from stopline.providers.sandbox.receipts import connection_key

FILE = "sandbox-opt-outs.sqlite3"
TABLE = """
CREATE TABLE IF NOT EXISTS opt_out (
    position INTEGER PRIMARY KEY AUTOINCREMENT, connection TEXT NOT NULL, channel TEXT NOT NULL, address TEXT NOT NULL,
    since REAL, UNIQUE (connection, channel, address)
);
"""
ADD_SINCE = "ALTER TABLE opt_out ADD COLUMN since REAL"
PAGE = """
SELECT position, channel, address, since FROM opt_out WHERE connection = ? AND position > ? ORDER BY position LIMIT ?
"""


class OptOuts:
    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.file = sqlite3.connect(data / FILE, isolation_level=None, check_same_thread=False, timeout=10)
        self.file.execute("PRAGMA journal_mode = WAL")
        self.file.executescript(TABLE)
        if "since" not in [row[1] for row in self.file.execute("PRAGMA table_info(opt_out)")]:
            self.file.execute(ADD_SINCE)  # a file from before it said when

    def add(self, token: str, channel: str, address: str) -> None:
        row = (connection_key(token), channel, address, time.time())
        self.file.execute(
            "INSERT OR IGNORE INTO opt_out (connection, channel, address, since) VALUES (?, ?, ?, ?)", row
        )

    def remove(self, token: str, channel: str, address: str) -> None:
        row = (connection_key(token), channel, address)
        self.file.execute("DELETE FROM opt_out WHERE connection = ? AND channel = ? AND address = ?", row)

    def page(self, token: str, after: int, most: int) -> tuple[list[dict[str, Any]], int | None]:
        """The next of them, and where the one after begins; None behind the last."""
        rows = self.file.execute(PAGE, (connection_key(token), after, most + 1)).fetchall()
        shown = rows[:most]
        found = [
            {"channel": channel, "address": address, "since": since} for _, channel, address, since in shown
        ]
        return found, shown[-1][0] if len(rows) > most else None
