"""The list of broadcasts, and the first question of a new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from stopline.apps.broadcasts import broadcast as verbs
from stopline.apps.broadcasts import lookup, progress
from stopline.apps.broadcasts.models import Broadcast
from stopline.doors.web.attempt import attempt
from stopline.doors.web.broadcasts import find, states
from stopline.doors.web.broadcasts.states import Look
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.rules.words import CHANNELS, Channel

SIZE = 30


@dataclass(frozen=True, slots=True)
class Row:
    broadcast: Broadcast
    look: Look
    channels: list[Any]  # ChannelKind
    settled: int = 0

    @property
    def moving(self) -> bool:
        return self.broadcast.state in states.GOING


class New(forms.Form):
    name = forms.CharField(
        max_length=verbs.LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        help_text="Only your team sees it.",
    )


@signed_in
@require_safe
def broadcasts(request: MemberRequest) -> HttpResponse:
    after = find.place(request.GET.get("after", ""))

    found, older = lookup.page(request.member.account, SIZE, after)

    page = {
        "rows": [_row(each) for each in found],
        "older": f"{reverse('broadcasts')}?after={older}" if older else "",
        "first": reverse("broadcasts") if after else "",
    }
    part = request.htmx and not request.htmx.history_restore_request
    return render(request, "broadcasts/table.html" if part else "broadcasts/broadcasts.html", page)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: MemberRequest) -> HttpResponse:
    form = New(request.POST if request.method == "POST" else None)

    if form.is_valid():
        made = attempt(form, lambda: verbs.create(request.member, form.cleaned_data["name"]))
        if made:
            to = reverse("edit_broadcast", args=[made.id])
            return HttpResponseClientRedirect(to) if request.htmx else redirect(to)

    page = {"form": form, "submit_label": "Continue", "cancel_url": reverse("broadcasts")}
    return render(request, "broadcasts/new.html", page, status=422 if form.errors else 200)


def _row(broadcast: Broadcast) -> Row:
    settled = progress.of(broadcast).settled if broadcast.state in states.GOING else 0
    channels = [CHANNELS[Channel(each)] for each in broadcast.channels]
    return Row(broadcast, states.look(broadcast), channels, settled)
