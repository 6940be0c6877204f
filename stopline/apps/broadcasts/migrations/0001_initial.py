import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import stopline.apps.accounts.tenancy
from stopline.apps.accounts.tenancy import tenant_constraint


class Migration(migrations.Migration):
    """Broadcasts, and what belongs to one: its messages, what they say, how they flow, its files."""

    initial = True
    dependencies = [("accounts", "0003_cache_table"), ("sending", "0011_streams")]

    operations = [
        migrations.CreateModel(
            name="Broadcast",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField(default=stopline.apps.accounts.tenancy.uuid7, editable=False)),
                ("name", models.CharField(max_length=120)),
                (
                    "purpose",
                    models.CharField(
                        choices=[("marketing", "Marketing"), ("service", "Service")],
                        default="marketing",
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("scheduled", "Scheduled"),
                            ("sending", "Sending"),
                            ("paused", "Paused"),
                            ("cancelled", "Cancelled"),
                            ("done", "Sent"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("include", models.JSONField(default=list)),
                ("exclude", models.JSONField(default=list)),
                (
                    "channels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), default=list, size=None
                    ),
                ),
                (
                    "pick",
                    models.CharField(
                        choices=[
                            ("first", "The first channel on which each contact can be reached"),
                            ("all", "Every channel on which each contact can be reached"),
                        ],
                        default="first",
                        max_length=10,
                    ),
                ),
                ("starts_at", models.DateTimeField(null=True)),
                ("local_time", models.BooleanField(default=False)),
                ("window", models.JSONField(null=True)),
                ("rate", models.FloatField(null=True)),
                ("created_by_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                ("sent_by_id", models.UUIDField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("reached", models.UUIDField(null=True)),
                ("written_at", models.DateTimeField(null=True)),
                ("looked_at", models.IntegerField(default=0)),
                ("messages", models.IntegerField(default=0)),
                ("left_out", models.JSONField(default=dict)),
                ("progress_at", models.DateTimeField(null=True)),
                ("problem", models.TextField(blank=True)),
                ("counted", models.JSONField(default=dict)),
                ("counted_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="broadcasts",
                        to="accounts.account",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignObject(
                        from_fields=("account_id", "created_by_id"),
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.member",
                        to_fields=("account_id", "id"),
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignObject(
                        from_fields=("account_id", "sent_by_id"),
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.member",
                        to_fields=("account_id", "id"),
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["scheduled", "sending", "cancelled"])),
                        fields=["state", "starts_at"],
                        name="broadcasts_to_look_after",
                    )
                ],
            },
        ),
        tenant_constraint("broadcasts_broadcast", "created_by_id", "accounts_member", "SET NULL"),
        tenant_constraint("broadcasts_broadcast", "sent_by_id", "accounts_member", "SET NULL"),
        tenant_constraint("sending_message", "broadcast_id", "broadcasts_broadcast"),
        tenant_constraint("sending_content", "broadcast_id", "broadcasts_broadcast"),
        tenant_constraint("sending_stream", "broadcast_id", "broadcasts_broadcast"),
        tenant_constraint("sending_mediafile", "broadcast_id", "broadcasts_broadcast"),
    ]
