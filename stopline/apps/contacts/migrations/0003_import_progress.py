from django.db import migrations, models


class Migration(migrations.Migration):
    """In which encoding a file was read, and when its import last got further."""

    dependencies = [("contacts", "0002_tenant_keys")]
    operations = [
        migrations.AddField("import", "encoding", models.CharField(default="utf-8", max_length=20)),
        migrations.AddField("import", "progress_at", models.DateTimeField(null=True)),
    ]
