"""The SQL of receiving. One statement, because providers wait for the answer and a busy account gets many."""

from stopline.apps.consent import queries as consent
from stopline.apps.sending import queries as sending


def _taking(entry: str, new_of: str = "person", then: str = "", moves_up: str = "event, person") -> str:
    """One inbound message: the event counts once, the message is stored, the conversation opens and moves up.

    `new_of` is what an event needs to be a new one, `then` what else it causes, `entry` the ledger entry of that;
    `moves_up` is what must have happened before the conversation is touched.
    """
    return f"""person AS (
    SELECT id FROM contacts_contact WHERE account_id = %(account)s::uuid AND phone = %(phone)s::text
    UNION ALL
    SELECT id FROM contacts_contact WHERE account_id = %(account)s::uuid AND email = %(email)s::text
    UNION ALL
    SELECT id FROM contacts_contact WHERE account_id = %(account)s::uuid AND user_address = %(user)s::text
), event AS (
    INSERT INTO sending_inboundevent AS e (account_id, connection_id, event_id, body, received_at, applied_at, problem)
    SELECT %(account)s::uuid, %(connection)s::uuid, %(event)s::text, '{{}}', %(now)s::timestamptz,
        %(now)s::timestamptz, '' FROM {new_of}
    ON CONFLICT (account_id, connection_id, event_id) DO UPDATE
        SET applied_at = excluded.applied_at, body = excluded.body, problem = ''
        WHERE e.applied_at IS NULL AND NOT %(afresh)s::bool
    RETURNING event_id
){then}, talk AS (
    INSERT INTO inbox_conversation AS c (account_id, id, contact_id, state, channel, last_line, last_message_at,
        last_inbound_at, unread, unclear, created_at)
    SELECT %(account)s::uuid, %(conversation)s::uuid, person.id, 'open', %(channel)s::text, %(line)s::text,
        %(now)s::timestamptz, %(now)s::timestamptz, 1, coalesce(%(unclear)s::bool, false)::int, %(now)s::timestamptz
    FROM {moves_up}
    ON CONFLICT (account_id, contact_id) DO UPDATE SET state = 'open', channel = excluded.channel,
        last_line = excluded.last_line, last_message_at = excluded.last_message_at,
        last_inbound_at = excluded.last_inbound_at, unread = c.unread + 1, unclear = c.unclear + excluded.unclear
    RETURNING id
), message AS (
    INSERT INTO sending_message (account_id, id, conversation_id, contact_id, connection_id, kind, channel, address,
        text, parts, state, created_at, priority, attempts, provider_id, refusal, failure, entry_id, looks_like_opt_out)
    SELECT %(account)s::uuid, %(message)s::uuid, talk.id, person.id, %(connection)s::uuid, 'inbound',
        %(channel)s::text, %(address)s::text, %(text)s::text, %(parts)s::jsonb, 'received', %(now)s::timestamptz, 5, 0,
        %(event)s::text, '', '', {entry}, %(unclear)s::bool
    FROM talk, person
), touched AS (
    UPDATE contacts_contact SET last_activity_at = %(now)s::timestamptz
    WHERE account_id = %(account)s::uuid AND id = (SELECT person.id FROM person, event)
)"""  # noqa: S608 (expressions of our own)


# Take one inbound message. What the event said is in the message from then on, so its body goes: an erasure has one
# place less to look. Parameters: account, connection, event, now, phone / email / user (the sender's address, two of
# them null), conversation (id for a new one), message (id), channel, address, text, line, entry, unclear (bool or
# null), afresh (bool: one that was stored and not applied counts as seen).
# Result: no row where no contact has the address; else (contact, conversation or null where the event was seen).
# Index: contact_phone_once and its like, one_conversation_a_contact, the primary keys.
TAKE = f"""
WITH {_taking("%(entry)s::uuid")}
SELECT person.id, talk.id FROM person LEFT JOIN talk ON true
"""  # noqa: S608

_STOPPED = f""",
{consent.changing("EXISTS (SELECT FROM event)")}, here AS (
    SELECT entry_id FROM changed WHERE (channel, address) = (%(channel)s::text, %(address)s::text)
)"""  # noqa: S608
# The conversation comes last: whoever waits for a hand-off holds nothing that an agent or the next message wants, and
# everybody locks in the same order.
_LAST = "event, person, (SELECT count(*) FROM changed) AS done"

# The same for somebody who says stop: their standing changes, and what is owed for it is put into the queue, with the
# message or not at all. Parameters: those of TAKE and of consent.queries.changing, patience (how long it waits for a
# lock), answer_id, answer_at, answer_kind, answer_text, answer_parts, answer_priority (queue.owed).
# Result: as of TAKE, with (channel, address, entry id, standing before) behind it, a row for each change.
STOP = f"""
WITH patience AS MATERIALIZED (SELECT set_config('lock_timeout', %(patience)s::text, true)),
{_taking("(SELECT entry_id FROM here)", "patience, person", _STOPPED, _LAST)}, answer AS (
    INSERT INTO {sending.QUEUED}
    SELECT %(account)s::uuid, %(answer_id)s::uuid, talk.id, person.id, %(connection)s::uuid, NULL,
        %(answer_kind)s::text, %(channel)s::text, %(address)s::text, %(answer_text)s::text, %(answer_parts)s::jsonb,
        'queued', %(answer_at)s::timestamptz, clock_timestamp(), %(answer_priority)s::int, 0, here.entry_id,
        '', ''
    FROM talk, person, here
)
SELECT person.id, talk.id, entries.* FROM person LEFT JOIN talk ON true LEFT JOIN entries ON true
"""  # noqa: S608

# Store an event before anything that may have to wait. Result: one row where it is new, none where it was seen.
STORE = """
INSERT INTO sending_inboundevent (account_id, connection_id, event_id, body, received_at, problem)
VALUES (%(account)s::uuid, %(connection)s::uuid, %(event)s::text, %(body)s::jsonb, clock_timestamp(), '')
ON CONFLICT DO NOTHING RETURNING event_id
"""

# Whose turn it is to apply a stored event: the row is locked, and one in another's hands is waited for, because
# both of us will say that it is done. From then on the transaction waits for no lock longer than `patience`; the lock
# is taken on top of the join, so that holds for this wait too. Parameters: account, connection, event, patience.
# Result: one row, or none where it was applied. Index: the primary key.
UNAPPLIED = """
WITH patience AS MATERIALIZED (SELECT set_config('lock_timeout', %(patience)s::text, true))
SELECT e.event_id FROM patience, sending_inboundevent e
WHERE (e.account_id, e.connection_id, e.event_id) = (%(account)s::uuid, %(connection)s::uuid, %(event)s::text)
    AND e.applied_at IS NULL
FOR UPDATE OF e
"""

# Whose address it is. From then on the transaction waits for no lock longer than `patience`. Parameters: account,
# patience, phone / email / user (the address, two of them null).
# Result: one row, account, id and addresses of the contact, or nulls. Index: contact_phone_once and its like.
PERSON = """
WITH patience AS MATERIALIZED (SELECT set_config('lock_timeout', %(patience)s::text, true))
SELECT p.* FROM patience LEFT JOIN LATERAL (
    SELECT account_id, id, phone, email, user_address FROM contacts_contact
    WHERE account_id = %(account)s::uuid AND phone = %(phone)s::text
    UNION ALL
    SELECT account_id, id, phone, email, user_address FROM contacts_contact
    WHERE account_id = %(account)s::uuid AND email = %(email)s::text
    UNION ALL
    SELECT account_id, id, phone, email, user_address FROM contacts_contact
    WHERE account_id = %(account)s::uuid AND user_address = %(user)s::text
) AS p ON true
"""

# Progress reports of one connection, in one statement. A state only moves forward, whatever the order of arrival.
# Parameters: account, connection, now; arrays provider_ids, states, failures.
# Result: (provider id, conversation id, broadcast id) of the messages they belong to. Index: provider_message_once.
PROGRESS = """
UPDATE sending_message m SET
    state = CASE WHEN array_position(ARRAY['handing_over', 'unknown', 'sent', 'delivered', 'read'], r.state)
            > array_position(ARRAY['handing_over', 'unknown', 'sent', 'delivered', 'read'], m.state::text)
        OR (r.state = 'failed' AND m.state IN ('handing_over', 'unknown', 'sent')) THEN r.state ELSE m.state END,
    failure = CASE WHEN r.state = 'failed' THEN r.failure ELSE m.failure END,
    delivered_at = CASE WHEN r.state IN ('delivered', 'read') THEN coalesce(m.delivered_at, %(now)s)
        ELSE m.delivered_at END,
    read_at = CASE WHEN r.state = 'read' THEN coalesce(m.read_at, %(now)s) ELSE m.read_at END
FROM (SELECT DISTINCT ON (provider_id) provider_id, state, failure
    FROM unnest(%(provider_ids)s::text[], %(states)s::text[], %(failures)s::text[]) AS u(provider_id, state, failure)
    ORDER BY provider_id, array_position(ARRAY['sent', 'failed', 'delivered', 'read'], state) DESC) r
WHERE m.account_id = %(account)s AND m.connection_id = %(connection)s AND m.provider_id = r.provider_id
RETURNING r.provider_id, m.conversation_id, m.broadcast_id
"""
