"""One of many: what a broadcast says to this person, written when its turn has come and not before.

So a message that waits costs one short row, a contact's fields are those of the moment, and an erased contact's name
stands in no queue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from stopline.apps.consent import links
from stopline.apps.sending import mail, wording
from stopline.apps.sending.gate import Claimed
from stopline.apps.sending.models import Content
from stopline.apps.sending.personal import Person
from stopline.rules.errors import InvalidInput
from stopline.rules.words import Channel, MessageKind

Cursor = psycopg.AsyncCursor[Any]

# What the broadcasts of a batch say. Parameters: arrays accounts, broadcasts, channels. Result: the fields of Told.
# Index: the primary key.
TOLD = """
SELECT c.account_id, c.broadcast_id, c.channel, c.subject, c.text, c.html, c.media, c.template, c.hint, c.link
FROM sending_content c
JOIN unnest(%(accounts)s::uuid[], %(broadcasts)s::uuid[], %(channels)s::text[]) AS k(a, b, c)
    ON (c.account_id, c.broadcast_id, c.channel) = (k.a, k.b, k.c)
"""

# The people of a batch. Parameters: people, a JSON list of account_id, contact_id. Result: account, contact, the fields
# of Person. Index: the primary key.
PEOPLE = """
SELECT p.account_id, p.id, p.first_name, p.last_name, p.phone, p.email, p.custom, a.name
FROM jsonb_to_recordset(%(people)s) AS k(account_id uuid, contact_id uuid)
JOIN contacts_contact p ON (p.account_id, p.id) = (k.account_id, k.contact_id)
JOIN accounts_account a ON a.id = k.account_id
"""


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
    told, people = await _told_and_people(cursor.connection, many)
    short = await links.short_urls(cursor, _short(many, told))
    written = []
    for message in claimed:
        if not message.broadcast_id:
            written.append(message)
        elif person := people.get((message.account_id, message.contact_id)):
            content = told[message.account_id, message.broadcast_id, message.channel]
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


def _written(message: Claimed, told: Told, person: Person, short: str) -> Claimed:
    email = message.channel == Channel.EMAIL
    link = links.unsubscribe_url(message.account_id, Channel.EMAIL, message.address) if email else short
    try:
        found = said(told, person.values(), link)
    except InvalidInput as problem:  # one person's fields that fit no text are no reason to stop the others
        message.problem = str(problem)
        return message
    parts = found["parts"]
    if email:
        kind = MessageKind(message.kind)
        parts = mail.parts(message.account_id, message.contact_id, message.address, kind, parts, link=link)
    message.text, message.parts, message.phone = found["text"], parts, person.phone
    return message


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


async def _told_and_people(
    connection: psycopg.AsyncConnection[Any], many: Sequence[Claimed]
) -> tuple[dict[tuple[UUID, UUID, str], Told], dict[tuple[UUID, UUID], Person]]:
    keys = sorted({(each.account_id, each.broadcast_id, each.channel) for each in many}, key=str)
    columns = {
        "accounts": [account for account, _, _ in keys],
        "broadcasts": [broadcast for _, broadcast, _ in keys],
        "channels": [channel for _, _, channel in keys],
    }
    wanted = [{"account_id": each.account_id, "contact_id": each.contact_id} for each in many]
    async with (
        connection.pipeline(),
        connection.cursor(row_factory=class_row(Told)) as telling,
        connection.cursor() as reading,
    ):
        await telling.execute(TOLD, columns)
        await reading.execute(PEOPLE, {"people": Jsonb(wanted, dumps=orjson.dumps)})
        told = {each.key: each for each in await telling.fetchall()}
        people = {(account, contact): Person(*row) for account, contact, *row in await reading.fetchall()}
    return told, people
