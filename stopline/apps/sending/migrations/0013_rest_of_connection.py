from django.db import migrations, models


class Migration(migrations.Migration):
    """How long a busy provider's connection rested last, so that it rests longer while nothing gets through."""

    dependencies = [("sending", "0012_when_theirs_began")]
    operations = [
        migrations.AddField(
            model_name="connection",
            name="rest",
            field=models.FloatField(null=True),
        ),
    ]
