from django.db import migrations, models


class Migration(migrations.Migration):
    """How many messages wait for one connection, and which to give to another: without reading the whole queue."""

    dependencies = [("sending", "0006_pauses_and_removal")]
    operations = [
        migrations.AddIndex(
            "message",
            models.Index(
                fields=["account", "connection_id"],
                condition=models.Q(state="queued"),
                name="queue_of_connection",
            ),
        ),
    ]
