"""The business that is measured: one account with an admin, the sandbox, and many contacts who have written before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

ADMIN = "admin@bench.test"
PASSWORD = "measured-not-guessed"
FIRST = (
    "Ana",
    "Ben",
    "Chloé",
    "Dmitri",
    "Elif",
    "Femi",
    "Grace",
    "Hana",
    "Ivo",
    "José",
    "Kofi",
    "Lena",
    "Mia",
    "Olga",
)
LAST = (
    "Adeyemi",
    "Berg",
    "Castro",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Horvat",
    "Ito",
    "Jansen",
    "Okafor",
)

COPIED = "COPY arrival (n, phone, email, first_name, last_name, words) FROM STDIN"
# The id tells the number: what is measured beside us knows the rows it writes without looking them up.
ID = "('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid"
CONTACTS = f"""
INSERT INTO contacts_contact (account_id, id, first_name, last_name, phone, email, custom, notes, origin, search,
    created_at, updated_at, last_activity_at)
SELECT %(account)s, {ID}, first_name, last_name, phone, email, '{{}}', '', 'Bench', array_to_tsvector(words),
    now(), now(), now() FROM arrival ORDER BY n
"""
CONVERSATIONS = f"""
INSERT INTO inbox_conversation (account_id, id, contact_id, state, channel, last_line, last_message_at,
    last_inbound_at, unread, unclear, created_at)
SELECT %(account)s, {ID}, {ID}, 'open', 'sms', 'Hello', now() - n * interval '1 second', now(), 0, 0, now()
FROM arrival ORDER BY n
"""


@dataclass(frozen=True, slots=True)
class Business:
    account_id: UUID
    connection_id: UUID
    token: str
    admin: Any  # accounts.models.Member
    people: int

    def regular(self, n: int) -> UUID:
        """Of contact and conversation alike."""
        return UUID(f"01900000-0000-7000-8000-{n:012}")


def phone(n: int) -> str:
    """Possible in the United States, never dialled: nothing here leaves the machine."""
    return f"+1201{2_000_000 + n}"


def set_up(database: psycopg.Connection, people: int) -> Business:
    """Contacts 0 … people - 1, each with a conversation. The data folder may hold those of a run before."""
    from stopline.apps.accounts.models import Member
    from stopline.apps.contacts.models import Contact
    from stopline.apps.sending import installation
    from stopline.apps.sending.models import Connection

    if installation.is_empty():
        installation.set_up(
            account_name="Measured Ltd",
            time_zone="UTC",
            default_country="US",
            name="Ada Admin",
            email=ADMIN,
            password=PASSWORD,
        )
    admin = Member.objects.select_related("account", "user").get(user__email=ADMIN)
    connection = Connection.objects.get(account_id=admin.account_id, provider="sandbox")
    there = Contact.objects.filter(account_id=admin.account_id).count()
    if there < people:
        _add(database, admin.account_id, there, people)
    return Business(admin.account_id, connection.id, connection.token, admin, max(there, people))


def _add(database: psycopg.Connection, account_id: UUID, start: int, end: int) -> None:
    with database.transaction():
        database.execute(
            "CREATE TEMP TABLE arrival (n int, phone text, email text, first_name text, last_name text, words text[])"
            " ON COMMIT DROP"
        )
        with database.cursor().copy(COPIED) as copy:
            for row in _rows(start, end):
                copy.write_row(row)
        database.execute(CONTACTS, {"account": account_id})
        database.execute(CONVERSATIONS, {"account": account_id})
    database.execute("VACUUM ANALYZE")


def _rows(start: int, end: int) -> Iterator[tuple[Any, ...]]:
    from stopline.apps.contacts import search
    from stopline.apps.contacts.models import Contact

    for n in range(start, end):
        contact = Contact(
            first_name=FIRST[n % len(FIRST)],
            last_name=LAST[n % len(LAST)],
            phone=phone(n),
            email=f"person{n}@example.com",
        )
        yield n, contact.phone, contact.email, contact.first_name, contact.last_name, search.words(contact)
