"""The noun: Conversation, all messages with one contact over every channel."""

from __future__ import annotations

from django.db import models

from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import tenant_key, uuid7
from stopline.rules.words import Channel


class Conversation(models.Model):
    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="conversations")
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
        )

    @property
    def channel_label(self) -> str:
        return Channel(self.channel).label
