"""Chat with Support: a panel over any page, and a page of its own without JavaScript."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from stopline.apps.inbox import support
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.rules.errors import InvalidInput


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def panel(request: MemberRequest) -> HttpResponse:
    outside = support.entrance(request.member).outside
    if outside:
        return redirect(outside)
    if request.method == "POST":
        return _write(request)
    return render(request, "support/panel.html", _talk(request))


@signed_in
@require_safe
def messages(request: MemberRequest) -> HttpResponse:
    """What an open panel fetches when something new was said."""
    return render(request, "support/messages.html", _talk(request))


@signed_in
@require_safe
def unread(request: MemberRequest) -> HttpResponse:
    """The dot on the profile button."""
    return render(request, "support/dot.html")


def _write(request: MemberRequest) -> HttpResponse:
    text = request.POST.get("text", "")
    try:
        support.write(request.member, text)
    except InvalidInput as refusal:
        problem = {"problem": str(refusal), "text": text}
        template = "support/talk.html" if request.htmx else "support/panel.html"
        return render(request, template, {**_talk(request), **problem}, status=422)
    if request.htmx:
        return render(request, "support/talk.html", _talk(request))
    return redirect("support")


def _talk(request: MemberRequest) -> dict[str, Any]:
    said = support.conversation(request.member)
    support.mark_read(request.member)
    by_day = groupby(said, key=lambda message: timezone.localtime(message.created_at).date())
    return {"days": [{"on": on, "messages": list(messages)} for on, messages in by_day]}
