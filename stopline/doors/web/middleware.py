"""What every page has: the member who asks, and errors told in words."""

import json
from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from stopline.apps.accounts import members
from stopline.apps.accounts.models import User
from stopline.doors.web.request import Request
from stopline.rules.errors import StoplineError

Respond = Callable[[Request], HttpResponse]


def current_member(respond: Respond) -> Respond:
    """Sets `request.member`: the user's place in the account they are working in, or None."""

    def middleware(request: Request) -> HttpResponse:
        request.member = None
        if isinstance(request.user, User):
            request.member = members.current(request.user, request.session.get("account"))
        if request.member:
            with timezone.override(request.member.account.time_zone):
                return respond(request)
        return respond(request)

    return middleware


def told_errors(respond: Respond) -> Respond:
    """A refusal from a verb becomes a page (for htmx: a message in the page) with the refusal's own words."""

    def middleware(request: Request) -> HttpResponse:
        return respond(request)

    def process_exception(request: Request, error: Exception) -> HttpResponse | None:
        if not isinstance(error, StoplineError):
            return None
        if request.htmx:
            trigger = json.dumps({"toast": {"text": str(error), "tone": "danger"}})
            return HttpResponse(
                str(error), status=error.status, headers={"HX-Trigger": trigger, "HX-Reswap": "none"}
            )
        return render(request, "error.html", {"error": error}, status=error.status)

    middleware.process_exception = process_exception  # type: ignore[attr-defined]  # Django's hook for functions
    return middleware
