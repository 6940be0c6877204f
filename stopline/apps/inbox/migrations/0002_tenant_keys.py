from django.db import migrations

from stopline.apps.accounts.tenancy import tenant_constraint


class Migration(migrations.Migration):
    """The composite foreign keys that a ForeignObject only describes."""

    dependencies = [("inbox", "0001_initial"), ("contacts", "0001_initial"), ("accounts", "0001_initial")]
    operations = [
        tenant_constraint("inbox_conversation", "contact_id", "contacts_contact"),
        tenant_constraint("inbox_conversation", "assignee_id", "accounts_member", "SET NULL"),
    ]
