"""Send a test message: through the ordinary queue and the gate, its state shown as it changes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from stopline.apps.inbox import trial
from stopline.apps.sending import connections
from stopline.apps.sending.models import Connection, Message
from stopline.doors.web.attempt import attempt
from stopline.doors.web.guard import admins
from stopline.doors.web.request import MemberRequest
from stopline.rules.words import Channel


class Trial(forms.Form):
    channel = forms.ChoiceField()
    address = forms.CharField(
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        help_text="Your own phone number or e-mail address. Whoever it is becomes a contact.",
    )

    def __init__(self, connection: Connection, data: Any = None) -> None:
        super().__init__(data)
        self.fields["channel"].choices = [  # type: ignore[attr-defined]  # the stubs know fields by their base only
            (each, Channel(each).label) for each in connection.channels
        ]


@admins
@require_http_methods(["GET", "HEAD", "POST"])
def test(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    connection = connections.find(request.member.account_id, connection_id)
    form = Trial(connection, request.POST if request.method == "POST" else None)

    if form.is_valid():
        sent = attempt(form, lambda: trial.send(request.member, connection_id, **form.cleaned_data))
        if sent and request.htmx:
            return render(request, "settings/test_sent.html", _sent(connection, sent))
        if sent:
            return redirect("tested_connection", connection.id, sent.id)

    page = {
        "form": form,
        "connection": connection,
        "submit_label": "Send",
        "cancel_url": reverse("settings_channels"),
    }
    return render(request, "settings/test_message.html", page, status=422 if form.errors else 200)


@admins
@require_safe
def tested(request: MemberRequest, connection_id: UUID, message_id: UUID) -> HttpResponse:
    """How far the message is: the whole page, or for htmx its state alone."""
    connection = connections.find(request.member.account_id, connection_id)
    mine = Message.objects.filter(account_id=request.member.account_id, connection_id=connection.id)
    page = _sent(connection, get_object_or_404(mine, id=message_id))
    return render(request, "settings/test_state.html" if request.htmx else "settings/test_sent.html", page)


def _sent(connection: Connection, message: Message) -> dict[str, Any]:
    return {
        "connection": connection,
        "message": message,
        "reason": message.refusal_label or message.failure,
        "over": message.state not in ("queued", "handing_over"),
        "cancel_url": reverse("settings_channels"),
    }
