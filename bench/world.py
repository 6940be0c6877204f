"""What every workload needs: the running copy, the business in it, and somebody signed in."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Any

import psutil
import psycopg

from bench import installation, people
from bench.gateway import Far
from bench.people import Business
from tests.doors.cli.copies import Copy

PEOPLE = 100_000
REGULARS = 10_000  # the first ones write and are written to again and again; the others have never stopped


@dataclass
class World:
    copy: Copy
    business: Business
    far: Far  # a gateway apart from the web process; where STOPLINE_SANDBOX_URL says so, texts go to it
    environment: Mapping[str, str] = field(default_factory=dict)  # of its processes, beyond a copy's own
    _runs: Any = field(default_factory=lambda: count(time.time_ns() // 10**8 % 10**7 * 10))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.copy.port}"

    @property
    def inbound(self) -> str:
        return f"{self.address}/inbound/sandbox/{self.business.token}"

    @property
    def database_url(self) -> str:
        return installation.url(self.copy)

    def database(self) -> psycopg.Connection:
        return installation.database(self.copy)

    def run(self) -> int:
        """A number of at most eight digits that no other run had: ids and numbers made with it are new."""
        return next(self._runs)

    @cached_property
    def next_fresh(self) -> int:
        """The first contact who has never stopped: the data folder may hold an earlier bench."""
        with self.database() as database:
            row = database.execute(
                "SELECT max(address) FROM consent_subscription WHERE channel = 'sms' AND address ~ '^.1201[0-9]{7}$'"
            ).fetchone()
        last = int(row[0][5:]) - int(people.phone(0)[5:]) if row and row[0] else 0
        return max(REGULARS, last + 1)

    def stopped(self, number: int) -> None:
        """So many contacts from `next_fresh` on have stopped now."""
        self.next_fresh += number

    @cached_property
    def browser(self) -> Any:
        """Django's test client, signed in: its cookies are good for every door."""
        from django.test import Client

        client = Client(headers={"host": f"127.0.0.1:{self.copy.port}"})
        client.force_login(self.business.admin.user)
        return client

    @property
    def cookies(self) -> str:
        return "; ".join(f"{name}={morsel.value}" for name, morsel in self.browser.cookies.items())

    @cached_property
    def form_token(self) -> str:
        from django.conf import settings

        self.browser.get("/contacts/add/")
        return str(self.browser.cookies[settings.CSRF_COOKIE_NAME].value)

    @property
    def worker(self) -> psutil.Process:
        return self.copy.part("worker")

    def forget_queue(self) -> None:
        with self.database() as database:
            database.execute("DELETE FROM sending_message WHERE state = 'queued'")

    def settle(self, seconds: float = 60) -> None:
        """Until nothing is due or on its way any more."""
        query = """SELECT count(*) FROM sending_message
            WHERE (state = 'queued' AND due_at < now()) OR state = 'handing_over'"""
        deadline = time.monotonic() + seconds
        with self.database() as database:
            while (row := database.execute(query).fetchone()) and row[0] and time.monotonic() < deadline:
                time.sleep(0.2)
