import django.db.models.deletion
from django.db import migrations, models

from stopline.apps.accounts.tenancy import tenant_constraint


class Migration(migrations.Migration):
    """Who decided about a message that looks like an opt-out, and when."""

    dependencies = [("accounts", "0003_cache_table"), ("sending", "0002_tenant_keys")]
    operations = [
        migrations.AddField("message", "decided_at", models.DateTimeField(null=True)),
        migrations.AddField("message", "decided_by_id", models.UUIDField(null=True)),
        migrations.AddField(
            "message",
            "decided_by",
            models.ForeignObject(
                from_fields=("account_id", "decided_by_id"),
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="accounts.member",
                to_fields=("account_id", "id"),
            ),
        ),
        tenant_constraint("sending_message", "decided_by_id", "accounts_member", "SET NULL"),
    ]
