"""Who got a broadcast and what became of it, one by one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from stopline.apps.broadcasts import recipients as found_recipients
from stopline.apps.broadcasts.recipients import Filters
from stopline.apps.sending.models import Message
from stopline.doors.web.broadcasts import find, states
from stopline.doors.web.guard import signed_in
from stopline.doors.web.imports.downloads import csv_file
from stopline.doors.web.request import MemberRequest
from stopline.rules.words import CONSENT_CHANNELS, MessageState, Refusal

REASONS = {
    Refusal.UNSUBSCRIBED: "Unsubscribed",
    Refusal.PENDING: "Subscription not confirmed",
    Refusal.HELD: "Last message looks like an opt-out",
    Refusal.CAPPED: "Had enough messages",
    Refusal.HOURS: "Waits for its hours",
    Refusal.TOO_LATE: "Too late",
    Refusal.NOT_PERMITTED: "Not permitted",
}
OFFERED = tuple(REASONS)[:5]
STATES = tuple(state for state in MessageState if state is not MessageState.RECEIVED)


@signed_in
@require_safe
def recipients(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    broadcast = find.broadcast(request.member, broadcast_id)
    filters = Filters.read(request.GET)
    after = find.place(request.GET.get("after", ""))

    shown = found_recipients.page(broadcast, filters, after)

    query = _query(filters)
    here = reverse("broadcast_recipients", args=[broadcast.id])
    export = reverse("broadcast_recipients_file", args=[broadcast.id])
    page: dict[str, Any] = {
        "broadcast": broadcast,
        "look": states.look(broadcast),
        "rows": [(message, _why(message)) for message in shown.messages],
        "filters": filters,
        "narrowed": bool(query),
        "older": f"{here}?{urlencode({**query, 'after': str(shown.after)})}" if shown.after else "",
        "first": f"{here}?{urlencode(query)}" if after else "",
        "export": f"{export}?{urlencode(query)}",
        "states": STATES,
        "refusals": [(each.value, REASONS[each]) for each in OFFERED],
        "channels": [channel for channel in CONSENT_CHANNELS if channel in broadcast.channels],
    }
    part = request.htmx and not request.htmx.history_restore_request
    return render(request, "broadcasts/recipients_table.html" if part else "broadcasts/recipients.html", page)


@signed_in
@require_safe
def recipients_file(request: MemberRequest, broadcast_id: UUID) -> StreamingHttpResponse:
    broadcast = find.broadcast(request.member, broadcast_id)
    return csv_file(found_recipients.as_csv(broadcast, Filters.read(request.GET)), "recipients.csv")


def _why(message: Message) -> str:
    return REASONS[Refusal(message.refusal)] if message.refusal else message.failure


def _query(filters: Filters) -> dict[str, str]:
    given = {"state": filters.state, "refusal": filters.refusal, "channel": filters.channel}
    return {name: value for name, value in given.items() if value}
