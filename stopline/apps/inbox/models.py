"""The nouns: Conversation, all messages with one contact over every channel, and SavedReply."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import tenant_key, uuid7
from stopline.rules.words import CHANNELS, Channel


class Conversation(models.Model):
    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="conversations", db_index=False
    )
    id = models.UUIDField(default=uuid7, editable=False)
    contact_id = models.UUIDField()
    contact = tenant_key("contacts.Contact", "contact_id", related_name="conversations")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    assignee_id = models.UUIDField(null=True)
    assignee = tenant_key("accounts.Member", "assignee_id", null=True, related_name="assigned")
    channel = models.CharField(max_length=10)  # of the last message; the composer starts there
    last_line = models.CharField(max_length=200, blank=True)
    last_message_at = models.DateTimeField()
    last_inbound_at = models.DateTimeField(null=True)
    unread = models.IntegerField(default=0)  # inbound messages nobody has looked at
    unclear = models.IntegerField(default=0)  # messages that look like an opt-out and wait for a decision
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["account", "contact_id"], name="one_conversation_a_contact"),
        )
        indexes = (
            models.Index(
                fields=["account", "state", "-last_message_at", "id"], name="conversations_by_state"
            ),
            models.Index(
                fields=["account", "-last_message_at", "id"],
                condition=models.Q(unread__gt=0),
                name="conversations_unread",
            ),
            models.Index(
                fields=["account", "state", "assignee_id", "-last_message_at", "id"],
                condition=models.Q(assignee_id__isnull=False),
                name="conversations_of_assignee",
            ),
            models.Index(
                fields=["account", "state", "-last_message_at", "id"],
                condition=models.Q(assignee_id__isnull=True),
                name="conversations_unassigned",
            ),
        )

    @property
    def channel_label(self) -> str:
        return Channel(self.channel).label

    @property
    def channel_icon(self) -> str:
        return CHANNELS[Channel(self.channel)].icon

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def last_is_ours(self) -> bool:
        return self.last_inbound_at != self.last_message_at


class SavedReply(models.Model):
    """A text members send often; the composer inserts it."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="saved_replies", db_index=False
    )
    id = models.UUIDField(default=uuid7, editable=False)
    name = models.CharField(max_length=80)
    text = models.TextField(max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint("account", Lower("name"), name="saved_reply_name_once"),)

    def __str__(self) -> str:
        return self.name
