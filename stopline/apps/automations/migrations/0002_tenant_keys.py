from django.db import migrations

from stopline.apps.accounts.tenancy import tenant_constraint


class Migration(migrations.Migration):
    """The composite foreign keys that a ForeignObject only describes."""

    dependencies = [("automations", "0001_initial"), ("contacts", "0001_initial")]
    operations = [
        tenant_constraint("automations_automation", "list_id", "contacts_contactlist", "SET NULL"),
        tenant_constraint("automations_run", "automation_id", "automations_automation", "SET NULL"),
        tenant_constraint("automations_run", "contact_id", "contacts_contact"),
    ]
