"""What every page of the settings does alike: forms that agents can read and only admins can send."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from stopline.apps.accounts import members
from stopline.doors.web.request import MemberRequest


def posted(request: MemberRequest) -> QueryDict | None:
    """What was sent, for a form. Raises NotAllowed for agents, whatever they sent."""
    if request.method != "POST":
        return None
    members.require_admin(request.member, "change settings")
    return request.POST


def shown(request: MemberRequest, template: str, form: Form, **more: Any) -> HttpResponse:
    """The page; for agents with every field locked and the reason above them."""
    if not request.member.is_admin:
        for field in form.fields.values():
            field.disabled = True
    page = {"form": form, "asks": members.whom_to_ask(request.member, "change settings"), **more}
    return render(request, template, page, status=422 if form.errors else 200)


def saved(request: MemberRequest, text: str, page: str) -> HttpResponse:
    messages.success(request, text)
    return redirect(page)


def done(request: MemberRequest, text: str, page: str, *changed: str) -> HttpResponse:
    """After an action from a menu or dialog. `changed`: live topics that the page shall hear of at once."""
    if not request.htmx:
        return saved(request, text, page)
    response = HttpResponse(status=204)
    for name, detail in (("toast", {"text": text}), ("close-dialog", {})):
        trigger_client_event(response, name, detail)
    for topic in changed:
        trigger_client_event(response, f"live:{topic}")
    return response


def moved(request: MemberRequest, text: str, page: str) -> HttpResponse:
    """Like `done`, where what the member may see has changed with it."""
    messages.success(request, text)
    return HttpResponseClientRedirect(redirect(page).url) if request.htmx else redirect(page)
