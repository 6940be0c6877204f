from django.db import migrations

from stopline.apps.accounts.tenancy import tenant_constraint


class Migration(migrations.Migration):
    """The composite foreign keys of routes and media, and a default for what named queries leave out."""

    dependencies = [("sending", "0004_connections_media_and_routes")]
    operations = [
        tenant_constraint("sending_route", "connection_id", "sending_connection"),
        tenant_constraint("sending_mediafile", "message_id", "sending_message"),
        migrations.RunSQL(
            "ALTER TABLE sending_message ALTER COLUMN parts SET DEFAULT '{}'",
            "ALTER TABLE sending_message ALTER COLUMN parts DROP DEFAULT",
        ),
    ]
