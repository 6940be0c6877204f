"""One of many: what a broadcast says to this person, written when its turn has come and not before.

So a message that waits costs one short row, a contact's fields are those of the moment, and an erased contact's name
stands in no queue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from stopline.apps.accounts.models import Account
from stopline.apps.consent import links
from stopline.apps.contacts.models import Contact
from stopline.apps.sending import mail, personal, wording
from stopline.apps.sending.gate import Claimed
from stopline.apps.sending.models import Content
from stopline.rules.errors import InvalidInput
from stopline.rules.words import Channel, MessageKind

Cursor = psycopg.AsyncCursor[Any]

# What the broadcasts of a batch say. Parameters: arrays accounts, broadcasts, channels. Result: the fields of Told.
# Index: the primary key.
TOLD = """
SELECT c.account_id, c.broadcast_id, c.channel, c.subject, c.text, c.html, c.media, c.template, c.hint, c.link,
    a.name AS account_name
FROM sending_content c JOIN accounts_account a ON a.id = c.account_id
JOIN unnest(%(accounts)s::uuid[], %(broadcasts)s::uuid[], %(channels)s::text[]) AS k(a, b, c)
    ON (c.account_id, c.broadcast_id, c.channel) = (k.a, k.b, k.c)
"""

# In the model's order, as `from_db` wants them.
PERSON = ("account_id", "id", "first_name", "last_name", "phone", "email", "custom")
# The people of a batch. Parameters: arrays accounts, contacts. Result: the columns of PERSON. Index: the primary key.
PEOPLE = f"""
SELECT {", ".join(f"p.{name}" for name in PERSON)}
FROM contacts_contact p JOIN unnest(%(accounts)s::uuid[], %(contacts)s::uuid[]) AS k(a, c)
    ON (p.account_id, p.id) = (k.a, k.c)
"""  # noqa: S608 (names of our own columns)


@dataclass(frozen=True, slots=True)
class Told:
    """What is said to everybody, with places for the contact's fields; the fields of TOLD."""

    account_id: UUID
    broadcast_id: UUID
    channel: str
    subject: str
    text: str
    html: str
    media: list[dict[str, Any]]
    template: dict[str, Any]
    hint: str
    link: bool
    account_name: str

    @property
    def key(self) -> tuple[UUID, UUID, str]:
        return self.account_id, self.broadcast_id, self.channel


async def write(cursor: Cursor, claimed: Sequence[Claimed]) -> list[Claimed]:
    """The same messages, those of broadcasts with their words. Three queries for a batch, none where there are none.

    One whose contact is gone meanwhile is left out: it went with the contact.
    """
    many = [message for message in claimed if message.broadcast_id]
    if not many:
        return list(claimed)
    told = await _told(cursor, many)
    people = await _people(cursor, many)
    short = await links.short_urls(cursor, _short(many, told))
    accounts = {
        each.account_id: Account(id=each.account_id, name=each.account_name) for each in told.values()
    }
    written = []
    for message in claimed:
        if not message.broadcast_id:
            written.append(message)
        elif person := people.get((message.account_id, message.contact_id)):
            content = told[message.account_id, message.broadcast_id, message.channel]
            person.account = accounts[message.account_id]
            written.append(_written(message, content, person, short.get(message.key, "")))
    return written


def said(told: Told | Content, values: Mapping[str, Any], link: str = "") -> dict[str, Any]:
    """Text and parts for one person: what a preview shows is what a hand-over sends.

    `link`: of this person's preference page, where it is told to the person. Raises InvalidInput.
    """
    parts: dict[str, Any] = {}
    if told.subject:
        parts["subject"] = " ".join(wording.compile_text(told.subject).render(values).split())
    if told.html:
        body = wording.compile_text(told.html).render_html(values)
        parts["html"] = body + _html_hint(told.hint, link)
    if told.media:
        parts["media"] = told.media
    if told.template:
        filled = {
            name: wording.compile_text(source).render(values)
            for name, source in told.template["variables"].items()
        }
        parts["template"] = {
            "name": told.template["name"],
            "language": told.template["language"],
            "variables": filled,
        }
    text = wording.compile_text(told.text).render(values)
    hint = "" if told.template else " ".join(part for part in (told.hint, link) if part)
    return {"text": "\n\n".join(part for part in (text.strip(), hint) if part), "parts": parts}


def _written(message: Claimed, told: Told, person: Contact, short: str) -> Claimed:
    email = message.channel == Channel.EMAIL
    link = links.unsubscribe_url(message.account_id, Channel.EMAIL, message.address) if email else short
    try:
        found = said(told, personal.values_of(person), link)
    except InvalidInput as problem:  # one person's fields that fit no text are no reason to stop the others
        return replace(message, problem=str(problem))
    parts = found["parts"]
    if email:
        kind = MessageKind(message.kind)
        parts = mail.parts(message.account_id, message.contact_id, message.address, kind, parts)
    return replace(message, text=found["text"], parts=parts, phone=person.phone)


def _html_hint(hint: str, link: str) -> str:
    if not hint and not link:
        return ""
    shown = f' <a href="{escape(link)}">{escape(link)}</a>' if link else ""
    return f"<p>{escape(hint)}{shown}</p>"


def _short(
    many: Sequence[Claimed], told: Mapping[tuple[UUID, UUID, str], Told]
) -> list[tuple[UUID, str, str]]:
    """The addresses whose texts end with a short link."""
    return [
        message.key
        for message in many
        if message.channel != Channel.EMAIL
        and message.broadcast_id
        and told[message.account_id, message.broadcast_id, message.channel].link
    ]


async def _told(cursor: Cursor, many: Sequence[Claimed]) -> dict[tuple[UUID, UUID, str], Told]:
    keys = sorted({(each.account_id, each.broadcast_id, each.channel) for each in many}, key=str)
    columns = {
        "accounts": [account for account, _, _ in keys],
        "broadcasts": [broadcast for _, broadcast, _ in keys],
        "channels": [channel for _, _, channel in keys],
    }
    async with cursor.connection.cursor(row_factory=class_row(Told)) as reading:
        await reading.execute(TOLD, columns)
        return {each.key: each for each in await reading.fetchall()}


async def _people(cursor: Cursor, many: Sequence[Claimed]) -> dict[tuple[UUID, UUID], Contact]:
    columns = {
        "accounts": [each.account_id for each in many],
        "contacts": [each.contact_id for each in many],
    }
    await cursor.execute(PEOPLE, columns)
    return {(row[0], row[1]): Contact.from_db("default", PERSON, row) for row in await cursor.fetchall()}
