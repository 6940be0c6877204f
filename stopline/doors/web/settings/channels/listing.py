"""Settings → Channels: the connections to providers, and which of them takes what."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from stopline.apps.accounts import members
from stopline.apps.sending import connections, health, mailboxes
from stopline.apps.sending.models import Connection, Route
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.doors.web.settings.page import done
from stopline.providers.registry import PROVIDERS
from stopline.rules.words import CHANNELS, Channel

ACTIONS = {
    "pause": (connections.pause, "The connection is paused: its messages wait."),
    "resume": (connections.resume, "The connection is active again: its messages leave."),
    "new-address": (connections.rotate_token, "The connection has a new webhook address."),
}


@signed_in
@require_safe
def channels(request: MemberRequest) -> HttpResponse:
    account = request.member.account
    mine = list(account.connections.select_related("paused_by__user").order_by("created_at", "id"))
    waiting = health.waiting(account.id, [each.id for each in mine])

    page = {
        "connections": [_described(each, request.member.is_admin, waiting.get(each.id, 0)) for each in mine],
        "routes": _routes(account.id, {each.id: each for each in mine}),
        "asks": members.whom_to_ask(request.member, "change channels"),
    }
    return render(request, "settings/channels_list.html" if request.htmx else "settings/channels.html", page)


@signed_in
@require_safe
def paused(request: MemberRequest) -> HttpResponse:
    """The news at the top of every admin's page."""
    found = health.paused_by_stopline(request.member.account_id) if request.member.is_admin else []
    return render(request, "settings/paused.html", {"paused": found})


@require_POST
@signed_in
def act(request: MemberRequest, connection_id: UUID, action: str) -> HttpResponse:
    if action not in ACTIONS:
        raise Http404
    verb, text = ACTIONS[action]
    verb(request.member, connection_id)
    return done(request, text, "settings_channels", "connections")


def _described(connection: Connection, for_admin: bool, waiting: int) -> dict[str, Any]:
    """What the page shows of it. The webhook's address opens the inbox to whoever knows it: admins only."""
    provider = PROVIDERS.get(connection.provider)
    by_mail = provider is not None and provider.channels == (Channel.EMAIL,)
    return {
        "connection": connection,
        "provider": provider.label if provider else connection.provider,
        "sender_label": provider.sender_label if provider else "Sender",
        "channels": [
            {"label": Channel(each).label, "icon": CHANNELS[Channel(each)].icon}
            for each in connection.channels
        ],
        "active": connection.state == Connection.State.ACTIVE,
        "health": health.of(connection),
        "waiting": waiting,
        "mailbox": mailboxes.own(connection) if for_admin and settings.MAIL_DOOR and by_mail else "",
        "webhook": connections.webhook_url(connection) if for_admin and provider and provider.webhook else "",
        "own": bool(provider and not provider.offered),
        "editable": connection.provider != "sandbox" or settings.SANDBOX,
    }


def _routes(account_id: UUID, by_id: dict[UUID, Connection]) -> list[dict[str, Any]]:
    order = list(CHANNELS)
    found = [each for each in Route.objects.filter(account_id=account_id) if each.connection_id in by_id]
    found.sort(key=lambda each: (order.index(Channel(each.channel)), each.prefix == "", each.prefix))
    return [
        {"route": each, "channel": Channel(each.channel), "connection": by_id[each.connection_id]}
        for each in found
    ]
