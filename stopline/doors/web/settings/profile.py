"""Settings → Your profile: name, address, password and second factors of the member who is signed in."""

from __future__ import annotations

from functools import partial

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters

from stopline.apps.accounts import users
from stopline.apps.accounts.models import User
from stopline.doors.web.attempt import attempt
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.doors.web.settings.page import saved


class Name(forms.Form):
    name = forms.CharField(
        label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class Address(forms.Form):
    email = forms.CharField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        help_text="You sign in with it.",
    )
    password = forms.CharField(
        label="Current password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="Needed to change the address.",
    )


@signed_in
@sensitive_post_parameters("password")
def profile(request: MemberRequest) -> HttpResponse:
    user = request.member.user
    sent = request.POST.get("form") if request.method == "POST" else None
    name = Name(request.POST if sent == "name" else None, initial={"name": user.name}, prefix=None)
    address = Address(request.POST if sent == "address" else None, initial={"email": user.email})

    if name.is_valid() and attempt(name, partial(users.rename, user, **name.cleaned_data)) is not None:
        return saved(request, "Your name is saved.", "settings_profile")
    if (
        address.is_valid()
        and attempt(address, partial(users.change_email, user, **address.cleaned_data)) is not None
    ):
        update_session_auth_hash(request, user)
        return saved(request, "You sign in with the new address from now on.", "settings_profile")

    page = {"name_form": name, "address_form": address, **_factors(request, user)}
    return render(
        request, "settings/profile.html", page, status=422 if name.errors or address.errors else 200
    )


def _factors(request: MemberRequest, user: User) -> dict[str, object]:
    kept = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    codes = next((each for each in kept if each.type == Authenticator.Type.RECOVERY_CODES), None)
    return {
        "app": next((each for each in kept if each.type == Authenticator.Type.TOTP), None),
        "passkeys": [each for each in kept if each.type == Authenticator.Type.WEBAUTHN],
        "unused_codes": len(codes.wrap().get_unused_codes()) if codes else None,
        # Browsers make passkeys for names only, and only where nobody can listen in.
        "passkeys_work": request.is_secure() or request.get_host().split(":")[0] == "localhost",
    }
