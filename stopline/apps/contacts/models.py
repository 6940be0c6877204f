"""The nouns: Contact, ContactList, CustomField, and Import (a file becoming contacts)."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import tenant_key, uuid7
from stopline.rules import consent
from stopline.rules.words import AddressKind, Channel


class Contact(models.Model):
    """A person the account talks to: names, custom fields and one address per kind.

    Whether they may be messaged is not here: it belongs to the address (`consent.Subscription`), so it outlives
    the contact. Write contacts through `contacts.contact`, which keeps the search words and that promise.
    """

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="contacts", db_index=False)
    id = models.UUIDField(default=uuid7, editable=False)
    first_name = models.CharField(max_length=120, blank=True)
    last_name = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=16, null=True)  # E.164
    email = models.CharField(max_length=254, null=True)  # normalised, lower case
    user_address = models.CharField(max_length=36, null=True)  # a user's id, for Chat with Support
    custom = models.JSONField(default=dict)  # {custom field key: text | number | ISO date}
    notes = models.TextField(blank=True, max_length=10_000)
    origin = models.CharField(
        max_length=200, blank=True
    )  # how it came here, for people: "Imported from x.csv"
    search = SearchVectorField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    last_activity_at = models.DateTimeField(null=True)  # last message either way

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["account", "phone"], name="contact_phone_once"),
            models.UniqueConstraint(fields=["account", "email"], name="contact_email_once"),
            models.UniqueConstraint(fields=["account", "user_address"], name="contact_user_once"),
        )
        indexes = (GinIndex(fields=["search"], name="contact_search"),)

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def name(self) -> str:
        """What people call the contact; never empty."""
        return self.full_name or self.phone or self.email or "Unnamed contact"

    @property
    def addresses(self) -> consent.Addresses:
        held = {
            AddressKind.PHONE: self.phone,
            AddressKind.EMAIL: self.email,
            AddressKind.USER: self.user_address,
        }
        return {kind: address for kind, address in held.items() if address}

    @property
    def channels(self) -> list[tuple[Channel, str]]:
        """Every channel on which the contact can be reached, with the address: what a subscription is kept on."""
        return consent.channels_of(self.addresses)


class ContactList(models.Model):
    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="lists", db_index=False)
    id = models.UUIDField(default=uuid7, editable=False)
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint("account", models.functions.Lower("name"), name="list_name_once"),
        )

    def __str__(self) -> str:
        return self.name


class ListMembership(models.Model):
    pk = models.CompositePrimaryKey("account_id", "contact_list_id", "contact_id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    contact_list_id = models.UUIDField()
    contact_id = models.UUIDField()
    contact_list = tenant_key("contacts.ContactList", "contact_list_id", related_name="memberships")
    contact = tenant_key("contacts.Contact", "contact_id", related_name="memberships")

    class Meta:
        indexes = (models.Index(fields=["account", "contact_id"], name="membership_of_contact"),)


class CustomField(models.Model):
    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        NUMBER = "number", "Number"
        DATE = "date", "Date"

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="custom_fields", db_index=False
    )
    id = models.UUIDField(default=uuid7, editable=False)
    key = models.SlugField(max_length=60)  # the name in `Contact.custom`; never changes
    label = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.TEXT)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account", "key"], name="custom_field_key_once"),)

    def __str__(self) -> str:
        return self.label


class Import(models.Model):
    """A CSV file on its way to becoming contacts; kept here so that any worker, on any host, can read it."""

    class State(models.TextChoices):
        MAPPING = "mapping", "Waiting for its columns to be named"
        QUEUED = "queued", "Waiting for a worker"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    pk = models.CompositePrimaryKey("account_id", "id")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="imports", db_index=False)
    id = models.UUIDField(default=uuid7, editable=False)
    file_name = models.CharField(max_length=200)
    content = models.BinaryField()  # the file, gzip; emptied when the import is done
    encoding = models.CharField(max_length=20, default="utf-8")  # Python's name
    delimiter = models.CharField(max_length=1, default=",")
    header = models.JSONField(default=list)  # the file's column names, in order
    mapping = models.JSONField(default=dict)  # {column index as text: what it becomes}
    list_id = models.UUIDField(null=True)  # everybody in the file joins it
    contact_list = tenant_key("contacts.ContactList", "list_id", null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.MAPPING)
    problem = models.TextField(blank=True)  # why it failed, for people
    rows = models.IntegerField(default=0)
    done = models.IntegerField(default=0)  # rows read so far; a restart goes on from here
    progress_at = models.DateTimeField(null=True)  # when it was started, resumed or last got further
    created_count = models.IntegerField(default=0)
    updated_count = models.IntegerField(default=0)
    unsubscribed_count = models.IntegerField(default=0)
    fault_count = models.IntegerField(default=0)
    created_by_id = models.UUIDField(null=True)
    created_by = tenant_key("accounts.Member", "created_by_id", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)


class ImportFault(models.Model):
    """A row that could not be imported: its line in the file, why, and the row itself to mend."""

    pk = models.CompositePrimaryKey("account_id", "import_id", "line")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    import_id = models.UUIDField()
    of = tenant_key("contacts.Import", "import_id", related_name="faults")
    line = models.IntegerField()  # in the file, the first row is 1
    reason = models.TextField()
    row = models.JSONField()
