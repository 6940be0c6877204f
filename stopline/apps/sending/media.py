"""Files that go with messages: kept in the database, and lent to providers under an address nobody can guess."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

import psycopg
from django.conf import settings
from django.core.signing import BadSignature, Signer

from stopline.apps.accounts.tenancy import uuid7
from stopline.apps.sending.gate import Claimed
from stopline.apps.sending.models import MediaFile, Message
from stopline.rules import files
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CHANNELS, Channel

# The bytes of some files. Parameters: arrays accounts, files. Result: account, file id, content.
# Index: the primary key.
CONTENT = """
SELECT f.account_id, f.id, f.content FROM sending_mediafile f
JOIN unnest(%(accounts)s::uuid[], %(files)s::uuid[]) AS k(account_id, id) ON (f.account_id, f.id) = (k.account_id, k.id)
"""
SALT = "stopline.media.1"
Contents = Mapping[tuple[UUID, UUID], bytes]


@dataclass(frozen=True, slots=True)
class Attached:
    """A file a member chose, as the browser sent it."""

    name: str
    content_type: str
    content: bytes


def made(account_id: UUID, content: bytes, name: str, said: str) -> MediaFile:
    """A file not yet saved, under a name and a kind that can do no harm."""
    kind = files.kind(content, said)
    return MediaFile(
        account_id=account_id,
        id=uuid7(),
        name=files.name(name, kind),
        content_type=kind,
        content=content,
    )


def about(file: MediaFile) -> dict[str, Any]:
    """What the message says of it."""
    size = len(file.content)
    return {"id": str(file.id), "name": file.name, "content_type": file.content_type, "size": size}


def lent(file: MediaFile) -> dict[str, Any]:
    """As `about`, with the address a provider fetches it from."""
    return {**about(file), "url": url(file)}


def save(made_files: Iterable[MediaFile], message_id: UUID) -> None:
    """With their message, in its transaction: a file without one would stay for ever."""
    for file in made_files:
        file.message_id = message_id
        file.save(force_insert=True)


def attach(account_id: UUID, channel: str, chosen: Sequence[Attached]) -> list[MediaFile]:
    """What will go with a message. Raises InvalidInput for more than the channel carries."""
    if not chosen:
        return []
    known = Channel(channel) if channel in CHANNELS else None
    limit = files.LIMITS.get(channel)
    if known is None or limit is None:
        raise InvalidInput(
            f"{known.label if known else 'This channel'} carries text only, so nothing was sent",
            "Choose MMS for a picture, or send the text without the file",
        )
    if len(chosen) > limit.files:
        most = "one file" if limit.files == 1 else f"{limit.files} files"
        raise InvalidInput(f"{known.label} takes at most {most} in a message", "Send the others one by one")
    for file in chosen:
        if not file.content:
            raise InvalidInput(f"The file “{files.name(file.name, '')}” is empty", "Choose it again")
    if sum(len(file.content) for file in chosen) > limit.size:
        raise InvalidInput(
            f"{known.label} takes at most {files.size(limit.size)} in a message", "Choose a smaller file"
        )
    return [made(account_id, file.content, file.name, file.content_type) for file in chosen]


def again(message: Message) -> list[MediaFile]:
    """Copies of what went with a message, for another."""
    kept = MediaFile.objects.filter(account_id=message.account_id, message_id=message.id).order_by("id")
    return [made(file.account_id, bytes(file.content), file.name, file.content_type) for file in kept]


def words(message: Message) -> str:
    """A message without a text, for lists: "Picture", "3 files"."""
    gone = message.parts.get("media", [])
    if len(gone) == 1:
        return files.word(gone[0]["content_type"])
    return f"{len(gone)} files" if gone else ""


def url(file: MediaFile) -> str:
    """For providers, who sign in nowhere. Good while the file is kept."""
    return f"{settings.PUBLIC_URL}/media/{token(file.account_id, file.id)}/{quote(file.name, safe='')}"


def token(account_id: UUID, file_id: UUID) -> str:
    """Names account and file; HMAC-SHA256 under the installation's secret keeps others from being guessed."""
    named = base64.urlsafe_b64encode(account_id.bytes + file_id.bytes).rstrip(b"=").decode()
    return _signer().sign(named)


def of_token(text: str) -> MediaFile | None:
    """None for a wrong token and for a file that was erased, both alike."""
    try:
        named = base64.urlsafe_b64decode(_signer().unsign(text) + "==")
        account_id, file_id = UUID(bytes=named[:16]), UUID(bytes=named[16:])
    except (BadSignature, ValueError):
        return None
    return MediaFile.objects.filter(account_id=account_id, id=file_id).first()


async def contents(cursor: psycopg.AsyncCursor[Any], claimed: Sequence[Claimed]) -> Contents:
    """The bytes that go out with a batch: of e-mails only, every other channel's provider fetches them itself."""
    wanted = {
        (each.account_id, file["id"])
        for each in claimed
        if each.channel == Channel.EMAIL
        for file in each.parts.get("media", ())
        if "id" in file
    }
    if not wanted:
        return {}
    keys = {"accounts": [account for account, _ in wanted], "files": [file for _, file in wanted]}
    await cursor.execute(CONTENT, keys)
    return {(account, file): bytes(content) for account, file, content in await cursor.fetchall()}


def _signer() -> Signer:
    return Signer(salt=SALT, sep=".")
