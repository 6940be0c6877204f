"""What django-allauth asks us: who may sign up, where a redirect may lead, how second factors are kept."""

from __future__ import annotations

import base64
import smtplib
from typing import Any
from urllib.parse import urljoin

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from stopline.rules.errors import StoplineError

METHODS = {
    "reauthenticate": "Use your password",
    "mfa_reauthenticate": "Use your authenticator app or a recovery code",
    "mfa_reauthenticate:webauthn": "Use a passkey",
}
TRY_LATER = "Too many failed attempts. Wait five minutes, then try again."


class ByInvitation(DefaultAccountAdapter):
    """Nobody signs up by themselves: members are invited, the first admin is made by the first-run page."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "The e-mail address or the password is not correct.",
        "too_many_login_attempts": TRY_LATER,
        "incorrect_password": "The password is not correct.",
        "rate_limited": TRY_LATER,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Only pages of ours: `next` must not send people who have just signed in anywhere else."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Built on the public address, not on the Host header, which whoever asks for the mail can choose."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return urljoin(settings.PUBLIC_URL, path.replace("UID-KEY", key))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002
        return reverse("settings_profile")

    def reauthenticate(self, user: Any, password: str) -> bool:
        credentials = {"email": user.email, "password": password}
        return self.authenticate(self.request, **credentials) == user

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        methods = super().get_reauthentication_methods(user)
        return [{**method, "description": METHODS[method["id"]]} for method in methods]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        if not settings.EMAIL_HOST:
            return
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException) as error:
            raise StoplineError(
                "The mail server didn't take it",
                "Try again later; if it stays, tell the person who runs this installation",
                title="The mail wasn't sent",
            ) from error


class SecondFactors(DefaultMFAAdapter):
    """Secrets of authenticator apps are kept encrypted: a leaked database alone opens no account."""

    error_messages = {**DefaultMFAAdapter.error_messages, "incorrect_code": "The code is not correct."}

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, *_: Any, **__: Any) -> str:
        return "Passkey"


def _cipher() -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"stopline second factors").derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))
