"""Tells every open browser that something changed: names of things only, never content.

A browser fetches what it shows through the ordinary view, so there is one rendering and one permission path.
The notice leaves after the commit, on a connection of its own: inside the transaction NOTIFY would take a lock
that lets only one transaction of the whole database commit at a time. A process that dies between commit and
notice costs an open page one refresh, never data.
"""

from __future__ import annotations

import atexit
import queue
import threading
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import structlog
from django.db import connections, transaction

CHANNEL = "stopline_live"
LEFT = "left"  # told to a user, not to an account: they were removed from one, so their streams end
# Many changes within this many seconds become one round trip; far below the second people are promised.
GATHER = 0.02
NOTIFY = "SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) payload"
log = structlog.get_logger(__name__)


def announce(account_id: UUID, *topics: str) -> None:
    """After the current transaction has committed, tell open pages of the account. A topic has no space.

    A user's id in place of the account's tells that user's pages, whichever account they work in.
    """
    transaction.on_commit(partial(announce_now, account_id, *topics))


def announce_now(account_id: UUID, *topics: str) -> None:
    """For code that runs outside Django's transactions and has committed already."""
    _announcer.put(f"{account_id} {' '.join(topics)}")


class _Announcer:
    """A thread with a connection of its own; started by the first notice in a process."""

    def __init__(self) -> None:
        self.notices: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.thread: threading.Thread | None = None
        self.lock = threading.Lock()
        self.connection: psycopg.Connection | None = None

    def put(self, notice: str) -> None:
        with self.lock:
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self.run, name="announcer", daemon=True)
                self.thread.start()
        self.notices.put(notice)

    def run(self) -> None:
        closing = False
        while not closing:
            gathered = self.gather()
            closing = None in gathered
            if payloads := sorted({notice for notice in gathered if notice}):
                self.send(payloads)
        if self.connection:
            self.connection.close()

    def send(self, payloads: list[str]) -> None:
        """Twice, if need be: the first finds out that the database was started anew since the last notice."""
        for _ in range(2):
            try:
                self.connection = self.connection or _connect()
                self.connection.execute(NOTIFY, [CHANNEL, payloads])
                return
            except psycopg.Error as error:
                log.warning("live.notice_not_sent", error=str(error))
                self.connection = None

    def gather(self) -> list[str | None]:
        gathered = [self.notices.get()]
        if gathered[0] is not None:
            threading.Event().wait(GATHER)
        while not self.notices.empty():
            gathered.append(self.notices.get())
        return gathered

    def close(self) -> None:
        """Lets a short-lived process (a CLI command) say what it has changed before it ends."""
        if self.thread and self.thread.is_alive():
            self.notices.put(None)
            self.thread.join(2)


def connection_parameters() -> dict[str, Any]:
    """How to reach Django's database with a connection of one's own.

    Its statements are planned each time: a worker's are few and large, and a plan kept from when the tables were
    empty would read them whole.
    """
    parameters = connections["default"].get_connection_params()
    unfit = ("context", "cursor_factory", "pool")
    return {
        **{key: value for key, value in parameters.items() if key not in unfit},
        "prepare_threshold": None,
    }


def _connect() -> psycopg.Connection:
    connection = psycopg.connect(**connection_parameters(), autocommit=True)
    connection.execute("SET synchronous_commit = off")  # a notice has nothing to make durable
    return connection


_announcer = _Announcer()
close = atexit.register(_announcer.close)
