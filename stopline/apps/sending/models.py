"""The nouns: Connection (a way out and in), Message (both ways), InboundEvent (what a provider told us)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import account_of_token as account_of_token  # noqa: PLC0414  for the doors
from stopline.apps.accounts.tenancy import new_token as new_token  # noqa: PLC0414
from stopline.apps.accounts.tenancy import tenant_key, uuid7
from stopline.rules.words import Channel, MessageKind, MessageState, Refusal

QUEUE_PRIORITY = {MessageKind.OPT_OUT_CONFIRMATION: 0, MessageKind.HELP: 0, MessageKind.REPLY: 1}
LATER_PRIORITY = 5  # everything no person is waiting for


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
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="connections")
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
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="routes")
    channel = models.CharField(max_length=10)
    prefix = models.CharField(max_length=8, blank=True)  # of an E.164 number, "+49"; longest match wins
    connection_id = models.UUIDField()
    connection = tenant_key("sending.Connection", "connection_id", related_name="routes")


class MediaFile(models.Model):
    """A file that came or goes with a message. Kept in the database: web and worker may be on different hosts."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="media_files")
    id = models.UUIDField(default=uuid7, editable=False)
    message_id = models.UUIDField(null=True)  # null until its message is queued
    message = tenant_key("sending.Message", "message_id", related_name="media_files", null=True)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (models.Index(fields=["account", "message_id"], name="media_of_message"),)


class MessageTemplate(models.Model):
    """A message the provider has approved, as it was when it was last asked (sending.templates)."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="message_templates")
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


class Message(models.Model):
    """One message, in or out. An outbound one is also its own place in the queue.

    Only `sending.handover` moves a message out of `queued`, and only after the gate has allowed it.
    """

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="messages")
    id = models.UUIDField(default=uuid7, editable=False)
    conversation_id = models.UUIDField()
    conversation = tenant_key("inbox.Conversation", "conversation_id", related_name="messages")
    contact_id = models.UUIDField()
    contact = tenant_key("contacts.Contact", "contact_id", related_name="messages")
    connection_id = models.UUIDField(null=True)
    connection = tenant_key("sending.Connection", "connection_id", null=True)
    author_id = models.UUIDField(null=True)  # the member who wrote it
    author = tenant_key("accounts.Member", "author_id", null=True)
    kind = models.CharField(max_length=24)
    channel = models.CharField(max_length=10)
    address = models.CharField(max_length=254)
    text = models.TextField()
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
                fields=["account", "connection_id", "provider_id"], name="provider_message_once"
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
            models.Index(fields=["account", "conversation_id", "id"], name="thread"),
            models.Index(fields=["account", "contact_id"], name="messages_of_contact"),
            models.Index(
                fields=["priority", "due_at"],
                condition=models.Q(state=MessageState.QUEUED),
                name="outbound_queue",
            ),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(state=MessageState.HANDING_OVER),
                name="outbound_leases",
            ),
            models.Index(
                fields=["account", "connection_id"],
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


class InboundEvent(models.Model):
    """What a provider sent us, as it came: kept so that it counts once and nothing is lost on the way."""

    pk = models.CompositePrimaryKey("account_id", "connection_id", "event_id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
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


class ProviderOptOut(models.Model):
    """What we know of one address on a provider's own list of opt-outs, and what is to be done about it."""

    class Todo(models.TextChoices):
        NOTHING = "", "Nothing: both agree"
        ADD = "add", "It will be added at the provider"
        OURS_ONLY = (
            "ours_only",
            "Nothing: the provider takes no opt-outs from us, and Stopline refuses by itself",
        )
        REMOVE = "remove", "It will be taken off the provider's list"
        STAYS = "stays", "Nothing: only the contact can lift it at the provider"
        SHARED = "shared", "Nothing yet: the number is still unsubscribed on another of SMS, MMS and RCS"

    class Done(models.TextChoices):
        ADDED = "added", "Added at the provider"
        TAKEN = "taken", "Unsubscribed in Stopline, too"
        REMOVED = "removed", "Taken off the provider's list"

    pk = models.CompositePrimaryKey("account_id", "connection_id", "channel", "address")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    connection_id = models.UUIDField()
    connection = tenant_key("sending.Connection", "connection_id", related_name="opt_outs")
    channel = models.CharField(max_length=10)
    address = models.CharField(max_length=254)
    held = models.BooleanField(default=False)  # on the provider's list, as far as we know
    held_since = models.DateTimeField(null=True)  # since when we know
    seen_at = models.DateTimeField(null=True)  # when the list last had it, or the provider took it from us
    todo = models.CharField(max_length=10, choices=Todo.choices, blank=True, default=Todo.NOTHING)
    tries = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)  # not tried again before
    problem = models.TextField(blank=True, default="")  # why it isn't done, for people
    done = models.CharField(max_length=10, choices=Done.choices, blank=True, default="")
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["account", "connection_id", "todo"],
                condition=~models.Q(todo=""),
                name="opt_outs_that_differ",
            ),
            models.Index(
                fields=["account", "done_at"],
                condition=models.Q(done_at__isnull=False),
                name="opt_outs_settled",
            ),
        )


class Comparison(models.Model):
    """The last comparison of a connection's opt-outs with the provider's."""

    pk = models.CompositePrimaryKey("account_id", "connection_id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    connection_id = models.UUIDField()
    connection = tenant_key("sending.Connection", "connection_id", related_name="comparisons")
    asked_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)  # of the last one that got to its end
    problem = models.TextField(blank=True, default="")  # why the last one didn't, for people
    listed = models.IntegerField(default=0)  # addresses on the provider's list
    unreadable = models.IntegerField(default=0)  # of these, no address we can read
    taken = models.IntegerField(default=0)
    added = models.IntegerField(default=0)
    removed = models.IntegerField(default=0)
