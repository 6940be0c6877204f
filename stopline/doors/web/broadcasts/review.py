"""Before Send: who gets it on which channel, who is left out and why, what it costs, and what is still missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from stopline.apps.broadcasts import audience, composing, cost, recipients
from stopline.apps.broadcasts import broadcast as verbs
from stopline.apps.broadcasts.audience import LeftOut, Reach
from stopline.doors.web.broadcasts import find, states, words
from stopline.doors.web.guard import signed_in
from stopline.doors.web.imports.downloads import csv_file
from stopline.doors.web.request import MemberRequest
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CHANNELS, Channel

if TYPE_CHECKING:
    from stopline.apps.broadcasts.models import Broadcast

SIZE = 50  # contacts of a page of those who are left out


@dataclass(frozen=True, slots=True)
class Way:
    """A channel's row: `without` are contacts who can't be reached there, by reason in words."""

    kind: Any  # ChannelKind
    messages: int
    cost: cost.Cost | None
    without: list[tuple[str, int]] = field(default_factory=list)


@signed_in
@require_safe
def review(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    found = find.broadcast(request.member, broadcast_id)
    if not found.is_draft:
        return redirect("broadcast", found.id)
    return render(request, "broadcasts/review.html", summed(found))


@signed_in
@require_safe
def left_out(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    """A page of those who get nothing; for htmx inside the row that was opened."""
    found = find.broadcast(request.member, broadcast_id)
    why, after = _reason(request.GET.get("reason", "")), find.place(request.GET.get("after", ""))

    rows = list(islice(audience.left_out(found, why, after=after), SIZE + 1))

    here = reverse("broadcast_left_out", args=[found.id])
    query = f"reason={why or ''}"
    page = {
        "broadcast": found,
        "why": why,
        "rows": rows[:SIZE],
        "older": f"{here}?{query}&after={rows[SIZE - 1][0].id}" if len(rows) > SIZE else "",
        "first": f"{here}?{query}" if after else "",
        "export": f"{reverse('broadcast_left_out_file', args=[found.id])}?{query}",
        "target": f"left-out-{why or 'all'}",
    }
    template = "broadcasts/left_out_rows.html" if request.htmx else "broadcasts/left_out.html"
    return render(request, template, page)


@signed_in
@require_safe
def left_out_file(request: MemberRequest, broadcast_id: UUID) -> StreamingHttpResponse:
    found = find.broadcast(request.member, broadcast_id)
    why = _reason(request.GET.get("reason", ""))
    return csv_file(recipients.left_out_csv(found, why), "left-out.csv")


def summed(broadcast: Broadcast) -> dict[str, Any]:
    """What the review and the dialog before Send tell."""
    reach = audience.reach(broadcast)
    costs = _costs(broadcast, reach)
    return {
        "broadcast": broadcast,
        "look": states.look(broadcast),
        "missing": _missing(broadcast, reach),
        "reach": reach,
        "gets": reach.contacts - sum(reach.left_out.values()),
        "ways": [_way(Channel(channel), reach, costs) for channel in broadcast.channels],
        "left_out": [(why, reach.left_out[why]) for why in LeftOut if reach.left_out.get(why)],
        "costs": costs,
        "audience": words.audience(broadcast),
        "excluded": words.excluded(broadcast),
        "when": words.when(broadcast),
        "hours": words.hours(broadcast),
        "speed": words.speed(broadcast),
        "later": verbs.begins_later(broadcast),
        "passed": broadcast.starts_at is not None and broadcast.starts_at <= timezone.now(),
    }


def _missing(broadcast: Broadcast, reach: Reach) -> list[str]:
    missing = composing.missing(broadcast)
    if broadcast.include and not reach.contacts and broadcast.channels:
        missing.append("Nobody is meant by it: choose other lists or filters.")
    return missing


def _costs(broadcast: Broadcast, reach: Reach) -> list[cost.Cost]:
    try:
        return cost.of(broadcast, composing.contents(broadcast), reach)
    except InvalidInput:  # the page names what can't be written
        return []


def _way(channel: Channel, reach: Reach, costs: list[cost.Cost]) -> Way:
    without = [
        (why.label, reach.without[channel][why]) for why in LeftOut if reach.without.get(channel, {}).get(why)
    ]
    own = next((each for each in costs if each.channel is channel), None)
    return Way(CHANNELS[channel], reach.on.get(channel, 0), own, without)


def _reason(text: str) -> LeftOut | None:
    if text and text not in list(LeftOut):
        raise InvalidInput(f"The reason “{text[:40]}” doesn't exist.", "Open one of the rows")
    return LeftOut(text) if text else None
