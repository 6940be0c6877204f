-- One unsubscribe and its ledger entry, for a number that never stopped before. One transaction, one statement.
\set n :n + 1
WITH known AS (
    SELECT concat('+', :run::text, lpad((:n::int)::text, 7, '0')) AS address, uuidv7() AS entry_id
), stopped AS (
    INSERT INTO consent_subscription AS s (account_id, channel, address, standing, entry_id, since, source)
    SELECT :account::uuid, 'sms', address, 'unsubscribed', entry_id, now(), 'admin' FROM known
    ON CONFLICT (account_id, channel, address) DO UPDATE SET standing = excluded.standing,
        entry_id = excluded.entry_id, since = excluded.since, source = excluded.source
)
INSERT INTO consent_entry (account_id, id, channel, address, standing, before, source, actor_kind, actor_id,
    actor_name, reason, evidence, contact_id, at, recorded_at)
SELECT :account::uuid, entry_id, 'sms', address, 'unsubscribed', 'subscribed', 'admin', 'member', :member::text,
    'Ada Admin', 'Asked on the phone', '{}', '01900000-0000-7000-8000-000000000000', now(), clock_timestamp()
FROM known;
