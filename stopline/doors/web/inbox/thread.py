"""The middle pane: what was said, day by day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from stopline.apps.accounts import members
from stopline.apps.broadcasts import lookup
from stopline.apps.consent import told
from stopline.apps.inbox import quoted
from stopline.apps.inbox import thread as threads
from stopline.apps.inbox.models import Conversation
from stopline.apps.inbox.reply import MAY_GO_AGAIN
from stopline.apps.inbox.thread import Happening, Thread
from stopline.apps.sending.models import Message
from stopline.doors.web.guard import signed_in
from stopline.doors.web.inbox import media
from stopline.doors.web.inbox.find import digest, find, members_of
from stopline.doors.web.request import MemberRequest
from stopline.rules.consent import admins_only
from stopline.rules.words import CHANNELS, Channel, MessageKind

AUTOMATIC = {
    MessageKind.OPT_OUT_CONFIRMATION: "Confirmation of the opt-out",
    MessageKind.OPT_IN_CONFIRMATION: "Confirmation of the opt-in",
    MessageKind.HELP: "Answer to HELP",
    MessageKind.AUTOMATION: "Automation",
    MessageKind.BROADCAST: "Broadcast",
    MessageKind.NOTICE: "Broadcast",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One item of the thread as the template shows it; exactly one of `message` and `happening` is set."""

    message: Message | None = None
    happening: str = ""
    standing: str = ""
    at: Any = None
    icon: str = ""
    author: str = ""
    decided: str = ""
    again: bool = False
    text: str = ""  # what was written
    quoted: str = ""  # of an e-mail: what follows it, folded
    subject: str = ""
    formatted: bool = False  # there is HTML to look at
    files: list[media.File] = field(default_factory=list)
    broadcast: str = ""  # the name of the one it is of


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    lines: list[Line] = field(default_factory=list)


@signed_in
@require_safe
def thread(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    """An older page (`before`), or all that is shown now (since `oldest`), where anything has changed."""
    conversation = find(request.member, conversation_id)
    before, oldest = _uuid(request.GET.get("before")), _uuid(request.GET.get("oldest"))

    if not request.htmx and not before:
        return redirect("conversation", conversation.id)
    page = shown(request, conversation, before=before, since=oldest)
    if before:
        return render(request, "inbox/older.html", {"conversation": conversation, **page})
    if request.GET.get("was") == page["thread_was"]:
        return HttpResponse(status=204)

    unseen = conversation.unread and str(page["thread"].newest_inbound) != request.GET.get("newest")
    page |= {"conversation": conversation, "unseen": unseen}
    if request.GET.get("head") != page["head"]:
        page |= {"head_changed": True, "members": members_of(request.member)}
    return render(request, "inbox/thread.html", page)


def shown(
    request: MemberRequest,
    conversation: Conversation,
    *,
    before: UUID | None = None,
    since: UUID | None = None,
) -> dict[str, Any]:
    found = threads.read(conversation, before=before, since=since)
    head = digest(conversation.state, conversation.assignee_id, conversation.contact.name)
    return {
        "thread": found,
        "days": _days(found),
        # The day that the newer page, which is there already, begins with.
        "next_day": timezone.localdate(found.until) if found.until else None,
        "head": head,
        "thread_asks": _asks(request, found),
        "thread_was": digest(head, timezone.localdate(), [_facts(item) for item in found.items]),
    }


def _asks(request: MemberRequest, found: Thread) -> str:
    """Whom an agent can ask to decide; looked up only where there is something to decide."""
    if request.member.is_admin or not any(message.looks_like_opt_out for message in found.messages):
        return ""
    return admins_only(members.admin_names(request.member.account_id))


def _days(found: Thread) -> list[Day]:
    days: list[Day] = []
    sent = {message.broadcast_id for message in found.messages if message.broadcast_id}
    named = lookup.names(found.messages[0].account_id, sent) if sent else {}
    for item in found.items:
        on = timezone.localdate(item.created_at if isinstance(item, Message) else item.at)
        if not days or days[-1].on != on:
            days.append(Day(on))
        days[-1].lines.append(_line(item, named))
    return days


def _line(item: Message | Happening, named: Mapping[UUID, str]) -> Line:
    """`named`: the names of broadcasts, by id."""
    if isinstance(item, Happening):
        return Line(happening=told.line(item.entries), standing=item.entries[0].standing, at=item.at)
    kind = CHANNELS[Channel(item.channel)]
    mail = item.channel == Channel.EMAIL
    text, rest = quoted.split(item.text) if mail and item.inbound else (item.text, "")
    return Line(
        text=text,
        quoted=rest,
        subject=item.parts.get("subject", "") if mail else "",
        formatted=mail and "html" in item.parts,
        files=media.shown(item),
        message=item,
        at=item.created_at,
        icon=kind.icon,
        author=AUTOMATIC.get(MessageKind(item.kind), "") or (str(item.author) if item.author else ""),
        decided="read as an opt-out" if item.entry_id else "dismissed",
        # One of many goes again from the broadcast's page, with all that share its fate.
        again=not item.inbound and not item.broadcast_id and item.state in MAY_GO_AGAIN,
        broadcast=named.get(item.broadcast_id, "") if item.broadcast_id else "",
    )


def _facts(item: Message | Happening) -> tuple[object, ...]:
    """Everything about an item that can change."""
    if isinstance(item, Happening):
        return tuple(entry.id for entry in item.entries)
    return (
        item.id,
        item.state,
        item.refusal,
        item.text == "",
        item.failure,
        item.looks_like_opt_out,
        media.shown(item),
    )


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
