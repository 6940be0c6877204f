"""Routes: which connection takes a channel's messages, and those to numbers that begin alike."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from stopline.apps.accounts.models import Account
from stopline.apps.sending import routes
from stopline.apps.sending.models import Route
from stopline.doors.web.attempt import attempt
from stopline.doors.web.guard import admins, signed_in
from stopline.doors.web.request import MemberRequest
from stopline.doors.web.settings.page import done
from stopline.rules.words import CONSENT_CHANNELS


class RouteForm(forms.Form):
    channel = forms.ChoiceField()
    begins = forms.CharField(
        label="Numbers that begin with",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "+49", "inputmode": "tel"}),
        help_text="A country code, or more digits. Empty: all other numbers.",
    )
    connection_id = forms.TypedChoiceField(label="Connection", coerce=UUID)

    def __init__(self, account: Account, data: Any = None) -> None:
        super().__init__(data)
        mine = list(account.connections.order_by("created_at", "id"))
        carried = [each for each in CONSENT_CHANNELS if any(each in one.channels for one in mine)]
        sending = [one for one in mine if set(one.channels) & set(CONSENT_CHANNELS)]
        self.fields["channel"].choices = [(each.value, each.label) for each in carried]  # type: ignore[attr-defined]
        self.fields["connection_id"].choices = [(str(one.id), one.name) for one in sending]  # type: ignore[attr-defined]


@admins
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: MemberRequest) -> HttpResponse:
    form = RouteForm(request.member.account, request.POST if request.method == "POST" else None)

    if form.is_valid() and attempt(form, partial(_put, request, form.cleaned_data)) is not None:
        return done(request, "The route is saved.", "settings_channels", "connections")

    page = {"form": form, "submit_label": "Save", "cancel_url": reverse("settings_channels")}
    return render(request, "settings/route.html", page, status=422 if form.errors else 200)


@require_POST
@signed_in
def remove(request: MemberRequest) -> HttpResponse:
    routes.remove(request.member, request.POST.get("channel", ""), request.POST.get("prefix", ""))
    return done(request, "The route is removed.", "settings_channels", "connections")


def _put(request: MemberRequest, typed: dict[str, Any]) -> Route:
    return routes.put(request.member, typed["channel"], typed["begins"], typed["connection_id"])
