from django.db import migrations, models


class Migration(migrations.Migration):
    """When somebody opted out at the provider, where it says so."""

    dependencies = [("sending", "0011_streams")]

    operations = [
        migrations.AddField("provideroptout", "theirs_since", models.DateTimeField(null=True)),
    ]
