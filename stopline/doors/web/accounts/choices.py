"""What a member chooses for their own browser: the account they work in, and the theme."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from stopline.apps.accounts import members
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest, Request
from stopline.rules.errors import NotFound

A_YEAR = 365 * 24 * 3600
THEMES = ("light", "dark")  # anything else follows the system


@require_POST
@signed_in
def switch_account(request: MemberRequest) -> HttpResponse:
    try:
        account_id = uuid.UUID(request.POST.get("account", ""))
    except ValueError:
        raise NotFound("This account doesn't exist", "Choose one from your profile menu") from None
    member = members.switch(request.member.user, account_id)
    request.session["account"] = str(member.account_id)
    return redirect("home")


@require_POST
def set_theme(request: Request) -> HttpResponse:
    response = HttpResponseRedirect(_page_before(request))
    theme = request.POST.get("theme")
    if theme in THEMES:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie("theme", theme, max_age=A_YEAR, samesite="Lax", secure=secure, httponly=True)
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


def _page_before(request: Request) -> str:
    came_from = urlsplit(request.headers.get("Referer", ""))
    return came_from.path if came_from.netloc == request.get_host() and came_from.path else "/"
