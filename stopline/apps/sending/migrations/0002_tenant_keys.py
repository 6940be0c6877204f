from django.db import migrations

from stopline.apps.accounts.tenancy import tenant_constraint


class Migration(migrations.Migration):
    """The composite foreign keys that a ForeignObject only describes."""

    dependencies = [
        ("sending", "0001_initial"),
        ("inbox", "0001_initial"),
        ("contacts", "0001_initial"),
        ("accounts", "0001_initial"),
    ]
    operations = [
        tenant_constraint("sending_message", "conversation_id", "inbox_conversation"),
        tenant_constraint("sending_message", "contact_id", "contacts_contact"),
        tenant_constraint("sending_message", "connection_id", "sending_connection", "SET NULL"),
        tenant_constraint("sending_message", "author_id", "accounts_member", "SET NULL"),
        tenant_constraint("sending_inboundevent", "connection_id", "sending_connection"),
    ]
