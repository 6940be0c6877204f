"""Settings → Automations: what the account answers by itself, how often it did, and whether it does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from stopline.apps.accounts import members
from stopline.apps.accounts.models import Account
from stopline.apps.automations import automation as verbs
from stopline.apps.automations import keywords
from stopline.apps.automations.models import Automation
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.doors.web.settings.automations.form import DAYS
from stopline.doors.web.settings.page import done
from stopline.rules.automations import MOST

STATES = {"on": True, "off": False}


@signed_in
@require_safe
def automations(request: MemberRequest) -> HttpResponse:
    account = request.member.account
    asks = members.whom_to_ask(request.member, "change automations")

    page = {
        "rows": [_described(account, each, used, not asks) for each, used in verbs.everything(account)],
        "most": dict(MOST)[timedelta(hours=1)],
        "asks": asks,
    }
    template = "settings/automations_list.html" if request.htmx else "settings/automations.html"
    return render(request, template, page)


@require_POST
@signed_in
def switch(request: MemberRequest, automation_id: UUID, state: str) -> HttpResponse:
    if state not in STATES:
        raise Http404
    found = verbs.switch(request.member, automation_id, on=STATES[state])
    return done(request, f"{found} is {state}.", "settings_automations", "automations")


def _described(account: Account, automation: Automation, used: int, may_change: bool) -> dict[str, Any]:
    return {
        "automation": automation,
        "used": used,
        "hours": hours(automation),
        "channels": ", ".join(automation.channel_labels),
        "silenced": keywords.silenced(account, automation),
        "menu": _menu(automation) if may_change else [],
    }


def hours(automation: Automation) -> str:
    """Monday to Friday, 09:00 to 17:30; "" where it has none."""
    if automation.opens is None or automation.closes is None:
        return ""
    days = automation.days
    names = [name for day, name in DAYS if day in days]
    if not names:
        return "At any time"
    in_a_row = len(days) > 2 and days[-1] - days[0] == len(days) - 1
    told = f"{names[0]} to {names[-1]}" if in_a_row else ", ".join(names)
    return f"{told}, {automation.opens:%H:%M} to {automation.closes:%H:%M}"


def _menu(automation: Automation) -> list[dict[str, Any]]:
    state = "off" if automation.enabled else "on"
    return [
        {"label": "Edit", "href": reverse("edit_automation", args=[automation.id]), "dialog": True},
        {
            "label": f"Switch {state}",
            "action": reverse("switch_automation", args=[automation.id, state]),
        },
        {
            "label": "Delete",
            "href": reverse("delete_automation", args=[automation.id]),
            "dialog": True,
            "danger": True,
        },
    ]
