"""A test of a broadcast: to one address, in one contact's words, queued, judged and handed over like any reply."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from stopline.apps.broadcasts import composing, preview
from stopline.apps.inbox import trial
from stopline.apps.inbox.conversation import open_with
from stopline.apps.inbox.reply import reply
from stopline.apps.sending import media
from stopline.apps.sending.models import MediaFile
from stopline.rules.errors import InvalidInput
from stopline.rules.words import Channel

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Member
    from stopline.apps.broadcasts.models import Broadcast
    from stopline.apps.contacts.models import Contact
    from stopline.apps.sending.models import Content, Message


def send(by: Member, broadcast: Broadcast, channel: str, address: str, like: Contact) -> Message:
    """Queues what `like` would get, for the contact who has `address`, made where nobody has it.

    It is a message by the member, so the account's hours and caps for many don't hold; whether the address may be
    messaged at all the gate decides, as ever. Raises InvalidInput.
    """
    content = preview.hinted(broadcast, composing.contents(broadcast)).get(channel)
    if content is None:
        raise InvalidInput(f"The broadcast doesn't go out by “{channel[:40]}”.", "Choose one of its channels")
    like.account = broadcast.account
    said = preview.written(content, like)
    if said.problem:
        raise InvalidInput(said.problem)
    if not said.text and not content.media:
        raise InvalidInput(f"It says nothing by {said.channel.label} yet.", "Write something first")
    with transaction.atomic():
        found = trial.contact_with(by, said.channel, trial.read_address(by.account, said.channel, address))
        parts = {name: value for name, value in said.parts.items() if name != "media"}
        return reply(
            by, open_with(found), said.channel, said.text, parts=parts, files=_files(broadcast, content)
        )


def channels(broadcast: Broadcast) -> list[Channel]:
    """Those on which there is something to test."""
    return [
        Channel(channel)
        for channel, content in composing.contents(broadcast).items()
        if content.text or content.media or content.template
    ]


def _files(broadcast: Broadcast, content: Content) -> list[MediaFile]:
    """Copies: the draft's own may be taken away while the message stays."""
    ids = [UUID(file["id"]) for file in content.media]
    kept = MediaFile.objects.filter(
        account_id=broadcast.account_id, broadcast_id=broadcast.id, id__in=ids
    ).order_by("id")
    return [media.made(file.account_id, bytes(file.content), file.name, file.content_type) for file in kept]
