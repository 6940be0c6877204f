"""Connection (a way out and in), Route to it, and what its provider has approved or told us."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import tenant_key, uuid7


class Remaining(models.Manager["Connection"]):
    """Without those that were removed: what pages list and messages leave through."""

    def get_queryset(self) -> models.QuerySet[Connection]:
        return super().get_queryset().exclude(state=Connection.State.REMOVED)


class Connection(models.Model):
    """An account's configured instance of a provider.

    A removed one stays as a row without credentials, so that its messages keep saying how they went and an opt-out
    that was stored and waits to be applied isn't lost with it.
    """

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"  # its queue waits
        REMOVED = "removed", "Removed"  # by an admin; `routes.take_over` gives its queue to others

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="connections", db_index=False)
    id = models.UUIDField(default=uuid7, editable=False)
    provider = models.CharField(max_length=30)
    name = models.CharField(max_length=80)
    channels = ArrayField(models.CharField(max_length=10))
    sender = models.CharField(max_length=254, blank=True)  # the number or mailbox people see
    settings = models.JSONField(default=dict)  # the provider's own, nothing secret
    credentials = models.TextField(blank=True, default="")  # encrypted, see sending.credentials
    token = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    paused_because = models.TextField(blank=True, default="")  # by Stopline itself, in words; "" by a person
    paused_by_id = models.UUIDField(null=True)  # the member who paused it
    paused_by = tenant_key("accounts.Member", "paused_by_id", null=True)
    paused_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # when the admins were mailed about this pause of Stopline's
    last_inbound_at = models.DateTimeField(null=True)
    last_sent_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True)
    rate = models.FloatField(
        null=True
    )  # messages of broadcasts a second at most; None: as fast as it takes them
    free_at = models.DateTimeField(
        null=True
    )  # no broadcast goes on before: its pace, or the provider asked to wait
    rest = models.FloatField(
        null=True
    )  # seconds of the last wait that we chose ourselves; doubled while nothing gets through
    created_at = models.DateTimeField(auto_now_add=True)

    objects = Remaining()
    ever = models.Manager["Connection"]()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account", "token"], name="connection_token"),)

    def __str__(self) -> str:
        return self.name


class Route(models.Model):
    """Which connection takes a channel's messages to addresses that begin with `prefix` ("" is every other)."""

    pk = models.CompositePrimaryKey("account_id", "channel", "prefix")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="routes", db_index=False)
    channel = models.CharField(max_length=10)
    prefix = models.CharField(max_length=8, blank=True)  # of an E.164 number, "+49"; longest match wins
    connection_id = models.UUIDField()
    connection = tenant_key("sending.Connection", "connection_id", related_name="routes")


class MessageTemplate(models.Model):
    """A message the provider has approved, as it was when it was last asked (sending.templates)."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="message_templates", db_index=False
    )
    id = models.UUIDField(default=uuid7, editable=False)
    connection_id = models.UUIDField()
    connection = tenant_key("sending.Connection", "connection_id", related_name="templates")
    name = models.CharField(max_length=512)
    language = models.CharField(max_length=20)
    category = models.CharField(max_length=30)  # marketing, utility or authentication
    approved = models.BooleanField()
    hindrance = models.TextField(blank=True)  # why it can't be filled in here
    header = models.TextField(blank=True)  # these three with {{places}} for the variables
    text = models.TextField(blank=True)
    footer = models.TextField(blank=True)
    buttons = models.JSONField(default=list)  # their labels
    variables = models.JSONField(default=list)  # {"key", "label", "example"}, in order

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["account", "connection_id", "name", "language"], name="template_of_connection_once"
            ),
        )

    def __str__(self) -> str:
        return self.name


class InboundEvent(models.Model):
    """What a provider sent us, as it came: kept so that it counts once and nothing is lost on the way."""

    pk = models.CompositePrimaryKey("account_id", "connection_id", "event_id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    connection_id = models.UUIDField()
    connection = tenant_key("sending.Connection", "connection_id", related_name="events")
    event_id = models.CharField(max_length=160)
    body = models.JSONField()
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["received_at"], condition=models.Q(applied_at__isnull=True), name="events_to_apply"
            ),
        )
