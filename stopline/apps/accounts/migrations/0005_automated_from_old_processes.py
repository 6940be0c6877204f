from django.db import migrations


class Migration(migrations.Migration):
    """Processes of the version before know nothing of the column, and may make an account while they are replaced."""

    dependencies = [("accounts", "0004_automated")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE accounts_account ALTER COLUMN automated SET DEFAULT '{}'",
            "ALTER TABLE accounts_account ALTER COLUMN automated DROP DEFAULT",
        )
    ]
