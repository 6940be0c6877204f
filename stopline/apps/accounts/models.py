"""The nouns: a person who signs in (User), a business (Account), a person's place in it (Member), Invitation."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models

from stopline.apps.accounts.tenancy import tenant_key, uuid7
from stopline.rules.words import Role


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who can sign in. Not a tenant row: one person may be a member of several accounts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.name or self.email


CONFIRMATION = "You are unsubscribed and will get no more messages here. Reply START to get them again."
RESUMED = "You are subscribed again. Reply STOP at any time to unsubscribe, HELP for help."
HELP = "Reply STOP to unsubscribe, START to subscribe again. Our team reads your messages here."


class Account(models.Model):
    """A business using Stopline. Every tenant row belongs to one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="UTC")
    default_country = models.CharField(
        max_length=2, default="US"
    )  # ISO 3166-1 alpha-2, for numbers without "+"
    confirmation_text = models.CharField(max_length=320, default=CONFIRMATION)
    resumed_text = models.CharField(max_length=320, default=RESUMED)
    help_text = models.CharField(max_length=320, default=HELP)
    opt_out_words = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    opt_in_words = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    help_words = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    # A person's STOP ends every channel of the contact, not only the one (or the carrier's three) it came on.
    stop_everything = models.BooleanField(default=False)
    # The kinds of automations that are on, kept by their verbs: every inbound message asks, and most hear "none".
    automated = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    is_operator = models.BooleanField(default=False)  # runs the installation: Chat with Support arrives here
    support_url = models.URLField(blank=True)  # the operator's: opened instead of the support panel
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["is_operator"], condition=models.Q(is_operator=True), name="one_operator"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A user's place in one account, and what they may do there."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="members", db_index=False)
    id = models.UUIDField(default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=[(role.value, role.label) for role in Role])
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account", "user"], name="member_once_an_account"),)

    def __str__(self) -> str:
        return str(self.user)

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def others(self) -> list[Member]:
        """The user's places in other accounts, for switching."""
        return list(self.user.memberships.exclude(account_id=self.account_id).select_related("account"))


class Invitation(models.Model):
    """A single-use link to join an account. Only the token's digest is kept, so a leaked table opens nothing."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="invitations", db_index=False)
    id = models.UUIDField(default=uuid7, editable=False)
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=[(role.value, role.label) for role in Role])
    token_digest = models.CharField(max_length=64)
    invited_by_id = models.UUIDField(null=True)
    invited_by = tenant_key("accounts.Member", "invited_by_id", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account", "token_digest"], name="invitation_token"),)
