"""Files of messages: shown to members, lent to providers, taken from the composer.

Whatever somebody sent must not run as a page of ours: only pictures, sounds and films of known kinds are shown, under
a policy that allows nothing; everything else is a download.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from stopline.apps.inbox import media as inbound
from stopline.apps.sending import media
from stopline.apps.sending.media import Attached
from stopline.apps.sending.models import MediaFile, Message
from stopline.doors.web.guard import signed_in
from stopline.doors.web.inbox import actions
from stopline.doors.web.inbox.find import find, message_in
from stopline.doors.web.request import MemberRequest
from stopline.rules import files
from stopline.rules.errors import InvalidInput, NotFound

POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})", re.ASCII)


@dataclass(frozen=True, slots=True)
class File:
    """A file of a message as the thread shows it. `href` "": not fetched, and `problem` says why."""

    name: str
    size: str = ""
    shows: str = ""  # image, audio, video; "" as something to save
    href: str = ""
    problem: str = ""
    again: bool = False


@signed_in
@require_safe
def file(request: MemberRequest, file_id: UUID) -> HttpResponse:
    found = request.member.account.media_files.filter(id=file_id).first()
    if found is None:
        raise NotFound("This file was erased, or it belongs to another account", "Look at the conversation")
    return _served(request, found, "private, max-age=600")


@require_safe
def lent(request: HttpRequest, token: str, name: str) -> HttpResponse:  # noqa: ARG001  # the name is for people
    """Without a sign-in: the token is the right to read this one file."""
    found = media.of_token(token)
    if found is None:
        return HttpResponse("There is no such file.\n", status=404, content_type="text/plain")
    return _served(request, found, "public, max-age=86400, immutable")


@signed_in
@require_POST
def again(request: MemberRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    found = find(request.member, conversation_id)

    inbound.again(message_in(found, message_id))

    return actions.done(request, found, "Fetching the file again.")


def chosen(request: MemberRequest) -> list[Attached]:
    """What was attached in the composer. Raises InvalidInput where it is more than one request carries."""
    largest = settings.FILE_UPLOAD_MAX_MEMORY_SIZE
    if (
        int(request.META.get("CONTENT_LENGTH") or 0) > largest
    ):  # Django would leave the files out and say nothing
        raise InvalidInput(
            f"The files have more than {files.size(largest)} together", "Choose smaller ones, or fewer"
        )
    return [
        Attached(each.name or "", each.content_type or "", each.read())
        for each in request.FILES.getlist("files")
    ]


def shown(message: Message) -> list[File]:
    """The files of a message, those that are there and those that aren't."""
    kept = [_kept(each) for each in message.parts.get("media", [])]
    return [*kept, *(_missing(message, each) for each in message.parts.get("waiting_media", []))]


def _kept(told: Mapping[str, Any]) -> File:
    if "id" not in told:
        return File(told.get("name") or "File")
    kind = told["content_type"]
    href = reverse("media_file", args=[told["id"]])
    return File(told["name"], files.size(told.get("size", 0)), files.shows(kind), href)


def _missing(message: Message, told: Mapping[str, Any]) -> File:
    name = told["name"] or files.word(told["content_type"])
    return File(name, problem=told.get("problem", ""), again=inbound.lost(message, dict(told)))


def _served(request: HttpRequest, found: MediaFile, caching: str) -> HttpResponse:
    content = bytes(found.content)
    start, end = _range(request.headers.get("Range", ""), len(content))
    part = (start, end) != (0, len(content))
    response = HttpResponse(
        b"" if request.method == "HEAD" else content[start:end],
        content_type=found.content_type,
        status=206 if part else 200,
    )
    if part:
        response["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
    saved = not files.shows(found.content_type)
    response["Content-Length"] = str(end - start)
    response["Content-Disposition"] = content_disposition_header(saved, found.name) or "attachment"
    response["Accept-Ranges"] = "bytes"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = caching
    return response


def _range(asked: str, size: int) -> tuple[int, int]:
    """One range of bytes (RFC 9110 section 14): players ask for parts. All of it where it isn't understood."""
    found = RANGE.fullmatch(asked.strip())
    if not found or not any(found.groups()):
        return 0, size
    first, last = found.groups()
    if not first:
        return max(size - int(last), 0) if int(last) else 0, size
    start, end = int(first), min(int(last) + 1 if last else size, size)
    return (start, end) if start < end else (0, size)
