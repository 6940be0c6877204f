"""Adding, changing and removing a connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from stopline.apps.sending import connecting, connections, health
from stopline.apps.sending.filled import Unusable
from stopline.apps.sending.models import Connection
from stopline.doors.web.guard import admins
from stopline.doors.web.request import MemberRequest
from stopline.doors.web.settings.channels.form import ConnectionForm
from stopline.doors.web.settings.page import done


@admins
@require_safe
def choose(request: MemberRequest) -> HttpResponse:
    page = {"offered": connecting.offered().items(), "cancel_url": reverse("settings_channels")}
    return render(request, "settings/choose_provider.html", page)


@sensitive_post_parameters()
@sensitive_variables()
@admins
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: MemberRequest, provider: str) -> HttpResponse:
    found = connecting.provider(provider)
    form = ConnectionForm(found, request.POST if request.method == "POST" else None)

    if made := _saved(form, lambda: connecting.add(request.member, provider, form.typed)):
        if not found.webhook:
            return done(request, f"{made.name} is connected.", "settings_channels", "connections")
        page = {"connection": made, "webhook": connections.webhook_url(made)}
        return render(request, "settings/connection_added.html", {**page, "cancel_url": _here()})

    page = {"heading": f"Connect {found.label}", "submit_label": "Add connection"}
    return _asked(request, form, page)


@sensitive_post_parameters()
@sensitive_variables()
@admins
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    kept = connections.find(request.member.account_id, connection_id)
    found = connecting.provider(kept.provider)
    form = ConnectionForm(found, request.POST if request.method == "POST" else None, kept)

    if changed := _saved(form, lambda: connecting.change(request.member, connection_id, form.typed)):
        if form.cleaned_data.get("resume"):
            connections.resume(request.member, connection_id)
            text = f"{changed.name} is saved and active again."
        else:
            text = f"{changed.name} is saved."
        return done(request, text, "settings_channels", "connections")

    return _asked(request, form, {"heading": f"Edit {kept.name}", "submit_label": "Save"})


@admins
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    found = connections.find(request.member.account_id, connection_id)

    if request.method == "POST":
        connections.remove(request.member, connection_id)
        return done(request, f"{found.name} is removed.", "settings_channels", "connections")

    page = {
        "connection": found,
        "waiting": health.waiting(found.account_id, [found.id]).get(found.id, 0),
        "submit_label": "Remove",
        "submit_kind": "danger",
        "cancel_url": _here(),
    }
    return render(request, "settings/remove_connection.html", page)


def _saved(form: ConnectionForm, verb: Callable[[], Connection]) -> Connection | None:
    """None where nothing was sent yet or something can't be used, which the form then says."""
    if not form.is_valid():
        return None
    try:
        return verb()
    except Unusable as refusal:
        form.refuse(refusal)
        return None


def _asked(request: MemberRequest, form: ConnectionForm, page: dict[str, Any]) -> HttpResponse:
    page |= {"form": form, "cancel_url": _here()}
    return render(request, "settings/connection_form.html", page, status=422 if form.errors else 200)


def _here() -> str:
    return reverse("settings_channels")
