"""Who may open a page. What they may do there is decided by the verbs, for every door alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django_htmx.http import HttpResponseClientRedirect

from stopline.apps.accounts import members
from stopline.doors.web.request import MemberRequest, Request

View = Callable[..., HttpResponseBase]


def signed_in(view: View) -> View:
    """Members only: others are led to the sign-in page and back, or told that they have no account."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if request.member is None:
            return _no_account(request)
        return view(request, *args, **kwargs)

    return guarded


def admins(view: View) -> View:
    """Admins of the account only. Raises NotAllowed, naming the admins, for everybody else."""

    @wraps(view)
    def guarded(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        members.require_admin(request.member, "open this page")
        return view(request, *args, **kwargs)

    return signed_in(guarded)


def _to_sign_in(request: Request) -> HttpResponse:
    sign_in = resolve_url("account_login")
    if request.htmx:
        back = request.htmx.current_url_abs_path or "/"
        return HttpResponseClientRedirect(f"{sign_in}?{urlencode({'next': back})}")
    back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    return HttpResponseRedirect(f"{sign_in}?{urlencode({'next': back})}")


def _no_account(request: Request) -> HttpResponse:
    if request.htmx:  # a member removed while the page was open: the whole page must go, not a part of it
        return HttpResponseClientRedirect("/")
    return render(request, "accounts/no_account.html", status=403)
