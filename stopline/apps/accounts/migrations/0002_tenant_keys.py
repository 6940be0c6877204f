from django.db import migrations

from stopline.apps.accounts.tenancy import tenant_constraint


class Migration(migrations.Migration):
    """The composite foreign keys that a ForeignObject only describes."""

    dependencies = [("accounts", "0001_initial")]
    operations = [
        tenant_constraint("accounts_invitation", "invited_by_id", "accounts_member", "SET NULL"),
    ]
