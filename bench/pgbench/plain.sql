-- What one plain inbound message leaves behind: the event, the conversation moved up, the message, the contact touched.
-- One transaction, one statement, by somebody who knows every id beforehand.
\set who random(:first, :first + :people - 1)
\set n :n + 1
WITH known AS (
    SELECT ('01900000-0000-7000-8000-' || lpad((:who::int)::text, 12, '0'))::uuid AS id,
        '+1201' || (2000000 + :who::int) AS address, concat(:run::text, '-', :client_id::int, '-', :n::int) AS event_id
), event AS (
    INSERT INTO sending_inboundevent (account_id, connection_id, event_id, body, received_at, applied_at, problem)
    SELECT :account::uuid, :connection::uuid, event_id, '{}', now(), now(), '' FROM known
), talk AS (
    UPDATE inbox_conversation c SET state = 'open', channel = 'sms', last_line = 'Thanks, see you tomorrow',
        last_message_at = now(), last_inbound_at = now(), unread = unread + 1
    FROM known WHERE c.account_id = :account::uuid AND c.id = known.id
), message AS (
    INSERT INTO sending_message (account_id, id, conversation_id, contact_id, connection_id, kind, channel, address,
        text, state, created_at, priority, attempts, provider_id, refusal, failure)
    SELECT :account::uuid, uuidv7(), id, id, :connection::uuid, 'inbound', 'sms', address, 'Thanks, see you tomorrow',
        'received', now(), 5, 0, event_id, '', '' FROM known
)
UPDATE contacts_contact c SET last_activity_at = now()
FROM known WHERE c.account_id = :account::uuid AND c.id = known.id;
