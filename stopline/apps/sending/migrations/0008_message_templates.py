import django.db.models.deletion
from django.db import migrations, models

from stopline.apps.accounts.tenancy import tenant_constraint, uuid7


class Migration(migrations.Migration):
    """The templates a provider has approved."""

    dependencies = [("accounts", "0003_cache_table"), ("sending", "0007_queue_of_connection")]
    operations = [
        migrations.CreateModel(
            name="MessageTemplate",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField(default=uuid7, editable=False)),
                ("connection_id", models.UUIDField()),
                ("name", models.CharField(max_length=512)),
                ("language", models.CharField(max_length=20)),
                ("category", models.CharField(max_length=30)),
                ("approved", models.BooleanField()),
                ("hindrance", models.TextField(blank=True)),
                ("header", models.TextField(blank=True)),
                ("text", models.TextField(blank=True)),
                ("footer", models.TextField(blank=True)),
                ("buttons", models.JSONField(default=list)),
                ("variables", models.JSONField(default=list)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="message_templates",
                        to="accounts.account",
                    ),
                ),
                (
                    "connection",
                    models.ForeignObject(
                        from_fields=("account_id", "connection_id"),
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="templates",
                        to="sending.connection",
                        to_fields=("account_id", "id"),
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "connection_id", "name", "language"),
                        name="template_of_connection_once",
                    )
                ],
            },
        ),
        tenant_constraint("sending_messagetemplate", "connection_id", "sending_connection"),
    ]
