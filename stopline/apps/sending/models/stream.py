"""Many messages at once: what they say (Content), how they flow (Stream), and the account's rules for them."""

from __future__ import annotations

from datetime import time

from django.db import models

from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import tenant_key
from stopline.rules.words import Channel

HINTS = {  # short, because a text's segments are paid for
    Channel.SMS: "Reply STOP to unsubscribe.",
    Channel.MMS: "Reply STOP to unsubscribe.",
    Channel.WHATSAPP: "Reply STOP to unsubscribe.",
    Channel.RCS: "Reply STOP to unsubscribe.",
    Channel.EMAIL: "Unsubscribe or choose what you get:",
}


class Content(models.Model):
    """What a broadcast says on one channel, with places for the contact's fields (sending.wording).

    Once the broadcast has started it never changes: messages are written from it at hand-over.
    """

    pk = models.CompositePrimaryKey("account_id", "broadcast_id", "channel")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    broadcast_id = models.UUIDField()
    channel = models.CharField(max_length=10)
    subject = models.TextField(blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    media = models.JSONField(default=list)  # as sending.media.lent tells them
    template = models.JSONField(
        default=dict
    )  # an approved one: name, language, variables (each a text with places)
    hint = models.CharField(max_length=160, blank=True)  # how to unsubscribe, behind the text
    link = models.BooleanField(default=False)  # with the link to the preference page


class Stream(models.Model):
    """The messages of one broadcast on one channel through one connection: what workers take turns at.

    Paused and stopped streams keep their messages where they are; nothing has to be moved for it to take effect.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        PAUSED = "paused"
        STOPPED = "stopped"

    pk = models.CompositePrimaryKey("account_id", "broadcast_id", "channel", "connection_id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    broadcast_id = models.UUIDField()
    channel = models.CharField(max_length=10)
    connection_id = models.UUIDField()
    connection = tenant_key("sending.Connection", "connection_id", related_name="streams")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    window = models.JSONField(
        null=True
    )  # the broadcast's own hours: days (ISO weekdays), start, end ("09:00")
    rate = models.FloatField(null=True)  # messages a second at most
    free_at = models.DateTimeField(db_default=models.functions.Now())  # not looked at before
    served_at = models.DateTimeField(db_default=models.functions.Now())  # whose turn it is: the longest ago

    class Meta:
        indexes = (
            models.Index(fields=["free_at"], condition=models.Q(state="running"), name="streams_running"),
        )


class SendingRules(models.Model):
    """What an account has decided for everything it sends to many; no row: as every new account's are."""

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="sending_rules"
    )
    # Marketing by phone: the hours of the person's own local time in which it may leave.
    keeps_hours = models.BooleanField(default=True)
    hours_start = models.TimeField(default=time(8))
    hours_end = models.TimeField(default=time(20))
    # Marketing: at most so many messages to a contact on a channel in so many days.
    cap = models.SmallIntegerField(null=True)
    cap_days = models.SmallIntegerField(default=7)
    hints = models.JSONField(default=dict)  # {channel: its words}; a channel left out has those of HINTS

    def hint(self, channel: Channel) -> str:
        return str(self.hints.get(channel, HINTS[channel]))
