"""The noun: Broadcast, one message to many contacts. What it says is sending.Content, how it flows sending.Stream."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import tenant_key, uuid7
from stopline.rules.words import Channel, MessageKind


class Broadcast(models.Model):
    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SCHEDULED = "scheduled", "Scheduled"
        SENDING = "sending", "Sending"
        PAUSED = "paused", "Paused"
        CANCELLED = "cancelled", "Cancelled"
        DONE = "done", "Sent"

    class Purpose(models.TextChoices):
        MARKETING = "marketing", "Marketing"
        SERVICE = "service", "Service"

    class Pick(models.TextChoices):
        FIRST = "first", "The first channel on which each contact can be reached"
        ALL = "all", "Every channel on which each contact can be reached"

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="broadcasts", db_index=False)
    id = models.UUIDField(default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.MARKETING)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)

    # to whom: contacts that match any of `include` (each the parameters of contacts.directory.Filters, {} is
    # everybody) and are on none of the lists `exclude` names
    include = models.JSONField(default=list)
    exclude = models.JSONField(default=list)
    channels = ArrayField(models.CharField(max_length=10), default=list)  # in order of preference
    pick = models.CharField(max_length=10, choices=Pick.choices, default=Pick.FIRST)

    # when
    starts_at = models.DateTimeField(null=True)  # None: as soon as somebody presses Send
    local_time = models.BooleanField(
        default=False
    )  # the account's clock at `starts_at`, on each contact's own clock
    window = models.JSONField(
        null=True
    )  # sending hours: {"days": ISO weekdays, "start": "09:00", "end": "17:00"}
    rate = models.FloatField(null=True)  # messages a second at most, on each way out

    # how far
    created_by_id = models.UUIDField(null=True)
    created_by = tenant_key("accounts.Member", "created_by_id", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    sent_by_id = models.UUIDField(null=True)  # the member who pressed Send
    sent_by = tenant_key("accounts.Member", "sent_by_id", null=True)
    started_at = models.DateTimeField(null=True)  # when its messages began to be written
    finished_at = models.DateTimeField(null=True)
    reached = models.UUIDField(null=True)  # contacts up to here have their messages; a restart goes on behind
    written_at = models.DateTimeField(null=True)  # when all of them had
    looked_at = models.IntegerField(default=0)  # contacts of the audience so far
    messages = models.IntegerField(default=0)  # written so far
    left_out = models.JSONField(default=dict)  # {audience.LeftOut: contacts}
    progress_at = models.DateTimeField(
        null=True
    )  # when writing last got further, so that a lost job is noticed
    problem = models.TextField(blank=True)  # why it was paused by Stopline itself, for people
    counted = models.JSONField(default=dict)  # the last count, see broadcasts.progress
    counted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["state", "starts_at"],
                condition=models.Q(state__in=["scheduled", "sending", "cancelled"]),
                name="broadcasts_to_look_after",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def kind(self) -> MessageKind:
        return MessageKind.BROADCAST if self.purpose == self.Purpose.MARKETING else MessageKind.NOTICE

    @property
    def channel_labels(self) -> list[str]:
        return [Channel(channel).label for channel in self.channels]
