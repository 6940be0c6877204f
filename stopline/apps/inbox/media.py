"""Files that people send: kept at once where the provider brought them along, else fetched by a worker.

A message says in its parts what it holds: `media` lists the files that are kept, `waiting_media` those that are not,
each with how often it was tried and, where it was given up, the `problem` in words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from stopline.apps.accounts import live
from stopline.apps.sending import connections, media
from stopline.apps.sending.credentials import KeyMissing
from stopline.apps.sending.models import Connection, MediaFile, Message
from stopline.providers.base import InboundMedia, Receiver
from stopline.providers.errors import ProviderError, TryLater
from stopline.providers.registry import PROVIDERS
from stopline.rules import files
from stopline.rules.errors import Conflict, NotFound, StoplineError

TASK = "stopline.fetch_media"
PATIENCE = 120  # seconds for one file
PAUSES = (5, 30, 120, 600, 1800)  # seconds before each further try
LOST_AFTER = timedelta(minutes=45)  # nobody can still be trying: people are offered to
TOO_LARGE = f"it is larger than {files.size(files.LARGEST)}. Ask the contact for a smaller one."
GONE = ("the connection it came by was removed", "Ask the contact to send it again")
UNREADABLE = (
    "the connection's credentials can't be read",
    "An admin can enter them again under Settings, Channels",
)
log = structlog.get_logger(__name__)

Waiting = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Brought:
    """What came with a message: files with their bytes, and what is still to be fetched."""

    files: list[MediaFile]
    waiting: list[Waiting]

    @property
    def parts(self) -> dict[str, Any]:
        found = {"media": [media.about(file) for file in self.files], "waiting_media": self.waiting}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one try: the file, or why not. `after` None: it is given up."""

    waiting: Waiting
    file: MediaFile | None = None
    problem: str = ""
    after: float | None = None
    hopeless: bool = False  # another try would find the same


def read(account_id: UUID, came: Sequence[InboundMedia]) -> Brought:
    found = Brought([], [])
    for each in came:
        told = {
            "url": each.url,
            "content_type": each.content_type,
            "name": files.name(each.name, "") if each.name else "",
        }
        if len(each.content) > files.LARGEST:
            found.waiting.append({**told, "url": "", "problem": TOO_LARGE})
        elif each.content:
            found.files.append(media.made(account_id, each.content, each.name, each.content_type))
        elif each.url:
            found.waiting.append(told)
        else:
            found.waiting.append({**told, "problem": "the provider sent an empty file. Ask for it again."})
    return found


def keep(account_id: UUID, message_id: UUID, brought: Brought) -> None:
    """Stores what is here and asks a worker for the rest, in the transaction that stores the message."""
    media.save(brought.files, message_id)
    if any("problem" not in each for each in brought.waiting):
        _fetch_later(account_id, message_id)


def words(came: Sequence[InboundMedia]) -> str:
    """A message without a text, for lists: "Picture", "3 files"."""
    if len(came) == 1:
        return files.word(came[0].content_type)
    return f"{len(came)} files" if came else ""


def again(message: Message) -> None:
    """Fetches once more what was given up. Raises Conflict where nothing is left to fetch."""
    with transaction.atomic():
        current = _locked(message.account_id, message.id)
        waiting = current.parts.get("waiting_media", []) if current else []
        if current is None or not any(each["url"] for each in waiting):
            raise Conflict("There is no file of this message to fetch.", "Reload the page to see it as it is")
        left = [_fresh(each) if each["url"] else each for each in waiting]
        _write(current, {**current.parts, "waiting_media": left})
        _fetch_later(current.account_id, current.id)


def fetch(account_id: UUID, message_id: UUID) -> None:
    """Fetches what a message waits for. Runs twice at once without harm: a file is kept once."""
    message = Message.objects.filter(account_id=account_id, id=message_id).first()
    waiting = (
        [each for each in message.parts.get("waiting_media", []) if "problem" not in each] if message else []
    )
    if message is None or not waiting:
        return
    tried = [_try(message, each) for each in waiting]
    with transaction.atomic():
        current = _locked(account_id, message_id)
        if current is None:
            return  # erased meanwhile
        pauses = [after for each in tried if (after := _settle(current, each)) is not None]
        _write(current, current.parts)
        if pauses:
            _fetch_later(account_id, message_id, max(pauses))


def lost(message: Message, waiting: Waiting) -> bool:
    """Whether nobody tries any more: given up, or its worker vanished."""
    return bool(waiting["url"]) and ("problem" in waiting or message.created_at < timezone.now() - LOST_AFTER)


def _fetch_later(account_id: UUID, message_id: UUID, seconds: float = 0) -> None:
    later = app.configure_task(TASK, schedule_in={"seconds": int(seconds)} if seconds else None)
    later.defer(account_id=str(account_id), message_id=str(message_id))


def _try(message: Message, waiting: Waiting) -> Tried:
    """One file, once. Everything that can go wrong becomes words."""
    tries = int(waiting.get("tries", 0))
    pause = PAUSES[tries] if tries < len(PAUSES) else None
    try:
        found = _fetched(message, waiting)
    except TryLater as error:
        longer = max(pause, error.after_seconds or 0) if pause else None
        return Tried(waiting, problem=str(error), after=min(longer, PAUSES[-1]) if longer else None)
    except ProviderError as error:
        return Tried(waiting, problem=str(error))
    except StoplineError as error:
        told = ". ".join(part.rstrip(".") for part in (error.detail, error.next_step) if part)
        return Tried(waiting, problem=f"{told or error.title}.")
    except TimeoutError:
        return Tried(waiting, problem="the provider took too long. Try again later.", after=pause)
    except Exception:  # an adapter's mistake costs one file, not the worker
        log.exception("media.not_fetched", message=str(message.id))
        return Tried(waiting, problem="something went wrong; the worker's log has the details.", after=pause)
    if len(found.content) > files.LARGEST:
        return Tried(waiting, problem=TOO_LARGE, hopeless=True)
    if not found.content:
        return Tried(waiting, problem="the provider's file is empty. Ask the contact to send it again.")
    name = found.name or waiting["name"]
    said = found.content_type or waiting["content_type"]
    return Tried(waiting, media.made(message.account_id, found.content, name, said))


def _fetched(message: Message, waiting: Waiting) -> InboundMedia:
    mine = Connection.ever.filter(account_id=message.account_id)
    connection = mine.filter(id=message.connection_id).first() if message.connection_id else None
    provider = PROVIDERS.get(connection.provider) if connection else None
    if connection is None or provider is None or connection.state == Connection.State.REMOVED:
        raise NotFound(*GONE)
    try:
        way = connections.way(connection)
    except KeyMissing as error:
        raise NotFound(*UNREADABLE) from error
    wanted = InboundMedia(waiting["content_type"], waiting["name"], waiting["url"])

    async def within(receiver: Receiver) -> InboundMedia:
        async with asyncio.timeout(PATIENCE):
            return await receiver.fetch(way, wanted)

    return asyncio.run(within(provider.receiver()))


def _settle(current: Message, tried: Tried) -> float | None:
    """Writes one result into the message's parts; seconds until the next try, None where there is none."""
    waiting = list(current.parts.get("waiting_media", []))
    place = next((at for at, each in enumerate(waiting) if _same(each, tried.waiting)), None)
    if place is None:
        return None  # somebody else had it first
    if tried.file:
        del waiting[place]
        media.save([tried.file], current.id)
        current.parts["media"] = [*current.parts.get("media", []), media.about(tried.file)]
    else:
        told = {**waiting[place], "tries": int(waiting[place].get("tries", 0)) + 1}
        told |= {"problem": tried.problem} if tried.after is None else {}
        waiting[place] = {**told, "url": ""} if tried.hopeless else told
    current.parts = {**current.parts, "waiting_media": waiting}
    return tried.after


def _same(one: Waiting, other: Waiting) -> bool:
    return "problem" not in one and one["url"] == other["url"]


def _fresh(waiting: Waiting) -> Waiting:
    return {name: value for name, value in waiting.items() if name not in ("problem", "tries")}


def _locked(account_id: UUID, message_id: UUID) -> Message | None:
    return (
        Message.objects.select_for_update(of=("self",)).filter(account_id=account_id, id=message_id).first()
    )


def _write(message: Message, parts: dict[str, Any]) -> None:
    if not parts.get("waiting_media"):
        parts.pop("waiting_media", None)
    Message.objects.filter(account_id=message.account_id, id=message.id).update(parts=parts)
    live.announce(message.account_id, f"conversation:{message.conversation_id}")
