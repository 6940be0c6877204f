"""A broadcast that was sent or is scheduled: how far it is, what came of it, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from stopline.apps.broadcasts import composing, progress
from stopline.apps.broadcasts.audience import LeftOut
from stopline.apps.broadcasts.progress import Progress
from stopline.doors.web.broadcasts import course, find, states, words
from stopline.doors.web.broadcasts.recipients import REASONS
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.rules.words import CHANNELS, Channel, MessageState, Refusal

if TYPE_CHECKING:
    from stopline.apps.broadcasts.models import Broadcast

COLUMNS = (  # of the table by channel
    ("Waiting", ("queued", "handing_over")),
    ("Sent", progress.LEFT),
    ("Delivered", ("delivered", "read")),
    ("Read", ("read",)),
    ("Failed", ("failed",)),
    ("Refused", ("refused",)),
    ("Outcome unknown", ("unknown",)),
    ("Cancelled", ("cancelled",)),
)
WAITING = {
    Refusal.HOURS: "for the hours in which they may leave",
    Refusal.HELD: "for somebody to read what looks like an opt-out",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number; `href` leads to the contacts behind it."""

    label: str
    number: int
    note: str = ""
    href: str = ""
    bad: bool = False


@signed_in
@require_safe
def broadcast(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    found = find.broadcast(request.member, broadcast_id)
    if found.is_draft:
        return redirect("edit_broadcast", found.id)
    now = progress.of(found)
    page = {
        "broadcast": found,
        "look": states.look(found),
        "progress": now,
        "going": found.state in states.GOING,
        "sending": found.state == found.State.SENDING,
        "writing": found.state == found.State.SENDING and found.written_at is None,
        "figures": _figures(found, now),
        "by_channel": _by_channel(found, now),
        "reasons": _reasons(found, now),
        "waiting": [(WAITING.get(Refusal(why), ""), number) for why, number in sorted(now.waiting.items())],
        "left_out": [(why, found.left_out[why]) for why in LeftOut if found.left_out.get(why)],
        "course": course.of(now),
        **_about(found),
    }
    return render(request, "broadcasts/state.html" if request.htmx else "broadcasts/broadcast.html", page)


def _about(broadcast: Broadcast) -> dict[str, Any]:
    return {
        "audience": words.audience(broadcast),
        "excluded": words.excluded(broadcast),
        "when": words.when(broadcast),
        "hours": words.hours(broadcast),
        "speed": words.speed(broadcast),
        "contents": composing.contents(broadcast).values(),
    }


def _figures(broadcast: Broadcast, now: Progress) -> list[Figure]:
    """`sent`: taken by the provider, whatever came after; so it never falls when reports come in."""

    def to(**query: str) -> str:
        return f"{reverse('broadcast_recipients', args=[broadcast.id])}?{urlencode(query)}"

    arrived = now.count("delivered") + now.count("read")
    return [
        Figure("Sent", now.left, _share(now.left, now.messages)),
        Figure("Delivered", arrived, _share(arrived, now.left)),
        Figure("Read", now.count("read"), _share(now.count("read"), now.left), to(state="read")),
        Figure("Failed", now.count("failed"), "", to(state="failed"), bad=True),
        Figure("Refused", now.count("refused"), "by the rules that protect people", to(state="refused")),
        Figure("Outcome unknown", now.count("unknown"), "", to(state="unknown"), bad=True),
        Figure("Replies", now.replies, "contacts who answered"),
        Figure("Unsubscribed by it", now.unsubscribed, _share(now.unsubscribed, now.left)),
    ]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole and part else ""


def _by_channel(broadcast: Broadcast, now: Progress) -> list[tuple[Any, list[tuple[str, int]]]]:
    return [
        (
            CHANNELS[Channel(channel)],
            [(label, sum(now.channels[channel].get(each, 0) for each in those)) for label, those in COLUMNS],
        )
        for channel in broadcast.channels
        if channel in now.channels
    ]


def _reasons(broadcast: Broadcast, now: Progress) -> list[tuple[str, int, str]]:
    """Why messages were refused, how many, and where they are listed."""
    here = reverse("broadcast_recipients", args=[broadcast.id])
    return [
        (
            REASONS[Refusal(why)],
            number,
            f"{here}?{urlencode({'state': MessageState.REFUSED.value, 'refusal': why})}",
        )
        for why, number in sorted(now.refusals.items())
    ]
