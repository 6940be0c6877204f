import django.db.models.deletion
from django.db import migrations, models

from stopline.apps.accounts.tenancy import tenant_constraint


class Migration(migrations.Migration):
    """What providers hold as opted out, and how far we agree."""

    dependencies = [
        ("accounts", "0003_cache_table"),
        ("sending", "0008_message_templates"),
    ]

    operations = [
        migrations.CreateModel(
            name="Comparison",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id",
                        "connection_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("connection_id", models.UUIDField()),
                ("asked_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("problem", models.TextField(blank=True, default="")),
                ("listed", models.IntegerField(default=0)),
                ("unreadable", models.IntegerField(default=0)),
                ("taken", models.IntegerField(default=0)),
                ("added", models.IntegerField(default=0)),
                ("removed", models.IntegerField(default=0)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "connection",
                    models.ForeignObject(
                        from_fields=("account_id", "connection_id"),
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="comparisons",
                        to="sending.connection",
                        to_fields=("account_id", "id"),
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProviderOptOut",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id",
                        "connection_id",
                        "channel",
                        "address",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("connection_id", models.UUIDField()),
                ("channel", models.CharField(max_length=10)),
                ("address", models.CharField(max_length=254)),
                ("held", models.BooleanField(default=False)),
                ("held_since", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField(null=True)),
                (
                    "todo",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Nothing: both agree"),
                            ("add", "It will be added at the provider"),
                            (
                                "ours_only",
                                "Nothing: the provider takes no opt-outs from us, and Stopline refuses by itself",
                            ),
                            ("remove", "It will be taken off the provider's list"),
                            ("stays", "Nothing: only the contact can lift it at the provider"),
                            (
                                "shared",
                                "Nothing yet: the number is still unsubscribed on another of SMS, MMS and RCS",
                            ),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("tries", models.SmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(null=True)),
                ("problem", models.TextField(blank=True, default="")),
                (
                    "done",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("added", "Added at the provider"),
                            ("taken", "Unsubscribed in Stopline, too"),
                            ("removed", "Taken off the provider's list"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "connection",
                    models.ForeignObject(
                        from_fields=("account_id", "connection_id"),
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="opt_outs",
                        to="sending.connection",
                        to_fields=("account_id", "id"),
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("todo", ""), _negated=True),
                        fields=["account", "connection_id", "todo"],
                        name="opt_outs_that_differ",
                    ),
                    models.Index(
                        condition=models.Q(("done_at__isnull", False)),
                        fields=["account", "done_at"],
                        name="opt_outs_settled",
                    ),
                ],
            },
        ),
        tenant_constraint("sending_provideroptout", "connection_id", "sending_connection"),
        tenant_constraint("sending_comparison", "connection_id", "sending_connection"),
    ]
