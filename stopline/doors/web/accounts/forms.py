"""Forms before sign-in. They only ask; the verbs decide what can be used."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
)
from django import forms

from stopline.apps.accounts import account

NEW_PASSWORD = "At least 10 characters, not a common password and not your name."  # noqa: S105  a help text


def _plain(form: forms.Form, **labels: str) -> None:
    """Our labels; no placeholder that repeats them, no link to a reset (it needs mail) under a password."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        field.help_text = NEW_PASSWORD if name == "password1" else ""
        field.label = labels.get(name, field.label)


class SignIn(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, login="E-mail")
        self.fields["login"].widget.attrs |= {"autocomplete": "username", "autofocus": True}


class ForgottenPassword(ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, email="E-mail")


class NewPassword(ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, password1="New password", password2="New password again")


class ChangePassword(ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, oldpassword="Current password", password1="New password", password2="New password again")


class Confirm(ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self)


class TimeZone(forms.CharField):
    """A searchable list; templates that show it include components/time_zones.html once."""

    def __init__(self) -> None:
        widget = forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"})
        super().__init__(
            label="Time zone", max_length=64, widget=widget, help_text="Type a city to find it, e.g. Paris."
        )


class Country(forms.ChoiceField):
    def __init__(self) -> None:
        super().__init__(
            label="Default country",
            choices=account.COUNTRIES,
            help_text="Of phone numbers written without + and country code.",
        )


def new_password() -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": "10"})
    return forms.CharField(
        label="Password", strip=False, max_length=1000, widget=widget, help_text=NEW_PASSWORD
    )


class Welcome(forms.Form):
    account_name = forms.CharField(
        label="Account name", max_length=120, help_text="Your business, as customers know it."
    )
    time_zone = TimeZone()
    default_country = Country()
    name = forms.CharField(
        label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.CharField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = new_password()


class Join(forms.Form):
    name = forms.CharField(
        label="Your name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    password = new_password()
