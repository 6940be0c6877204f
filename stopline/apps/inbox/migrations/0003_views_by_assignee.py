from django.db import migrations, models

ORDER = ["-last_message_at", "id"]


class Migration(migrations.Migration):
    """The Inbox filtered by assignee: each conversation is in exactly one of the two."""

    dependencies = [("inbox", "0002_tenant_keys")]
    operations = [
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("assignee_id__isnull", False)),
                fields=["account", "state", "assignee_id", *ORDER],
                name="conversations_of_assignee",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("assignee_id__isnull", True)),
                fields=["account", "state", *ORDER],
                name="conversations_unassigned",
            ),
        ),
    ]
