"""What we know of a provider's own list of opt-outs."""

from __future__ import annotations

from django.db import models

from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import tenant_key


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
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    connection_id = models.UUIDField()
    connection = tenant_key("sending.Connection", "connection_id", related_name="opt_outs")
    channel = models.CharField(max_length=10)
    address = models.CharField(max_length=254)
    held = models.BooleanField(default=False)  # on the provider's list, as far as we know
    # Since when it counts: since we know of it, or since they say it began where we first saw it later.
    held_since = models.DateTimeField(null=True)
    theirs_since = models.DateTimeField(null=True)  # when the person opted out there, as the provider says
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
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
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
