import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A message may be one of a broadcast's: it opens no conversation and has a queue of its own, so threads are found
    by their contact, and what broadcasts don't need is indexed without them."""

    dependencies = [("inbox", "0004_saved_replies"), ("sending", "0009_agreement")]
    operations = [
        migrations.RemoveConstraint(
            model_name="message",
            name="provider_message_once",
        ),
        migrations.RemoveConstraint(
            model_name="message",
            name="message_state_known",
        ),
        migrations.RemoveIndex(
            model_name="message",
            name="thread",
        ),
        migrations.RemoveIndex(
            model_name="message",
            name="messages_of_contact",
        ),
        migrations.RemoveIndex(
            model_name="message",
            name="outbound_queue",
        ),
        migrations.RemoveIndex(
            model_name="message",
            name="queue_of_connection",
        ),
        migrations.AddField(
            model_name="connection",
            name="free_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="connection",
            name="rate",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="mediafile",
            name="broadcast_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="broadcast_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AlterField(
            model_name="message",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="accounts.account",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="conversation",
            field=models.ForeignObject(
                from_fields=("account_id", "conversation_id"),
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="messages",
                to="inbox.conversation",
                to_fields=("account_id", "id"),
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="conversation_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["account", "contact_id", "id"], name="thread"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("broadcast_id__isnull", False)),
                fields=["account", "broadcast_id", "id"],
                name="messages_of_broadcast",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("broadcast_id__isnull", True), ("state", "queued")),
                fields=["priority", "due_at"],
                name="outbound_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state", "queued")),
                fields=["account", "connection_id", "broadcast_id", "channel", "due_at"],
                name="queue_of_connection",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                condition=models.Q(("provider_id__isnull", False)),
                fields=("account", "connection_id", "provider_id"),
                name="provider_message_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "received",
                            "queued",
                            "handing_over",
                            "sent",
                            "delivered",
                            "read",
                            "failed",
                            "refused",
                            "unknown",
                            "cancelled",
                        ],
                    )
                ),
                name="message_state_known",
            ),
        ),
        migrations.AddIndex(
            model_name="mediafile",
            index=models.Index(
                condition=models.Q(("broadcast_id__isnull", False)),
                fields=["account", "broadcast_id"],
                name="media_of_broadcast",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("conversation_id__isnull", False)),
                fields=["account", "conversation_id"],
                name="messages_of_conversation",
            ),
        ),
    ]
