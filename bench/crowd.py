"""An account of its own with many contacts, each table filled by one statement, and the broadcasts it sends."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bench.people import phone
from bench.world import World

PEOPLE = """
INSERT INTO contacts_contact (account_id, id, first_name, last_name, phone, email, custom, notes, origin, created_at,
    updated_at)
SELECT %(account)s, uuidv7(), (ARRAY['Ana', 'Ben', 'Chloé', 'Dmitri', 'Elif'])[1 + n %% 5], 'Number ' || n,
    '+1201' || (2000000 + n), 'person' || n || '@example.com', '{}', '', 'Bench', now(), now()
FROM generate_series(0, %(people)s - 1) n
"""
TEXT = (
    "Hello {{ first_name }}, our spring sale begins tomorrow at nine. Show this message for ten percent off."
)
HTML = f"<html><body><h1>Spring sale</h1>{'<p>' + TEXT + '</p>' * 1}<p>{'See you there. ' * 60}</p></body></html>"
PATIENCE = 1800  # seconds


@dataclass(frozen=True)
class Crowd:
    world: World
    member: Any  # accounts.models.Member
    people: int

    @classmethod
    def of(cls, world: World, people: int) -> Crowd:
        from stopline.apps.accounts.models import Account, Member, User

        run = world.run()
        account = Account.objects.create(name=f"Crowd {run}")
        user = User.objects.create(email=f"crowd{run}@bench.test", name="Ada Admin")
        member = Member.objects.create(account=account, user=user, role="admin")
        with world.database() as database:
            database.execute(PEOPLE, {"account": account.id, "people": people})
            database.execute("VACUUM ANALYZE contacts_contact")
        return cls(world, member, people)

    @property
    def account_id(self) -> UUID:
        return UUID(str(self.member.account_id))

    def connect(self, channel: str, provider: str, **fields: Any) -> Any:
        """A connection that waits until it is told to `go`, so that everything is written when the clock starts."""
        from stopline.apps.accounts.tenancy import new_token
        from stopline.apps.sending.models import Connection

        known = {"account_id": self.account_id, "provider": provider, "name": provider, "channels": [channel]}
        return Connection.objects.create(
            **known, sender="", state="paused", token=new_token(self.account_id), **fields
        )

    def send(self, channel: str, include: Any = None, *, html: bool = False) -> Any:
        """A broadcast to everybody. A service message: marketing would wait for the morning."""
        from stopline.apps.broadcasts import broadcast, composing, lookup

        made = broadcast.create(self.member, f"Bench {channel}")
        broadcast.change(made, purpose="service", include=include or [{}], channels=[channel])
        subject = "Spring sale" if channel == "email" else ""
        composing.write(made, channel, text=TEXT, subject=subject, html=HTML if html else "")
        broadcast.send(self.member, lookup.find(self.account_id, made.id))
        return made

    def written(self, broadcast: Any) -> Any:
        """Once all its messages are; by the worker."""
        from stopline.apps.broadcasts import lookup

        found: Any = until(
            lambda: (b := lookup.find(self.account_id, broadcast.id)).written_at and b,
            "its messages are written",
        )
        return found

    def done(self, broadcast: Any) -> Any:
        from stopline.apps.broadcasts import lookup

        found: Any = until(
            lambda: (b := lookup.find(self.account_id, broadcast.id)).state == "done" and b, "done"
        )
        return found

    def phone(self, n: int) -> str:
        return phone(n)


def go(connection: Any) -> None:
    from stopline.apps.accounts import live
    from stopline.apps.sending.models import Connection

    Connection.objects.filter(id=connection.id).update(state="active")
    live.announce_now(connection.account_id, "streams")


def until(true: Callable[[], Any], told: str, seconds: float = PATIENCE) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"not {told} within {seconds} seconds"
        time.sleep(0.2)
    return found
