"""Joining an account with an invitation's link."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from stopline.apps.accounts import invitations
from stopline.apps.accounts.models import Member, User
from stopline.doors.web.accounts.forms import Join
from stopline.doors.web.attempt import attempt
from stopline.doors.web.request import Request


@never_cache
@sensitive_post_parameters("password")
def join(request: Request, token: str) -> HttpResponse:
    invitation = invitations.find(token)
    form = Join(request.POST or None)

    if request.method == "POST":
        if isinstance(request.user, User):
            return _enter(request, invitations.accept(token, request.user))
        if form.is_valid():
            member = attempt(form, partial(invitations.accept_as_new, token, **form.cleaned_data))
            if member:
                login(request, member.user)
                return _enter(request, member)

    page = {"invitation": invitation, "form": form, "has_sign_in": invitations.has_sign_in(invitation)}
    return render(request, "accounts/invitation.html", page, status=422 if form.errors else 200)


def _enter(request: Request, member: Member) -> HttpResponse:
    request.session["account"] = str(member.account_id)
    messages.success(request, f"You are now a member of {member.account}.")
    return redirect("home")
