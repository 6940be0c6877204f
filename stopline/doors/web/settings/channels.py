"""Settings → Channels: the connections to providers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from stopline.apps.accounts import members
from stopline.apps.sending import connections
from stopline.apps.sending.models import Connection
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.doors.web.settings.page import done
from stopline.rules.words import Channel

ACTIONS = {
    "pause": (connections.pause, "The connection is paused: its messages wait."),
    "resume": (connections.resume, "The connection is active again."),
    "new-address": (connections.rotate_token, "The connection has a new webhook address."),
}


@signed_in
def channels(request: MemberRequest) -> HttpResponse:
    mine = request.member.account.connections.order_by("created_at", "id")
    page = {
        "connections": [_described(connection, request.member.is_admin) for connection in mine],
        "asks": members.whom_to_ask(request.member, "change channels"),
    }
    return render(request, "settings/channels_list.html" if request.htmx else "settings/channels.html", page)


@require_POST
@signed_in
def act(request: MemberRequest, connection_id: UUID, action: str) -> HttpResponse:
    if action not in ACTIONS:
        raise Http404
    verb, text = ACTIONS[action]
    verb(request.member, connection_id)
    return done(request, text, "settings_channels", "connections")


def _described(connection: Connection, for_admin: bool) -> dict[str, Any]:
    """What the page shows of it. The webhook's address opens the inbox to whoever knows it: admins only."""
    return {
        "connection": connection,
        "channels": [Channel(channel).label for channel in connection.channels],
        "active": connection.state == Connection.State.ACTIVE,
        "token": connection.token if for_admin else "",
        "webhook": urljoin(settings.PUBLIC_URL, f"/inbound/{connection.provider}/{connection.token}")
        if for_admin
        else "",
    }
