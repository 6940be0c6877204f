"""The way in: start page, sign-in, and the first-run page of an empty installation."""

from __future__ import annotations

from functools import partial
from typing import Any

from allauth.account.views import LoginView, PasswordResetView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from stopline.apps.accounts import account
from stopline.apps.sending import installation
from stopline.doors.web.accounts.forms import Welcome
from stopline.doors.web.attempt import attempt
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest, Request

DEMO_PASSWORD = "stopline-demo"  # noqa: S105  printed and shown: the demo listens on this machine only
DEMO_SIGN_INS = (("Admin", "admin@demo.test"), ("Agent", "agent@demo.test"))

_sign_in = LoginView.as_view()
_forgotten_password = PasswordResetView.as_view()


@signed_in
def home(_: MemberRequest) -> HttpResponse:
    return redirect("inbox")


def sign_in(request: Request) -> HttpResponse:
    if not request.user.is_authenticated and installation.is_empty():
        return redirect("welcome")
    return _shown(
        _sign_in(request), {"demo": DEMO_SIGN_INS if settings.DEMO else (), "demo_password": DEMO_PASSWORD}
    )


def forgotten_password(request: Request) -> HttpResponse:
    return _shown(_forgotten_password(request), {})


@never_cache
@sensitive_post_parameters("password")
def welcome(request: Request) -> HttpResponse:
    """The first start: whoever comes first names the account and becomes its admin."""
    if not installation.is_empty():
        return redirect("home")

    form = Welcome(request.POST or None, initial={"time_zone": "UTC", "default_country": "US"})
    if request.method == "POST" and form.is_valid():
        admin = attempt(form, partial(installation.set_up, **form.cleaned_data))
        if admin:
            login(request, admin.user)
            messages.success(request, f"Welcome to Stopline, {admin}. {admin.account} is ready.")
            return redirect("home")

    return render(
        request,
        "accounts/welcome.html",
        {"form": form, "zones": account.TIME_ZONES},
        status=422 if form.errors else 200,
    )


def _shown(response: HttpResponse, extra: dict[str, Any]) -> HttpResponse:
    """Tells the template of an allauth view more than allauth does."""
    if isinstance(response, TemplateResponse) and response.context_data is not None:
        response.context_data |= extra | {"mails": bool(settings.EMAIL_HOST)}
    return response
