"""Message (both ways) and the files that go with one."""

from __future__ import annotations

from django.db import models

from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import tenant_key, uuid7
from stopline.rules.words import Channel, MessageKind, MessageState, Refusal

QUEUE_PRIORITY = {MessageKind.OPT_OUT_CONFIRMATION: 0, MessageKind.HELP: 0, MessageKind.REPLY: 1}
LATER_PRIORITY = 5  # everything no person is waiting for


class Message(models.Model):
    """One message, in or out. An outbound one is also its own place in the queue, or in its broadcast's streams.

    Only `sending.handover` moves a message out of `queued`, and only after the gate has allowed it.
    """

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="messages", db_index=False)
    id = models.UUIDField(default=uuid7, editable=False)
    # None for one of many: a broadcast opens no conversation, and is in the thread when the contact has one.
    conversation_id = models.UUIDField(null=True)
    conversation = tenant_key("inbox.Conversation", "conversation_id", related_name="messages", null=True)
    broadcast_id = models.UUIDField(null=True)
    contact_id = models.UUIDField()
    contact = tenant_key("contacts.Contact", "contact_id", related_name="messages")
    connection_id = models.UUIDField(null=True)
    connection = tenant_key("sending.Connection", "connection_id", null=True)
    author_id = models.UUIDField(null=True)  # the member who wrote it
    author = tenant_key("accounts.Member", "author_id", null=True)
    kind = models.CharField(max_length=24)
    channel = models.CharField(max_length=10)
    address = models.CharField(max_length=254)
    text = models.TextField()  # of a broadcast: "" until it is handed over, then what was said to this person
    parts = models.JSONField(default=dict)  # what else it holds: subject, html, headers, media, template
    state = models.CharField(max_length=14)
    created_at = models.DateTimeField()

    # the queue
    priority = models.SmallIntegerField(default=LATER_PRIORITY)
    due_at = models.DateTimeField(null=True)
    attempt_id = models.UUIDField(null=True)
    attempts = models.SmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    caused_by = models.UUIDField(null=True)  # a confirmation: the ledger entry it confirms

    # what came of it
    provider_id = models.CharField(max_length=120, null=True)
    refusal = models.CharField(max_length=20, blank=True)
    entry_id = models.UUIDField(null=True)  # the ledger entry that decided a refusal, or an inbound caused
    checked_at = models.DateTimeField(null=True)  # when the gate looked
    failure = models.TextField(blank=True)  # why it failed, for people
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    # inbound
    looks_like_opt_out = models.BooleanField(null=True)  # True: a person must decide; False: decided
    decided_by_id = models.UUIDField(null=True)  # the member who did
    decided_by = tenant_key("accounts.Member", "decided_by_id", null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["account", "connection_id", "provider_id"],
                condition=models.Q(provider_id__isnull=False),
                name="provider_message_once",
            ),
            models.UniqueConstraint(
                fields=["account", "caused_by"],
                condition=models.Q(kind=MessageKind.OPT_OUT_CONFIRMATION),
                name="one_confirmation_an_opt_out",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in MessageState]),
                name="message_state_known",
            ),
        )
        indexes = (
            models.Index(fields=["account", "contact_id", "id"], name="thread"),
            models.Index(
                fields=["account", "conversation_id"],
                condition=models.Q(conversation_id__isnull=False),
                name="messages_of_conversation",
            ),
            models.Index(
                fields=["account", "broadcast_id", "id"],
                condition=models.Q(broadcast_id__isnull=False),
                name="messages_of_broadcast",
            ),
            models.Index(
                fields=["priority", "due_at"],
                condition=models.Q(state=MessageState.QUEUED, broadcast_id__isnull=True),
                name="outbound_queue",
            ),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(state=MessageState.HANDING_OVER),
                name="outbound_leases",
            ),
            models.Index(
                fields=["account", "connection_id", "broadcast_id", "channel", "due_at"],
                condition=models.Q(state=MessageState.QUEUED),
                name="queue_of_connection",
            ),
        )

    @property
    def inbound(self) -> bool:
        return self.kind == MessageKind.INBOUND

    @property
    def channel_label(self) -> str:
        return Channel(self.channel).label

    @property
    def state_label(self) -> str:
        return MessageState(self.state).label

    @property
    def refusal_label(self) -> str:
        return Refusal(self.refusal).label if self.refusal else ""


class MediaFile(models.Model):
    """A file that came or goes with a message. Kept in the database: web and worker may be on different hosts."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="media_files", db_index=False)
    id = models.UUIDField(default=uuid7, editable=False)
    message_id = models.UUIDField(null=True)  # null until its message is queued
    message = tenant_key("sending.Message", "message_id", related_name="media_files", null=True)
    broadcast_id = models.UUIDField(null=True)  # in place of a message: it goes with all of a broadcast's
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (
            models.Index(fields=["account", "message_id"], name="media_of_message"),
            models.Index(
                fields=["account", "broadcast_id"],
                condition=models.Q(broadcast_id__isnull=False),
                name="media_of_broadcast",
            ),
        )
