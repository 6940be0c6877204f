from django.db import migrations

from stopline.apps.accounts.tenancy import tenant_constraint


class Migration(migrations.Migration):
    """The composite foreign keys that a ForeignObject only describes."""

    dependencies = [("contacts", "0001_initial"), ("accounts", "0001_initial")]
    operations = [
        tenant_constraint("contacts_listmembership", "contact_list_id", "contacts_contactlist"),
        tenant_constraint("contacts_listmembership", "contact_id", "contacts_contact"),
        tenant_constraint("contacts_import", "list_id", "contacts_contactlist", "SET NULL"),
        tenant_constraint("contacts_import", "created_by_id", "accounts_member", "SET NULL"),
        tenant_constraint("contacts_importfault", "import_id", "contacts_import"),
    ]
