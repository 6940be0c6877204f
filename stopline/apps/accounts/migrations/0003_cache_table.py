from django.db import migrations


class Migration(migrations.Migration):
    """The table behind Django's cache, where rate limits are counted. Unlogged: losing it in a crash costs nothing."""

    dependencies = [("accounts", "0002_tenant_keys")]
    operations = [
        migrations.RunSQL(
            """
            CREATE UNLOGGED TABLE stopline_cache (
                cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
            );
            CREATE INDEX stopline_cache_expires ON stopline_cache (expires);
            """,
            "DROP TABLE stopline_cache",
        )
    ]
