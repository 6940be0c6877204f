"""People who sign in: their name, e-mail address and password."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from stopline.apps.accounts.models import User
from stopline.rules import addresses
from stopline.rules.errors import Conflict, InvalidInput


def register(name: str, email: str, password: str) -> User:
    """A new sign-in. Raises InvalidInput (name, address, password), Conflict where the address has one."""
    user = User(name=_name(name), email=addresses.email(email))
    _check(password, user)
    user.set_password(password)
    _save(user)
    return user


def rename(user: User, name: str) -> User:
    """Raises InvalidInput."""
    user.name = _name(name)
    user.save(update_fields=["name"])
    return user


@transaction.atomic
def change_email(user: User, email: str, password: str) -> User:
    """What the user signs in with, and where a reset of the password goes: so the password is asked for.

    Raises InvalidInput, Conflict.
    """
    if not user.check_password(password):
        raise InvalidInput("The password is not correct", "Type your current password to change the address")
    user.email = addresses.email(email)
    _save(user)
    EmailAddress.objects.filter(
        user=user
    ).delete()  # allauth's copy: the former address would go on signing in
    return user


def _save(user: User) -> None:
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as taken:
        raise Conflict(
            f"Somebody already signs in with {user.email}",
            "Sign in with that address, or use another one",
            title="This address is taken",
        ) from taken


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise InvalidInput("The name is empty", "Type the name that colleagues know")
    if len(name) > 120:
        raise InvalidInput("The name is longer than 120 characters", "Shorten it")
    return name


def _check(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as weak:
        raise InvalidInput(" ".join(weak.messages), title="This password is too weak") from weak
