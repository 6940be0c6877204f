"""The nouns: Automation, a message an account sends by itself, and Run, one time it did."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import tenant_key, uuid7
from stopline.rules.automations import AutomationKind
from stopline.rules.hours import Schedule, Window
from stopline.rules.words import CHANNELS, Channel

KINDS = [kind.value for kind in AutomationKind]


class Automation(models.Model):
    """What to answer by itself, on which channels, and when. Change it only through `automations.automation`."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="automations", db_index=False)
    id = models.UUIDField(default=uuid7, editable=False)
    kind = models.CharField(max_length=12)
    enabled = models.BooleanField(default=True)
    channels = ArrayField(models.CharField(max_length=10), default=list)
    text = models.TextField(max_length=1000)
    # A keyword reply: what people write, and the list they join by it.
    words = ArrayField(models.CharField(max_length=60), default=list)
    list_id = models.UUIDField(null=True)
    contact_list = tenant_key("contacts.ContactList", "list_id", null=True)
    # An out-of-hours reply: when somebody is there, in the account's time zone.
    days = ArrayField(models.SmallIntegerField(), default=list)  # 1 Monday to 7 Sunday
    opens = models.TimeField(null=True)
    closes = models.TimeField(null=True)  # at or before `opens`: on the next day (rules.hours.Window)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="automation_kind_known"),
            models.CheckConstraint(
                condition=~Q(kind=AutomationKind.KEYWORD) | Q(words__len__gt=0), name="keyword_has_words"
            ),
            models.CheckConstraint(
                condition=~Q(kind=AutomationKind.OUT_OF_HOURS) | Q(opens__isnull=False, closes__isnull=False),
                name="out_of_hours_has_hours",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What people call it: a keyword reply by its words."""
        return ", ".join(self.words) or self.what.label

    @property
    def what(self) -> AutomationKind:
        return AutomationKind(self.kind)

    @property
    def channel_labels(self) -> list[str]:
        return [channel.label for channel in CHANNELS if channel in self.channels]

    def away(self, local: datetime) -> bool:
        """Whether nobody is there. Without a day nobody ever is: holidays."""
        if self.opens is None or self.closes is None:
            return False
        return not self.days or not Schedule(Window(self.opens, self.closes), frozenset(self.days)).takes(
            local
        )

    def covers(self, channel: Channel | str) -> bool:
        return str(channel) in self.channels


class Run(models.Model):
    """One automatic answer to one contact: how often an automation is used, and what limits it.

    Written in the transaction that queues the message, so there is one for each. It goes with its contact, and
    stays when its automation goes: nobody is welcomed twice because the welcome was written anew.
    """

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    id = models.UUIDField(default=uuid7, editable=False)
    automation_id = models.UUIDField(null=True)
    automation = tenant_key("automations.Automation", "automation_id", null=True)
    contact_id = models.UUIDField()
    contact = tenant_key("contacts.Contact", "contact_id")
    kind = models.CharField(max_length=12)
    channel = models.CharField(max_length=10)
    welcome = models.BooleanField(default=False)  # it was the contact's welcome on this channel
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["account", "contact_id", "channel"], condition=Q(welcome=True), name="welcomed_once"
            ),
        )
        indexes = (
            models.Index(fields=["account", "contact_id", "at"], name="runs_of_contact"),
            models.Index(
                fields=["account", "automation_id"],
                condition=Q(automation_id__isnull=False),
                name="runs_of_automation",
            ),
        )
