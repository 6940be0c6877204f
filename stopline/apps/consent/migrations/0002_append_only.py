from django.db import migrations

# An erasure (GDPR article 17) may take the person out of an entry, and nothing else: the address becomes its
# keyed hash and the evidence is emptied. Standing, time, source, actor and order stay as they were written.
GUARD = """
ALTER TABLE consent_entry ALTER COLUMN position DROP DEFAULT;
ALTER TABLE consent_entry ALTER COLUMN position ADD GENERATED ALWAYS AS IDENTITY;

CREATE FUNCTION consent_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.address LIKE 'erased:%' AND NEW.evidence = '{"erased": true}'::jsonb THEN
        OLD.address := NEW.address;
        OLD.evidence := NEW.evidence;
        IF OLD.actor_kind = 'person' THEN
            OLD.actor_name := NEW.actor_name;  -- a person acts under their address
        END IF;
        IF OLD IS NOT DISTINCT FROM NEW THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the consent ledger is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER consent_entry_append_only BEFORE UPDATE OR DELETE ON consent_entry
    FOR EACH ROW EXECUTE FUNCTION consent_entry_guard();
CREATE TRIGGER consent_entry_no_truncate BEFORE TRUNCATE ON consent_entry
    FOR EACH STATEMENT EXECUTE FUNCTION consent_entry_guard();

-- The tables' owner is the role the application runs as; it takes the rights from itself.
REVOKE UPDATE, DELETE, TRUNCATE ON consent_entry FROM CURRENT_USER;
GRANT UPDATE (address, evidence, actor_name) ON consent_entry TO CURRENT_USER;
"""


class Migration(migrations.Migration):
    """The database itself keeps the ledger append-only, whoever asks."""

    dependencies = [("consent", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, migrations.RunSQL.noop)]
