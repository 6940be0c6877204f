"""Adding, changing and deleting an automation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from stopline.apps.automations import automation as verbs
from stopline.doors.web.attempt import attempt
from stopline.doors.web.guard import admins
from stopline.doors.web.request import MemberRequest
from stopline.doors.web.settings.automations.form import AutomationForm
from stopline.doors.web.settings.page import done
from stopline.rules.automations import QUIET, AutomationKind

ABOUT = {
    AutomationKind.WELCOME: "Once to each contact who subscribes by themselves: by START, or on the preference page.",
    AutomationKind.OUT_OF_HOURS: "To whoever writes while nobody is there, "
    f"at most once in {QUIET // timedelta(hours=1)} hours.",
    AutomationKind.KEYWORD: "To a message that is one of your own words. Whoever writes it can join a list.",
}


@admins
@require_safe
def choose(request: MemberRequest) -> HttpResponse:
    page = {"offered": list(ABOUT.items()), "cancel_url": _here()}
    return render(request, "settings/choose_automation.html", page)


@admins
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: MemberRequest, kind: str) -> HttpResponse:
    if kind not in list(AutomationKind):
        raise Http404
    known = AutomationKind(kind)
    form = AutomationForm(request.member.account, known, request.POST or None)

    if form.is_valid():
        made = attempt(form, lambda: verbs.add(request.member, known, form.wanted))
        if made:
            return done(request, f"{made} is saved.", "settings_automations", "automations")

    return _asked(request, form, {"heading": f"Add {known.label.lower()}", "about": ABOUT[known]})


@admins
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, automation_id: UUID) -> HttpResponse:
    kept = verbs.find(request.member.account_id, automation_id)
    form = AutomationForm(request.member.account, kept.what, request.POST or None, kept)

    if form.is_valid():
        changed = attempt(form, lambda: verbs.change(request.member, automation_id, form.wanted))
        if changed:
            return done(request, f"{changed} is saved.", "settings_automations", "automations")

    return _asked(request, form, {"heading": f"Edit {kept.what.label.lower()}", "about": ABOUT[kept.what]})


@admins
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: MemberRequest, automation_id: UUID) -> HttpResponse:
    found = verbs.find(request.member.account_id, automation_id)

    if request.method == "POST":
        verbs.remove(request.member, automation_id)
        return done(request, f"{found} is deleted.", "settings_automations", "automations")

    page = {
        "automation": found,
        "submit_label": "Delete",
        "submit_kind": "danger",
        "cancel_url": _here(),
    }
    return render(request, "settings/delete_automation.html", page)


def _asked(request: MemberRequest, form: AutomationForm, page: dict[str, Any]) -> HttpResponse:
    page |= {
        "form": form,
        "zone": request.member.account.time_zone,
        "submit_label": "Save",
        "cancel_url": _here(),
    }
    return render(request, "settings/automation_form.html", page, status=422 if form.errors else 200)


def _here() -> str:
    return reverse("settings_automations")
