"""The nouns: Subscription (the standing of one address on one channel) and Entry (one line of the ledger)."""

from __future__ import annotations

from django.db import models

from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import uuid7
from stopline.rules.words import Source, Standing

STANDINGS = [standing.value for standing in Standing]


class Subscription(models.Model):
    """The standing of one (account, channel, address): the projection of the ledger, and the row the gate locks.

    No row means subscribed by default. It belongs to the address and outlives every contact. Change it only
    through `consent.subscription`.
    """

    pk = models.CompositePrimaryKey("account_id", "channel", "address")
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="subscriptions", db_index=False
    )
    channel = models.CharField(max_length=10)
    address = models.CharField(max_length=254)
    standing = models.CharField(max_length=12, default=Standing.SUBSCRIBED)
    entry_id = models.UUIDField(null=True)  # the ledger entry that decided; null: nobody ever did
    since = models.DateTimeField(null=True)
    source = models.CharField(max_length=20, blank=True)
    held_message_id = models.UUIDField(null=True)  # an inbound message that looks like an opt-out, undecided
    held_since = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(standing__in=STANDINGS), name="standing_known"),
            models.CheckConstraint(
                condition=models.Q(standing=Standing.SUBSCRIBED) | models.Q(entry_id__isnull=False),
                name="no_unsubscribe_without_entry",
            ),
        )
        indexes = (
            models.Index(
                fields=["account", "address"],
                condition=models.Q(standing=Standing.UNSUBSCRIBED),
                name="unsubscribed_addresses",
            ),
        )

    @property
    def source_label(self) -> str:
        return Source(self.source).label if self.source else ""


class Entry(models.Model):
    """One line of the consent ledger: what changed, when, who or what decided, why, and the evidence.

    Append-only: a trigger and the table's permissions refuse UPDATE, DELETE and TRUNCATE (migration 0002).
    `position` gives the order of appending; `at` the time of the event itself.
    """

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.RESTRICT, related_name="ledger", db_index=False)
    id = models.UUIDField(default=uuid7, editable=False)
    position = models.BigIntegerField(db_default=0)  # an identity column, see migration 0002
    channel = models.CharField(max_length=10)
    address = models.CharField(max_length=254)
    standing = models.CharField(max_length=12)
    before = models.CharField(max_length=12)
    source = models.CharField(max_length=20)
    actor_kind = models.CharField(max_length=10)  # member, person or system
    actor_id = models.CharField(max_length=36, blank=True)
    actor_name = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    evidence = models.JSONField(
        default=dict
    )  # what proves it: text, message, file and row, IP; keys are stable
    message_id = models.UUIDField(null=True)
    contact_id = models.UUIDField(null=True)  # whose it was then; the contact may be gone since
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(standing__in=STANDINGS), name="entry_standing_known"),
        )
        indexes = (
            models.Index(fields=["account", "channel", "address", "position"], name="entries_of_address"),
            models.Index(
                fields=["account", "contact_id"],
                condition=models.Q(contact_id__isnull=False),
                name="entries_of_contact",  # finds what happened under former addresses
            ),
        )

    @property
    def source_label(self) -> str:
        return Source(self.source).label


class EvidenceFile(models.Model):
    """A file somebody gave as evidence for an entry (a form, a screenshot, a letter)."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(
        Account, on_delete=models.RESTRICT, related_name="evidence_files", db_index=False
    )
    id = models.UUIDField(default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)


class Link(models.Model):
    """A short link to the preference page, for texts. The same address always has the same one.

    Looked up by its code alone, which is all a text carries: the one look-up that doesn't start at an account.
    """

    pk = models.CompositePrimaryKey("account_id", "code")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    code = models.CharField(max_length=10)
    channel = models.CharField(max_length=10)
    address = models.CharField(max_length=254)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["account", "channel", "address"], name="link_once_an_address"),
        )
        indexes = (models.Index(fields=["code"], name="link_code"),)


class PreferencePage(models.Model):
    """How an account's preference page looks and speaks; no row: as every new account's does."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    id = models.UUIDField(default=uuid7, editable=False)
    colour = models.CharField(max_length=7, blank=True)  # #1a2b3c; "" is ours
    wording = models.TextField(max_length=600, blank=True)  # the account's own words, above the channels
    logo = models.BinaryField(default=b"")
    logo_type = models.CharField(max_length=20, blank=True)  # image/png, image/jpeg or image/webp
    logo_version = models.CharField(max_length=16, blank=True)  # changes with the picture, for caches
    link_in_texts = models.BooleanField(default=False)  # whether campaigns end with a short link
    links_since = models.DateTimeField(null=True)  # links made before this open nothing any more

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account"], name="one_preference_page"),)
