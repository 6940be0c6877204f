-- What one STOP by SMS leaves behind: all that a plain message does, and for SMS, MMS and RCS a subscription that is
-- unsubscribed with its ledger entry and evidence, and one confirmation in the queue (not due: nobody takes it away).
-- Each from a number that never stopped before. One transaction, one statement.
\set who random(:first, :first + :people - 1)
\set n :n + 1
WITH known AS (
    SELECT ('01900000-0000-7000-8000-' || lpad((:who::int)::text, 12, '0'))::uuid AS id, uuidv7() AS message_id,
        concat('+', :run::text, :client_id::int, lpad((:n::int)::text, 6, '0')) AS address,
        concat(:run::text, '-', :client_id::int, '-', :n::int) AS event_id
), asked AS (
    SELECT channel, uuidv7() AS entry_id FROM unnest(ARRAY['mms', 'rcs', 'sms']) AS channel
), stopped AS (
    INSERT INTO consent_subscription AS s (account_id, channel, address, standing, entry_id, since, source)
    SELECT :account::uuid, channel, address, 'unsubscribed', entry_id, now(), 'keyword' FROM asked, known
    ON CONFLICT (account_id, channel, address) DO UPDATE SET standing = excluded.standing,
        entry_id = excluded.entry_id, since = excluded.since, source = excluded.source
), ledger AS (
    INSERT INTO consent_entry (account_id, id, channel, address, standing, before, source, actor_kind, actor_id,
        actor_name, reason, evidence, message_id, contact_id, at, recorded_at)
    SELECT :account::uuid, entry_id, channel, address, 'unsubscribed', 'subscribed', 'keyword', 'person', '', address,
        'Asked to stop by message.', jsonb_build_object('text', 'STOP', 'channel', 'sms', 'provider', 'sandbox',
        'provider_message', event_id, 'received_at', now()), message_id, id, now(), clock_timestamp() FROM asked, known
), event AS (
    INSERT INTO sending_inboundevent (account_id, connection_id, event_id, body, received_at, applied_at, problem)
    SELECT :account::uuid, :connection::uuid, event_id, '{}', now(), now(), '' FROM known
), talk AS (
    UPDATE inbox_conversation c SET state = 'open', channel = 'sms', last_line = 'STOP', last_message_at = now(),
        last_inbound_at = now(), unread = unread + 1
    FROM known WHERE c.account_id = :account::uuid AND c.id = known.id
), messages AS (
    INSERT INTO sending_message (account_id, id, conversation_id, contact_id, connection_id, kind, channel, address,
        text, state, created_at, priority, attempts, provider_id, refusal, failure, entry_id, due_at, caused_by)
    SELECT :account::uuid, message_id, id, id, :connection::uuid, 'inbound', 'sms', address, 'STOP', 'received', now(),
        5, 0, event_id, '', '', entry_id, NULL, NULL FROM known, asked WHERE channel = 'sms'
    UNION ALL
    SELECT :account::uuid, uuidv7(), id, id, :connection::uuid, 'opt_out_confirmation', 'sms', address,
        'You are unsubscribed and will get no more messages here. Reply START to get them again.', 'queued', now(),
        0, 0, NULL, '', '', NULL, now() + interval '1 day', entry_id FROM known, asked WHERE channel = 'sms'
)
UPDATE contacts_contact c SET last_activity_at = now()
FROM known WHERE c.account_id = :account::uuid AND c.id = known.id;
