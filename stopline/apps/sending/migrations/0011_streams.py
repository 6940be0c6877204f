import datetime

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from stopline.apps.accounts.tenancy import tenant_constraint


class Migration(migrations.Migration):
    """What broadcasts say, how they flow, and the account's rules for them."""

    dependencies = [("accounts", "0003_cache_table"), ("sending", "0010_one_of_many")]
    operations = [
        migrations.CreateModel(
            name="Content",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id",
                        "broadcast_id",
                        "channel",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                ("broadcast_id", models.UUIDField()),
                ("channel", models.CharField(max_length=10)),
                ("subject", models.TextField(blank=True)),
                ("text", models.TextField(blank=True)),
                ("html", models.TextField(blank=True)),
                ("media", models.JSONField(default=list)),
                ("template", models.JSONField(default=dict)),
                ("hint", models.CharField(blank=True, max_length=160)),
                ("link", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="SendingRules",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="sending_rules",
                        serialize=False,
                        to="accounts.account",
                    ),
                ),
                ("keeps_hours", models.BooleanField(default=True)),
                ("hours_start", models.TimeField(default=datetime.time(8, 0))),
                ("hours_end", models.TimeField(default=datetime.time(20, 0))),
                ("cap", models.SmallIntegerField(null=True)),
                ("cap_days", models.SmallIntegerField(default=7)),
                ("hints", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Stream",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id",
                        "broadcast_id",
                        "channel",
                        "connection_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                ("broadcast_id", models.UUIDField()),
                ("channel", models.CharField(max_length=10)),
                ("connection_id", models.UUIDField()),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("paused", "Paused"), ("stopped", "Stopped")],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("window", models.JSONField(null=True)),
                ("rate", models.FloatField(null=True)),
                ("free_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("served_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.AddField(
            model_name="stream",
            name="connection",
            field=models.ForeignObject(
                from_fields=("account_id", "connection_id"),
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="streams",
                to="sending.connection",
                to_fields=("account_id", "id"),
            ),
        ),
        migrations.AddIndex(
            model_name="stream",
            index=models.Index(
                condition=models.Q(("state", "running")), fields=["free_at"], name="streams_running"
            ),
        ),
        tenant_constraint("sending_stream", "connection_id", "sending_connection"),
    ]
