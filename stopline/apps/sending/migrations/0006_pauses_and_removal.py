import django.db.models.deletion
from django.db import migrations, models

from stopline.apps.accounts.tenancy import tenant_constraint


class Migration(migrations.Migration):
    """Who paused a connection and since when, whether its admins were told, and that it can be removed."""

    dependencies = [
        ("accounts", "0003_cache_table"),
        ("sending", "0005_keys_and_defaults"),
    ]
    operations = [
        migrations.AddField("connection", "paused_by_id", models.UUIDField(null=True)),
        migrations.AddField(
            "connection",
            "paused_by",
            models.ForeignObject(
                from_fields=("account_id", "paused_by_id"),
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="accounts.member",
                to_fields=("account_id", "id"),
            ),
        ),
        migrations.AddField("connection", "paused_at", models.DateTimeField(null=True)),
        migrations.AddField("connection", "told_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "connection",
            "state",
            models.CharField(
                choices=[("active", "Active"), ("paused", "Paused"), ("removed", "Removed")],
                default="active",
                max_length=10,
            ),
        ),
        tenant_constraint("sending_connection", "paused_by_id", "accounts_member", "SET NULL"),
    ]
