"""A member of the account in a process of their own, as a web process is: `python -m tests.promise.colleague` in the
environment of a running copy. Reads one command a line and answers in one line, both JSON.

{"do": "open", "people": 3000, "run": 1} makes an account with so many contacts, whose numbers no other run has
{"do": "send", "account": id} sends a broadcast to all of them; then "pause", "resume", "cancel" with its id
Every answer has "done_ns": when the verb had returned, in nanoseconds since 1970.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CONFIRMATION = "You are unsubscribed. Reply START to get messages again."
PEOPLE = """
INSERT INTO contacts_contact (account_id, id, first_name, last_name, phone, custom, notes, origin, created_at,
    updated_at)
SELECT %(account)s, uuidv7(), 'Contact', n::text, '+1' || (2015550100 + (%(run)s * 100000 + n) * 10), '{}', '', '',
    now(), now()
FROM generate_series(1, %(people)s) n
"""


class Colleague:
    """The test's side: calls verbs in the other process."""

    def __init__(self, copy: Any) -> None:
        environment = {**copy.environment, "DJANGO_SETTINGS_MODULE": "stopline.project.settings"}
        environment["DATABASE_URL"] = (copy.data / "postgres" / "url").read_text().strip()
        self.process = subprocess.Popen(
            [copy.python, "-m", "tests.promise.colleague"],
            env=environment,
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, do: str, **words: Any) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"do": do, **words}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the colleague ended with {self.process.wait()}"
        return dict(json.loads(answer))

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


def listen() -> None:
    import django

    django.setup()
    from django.db import close_old_connections

    for line in sys.stdin:
        words = json.loads(line)
        close_old_connections()  # the database may have been killed meanwhile
        told = VERBS[words.pop("do")](**words)
        sys.stdout.write(json.dumps({**told, "done_ns": time.time_ns()}) + "\n")
        sys.stdout.flush()


def open_account(people: int, run: int) -> dict[str, Any]:
    from django.db import connection as database

    from tests import make

    account = make.account(f"Larkspur {run}", confirmation_text=CONFIRMATION)
    make.member(account)
    way = make.connection(account)
    with database.cursor() as cursor:
        cursor.execute(PEOPLE, {"account": account.id, "people": people, "run": run})
        cursor.execute("SELECT phone FROM contacts_contact WHERE account_id = %s ORDER BY id", [account.id])
        addresses = [row[0] for row in cursor.fetchall()]
    return {"account": str(account.id), "token": way.token, "addresses": addresses}


def send(account: str) -> dict[str, Any]:
    from stopline.apps.accounts.models import Member
    from stopline.apps.broadcasts import broadcast, composing, lookup

    by = Member.objects.select_related("account").get(account_id=account)
    made = broadcast.create(by, "To everybody")
    # A service message: marketing would wait for the morning, wherever this test runs.
    broadcast.change(made, purpose="service", include=[{}], channels=["sms"])
    composing.write(made, "sms", text="Hello {{ first_name }} {{ last_name }}")
    broadcast.send(by, lookup.find(by.account_id, made.id))
    return {"broadcast": str(made.id)}


def verb(name: str) -> Any:
    def call(account: str, broadcast: str) -> dict[str, Any]:
        from uuid import UUID

        from stopline.apps.broadcasts import broadcast as broadcasts
        from stopline.apps.broadcasts import lookup

        getattr(broadcasts, name)(lookup.find(UUID(account), UUID(broadcast)))
        return {}

    return call


VERBS: dict[str, Any] = {
    "open": open_account,
    "send": send,
    **{name: verb(name) for name in ("pause", "resume", "cancel")},
}

if __name__ == "__main__":
    os.umask(0o077)
    listen()
