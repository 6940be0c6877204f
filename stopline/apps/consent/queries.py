"""The SQL of consent: each query with its purpose, parameters, result and the index it relies on."""

# Change the standing of many keys in one statement: the row and its ledger entry are written together or not at
# all. Only rows whose standing really changes are touched, and a row waits for the shared locks that hand-offs in
# flight hold on it (sending.queries.LOCK), so that nothing starts behind a committed unsubscribe.
# Parameters: account, standing, source, actor_*, message, at; asked, a JSON list of {channel, address, entry (a new
# id), reason, evidence, contact (whose it is, or null)}. Sorted by key: two statements locking the same rows in
# different orders would deadlock.
# Result: (channel, address, entry id, standing before) for each change. Index: the primary key of both tables.
# Each row is looked up by itself, because a plan is kept that was perhaps made while the table was empty: a join would
# read the whole account. One JSON text, because six arrays took a fifth of the time of whoever sends them.


def changing(where: str = "true") -> str:
    """The parts of it, for a statement that does more: `changed` and `entries` are the rows that really changed.

    `where` is what must hold before anything is asked for.
    """
    return f"""
asked AS (
    SELECT * FROM json_to_recordset(%(asked)s::json) AS asked(channel text, address text, entry uuid, reason text,
        evidence jsonb, contact uuid)
    WHERE {where} ORDER BY channel, address
), before AS (
    SELECT s.* FROM asked CROSS JOIN LATERAL (
        SELECT channel, address, standing FROM consent_subscription
        WHERE (account_id, channel, address) = (%(account)s::uuid, asked.channel, asked.address) FOR UPDATE
    ) AS s
), wanted AS (
    SELECT asked.*, coalesce(before.standing, 'subscribed') AS was
    FROM asked LEFT JOIN before USING (channel, address)
), changed AS (
    INSERT INTO consent_subscription AS s (account_id, channel, address, standing, entry_id, since, source)
    SELECT %(account)s::uuid, channel, address, %(standing)s::text, entry, %(at)s::timestamptz, %(source)s::text
    FROM wanted WHERE was <> %(standing)s::text ORDER BY channel, address
    ON CONFLICT (account_id, channel, address) DO UPDATE
        SET standing = excluded.standing, entry_id = excluded.entry_id, since = excluded.since,
            source = excluded.source, held_message_id = NULL, held_since = NULL
        WHERE s.standing <> excluded.standing
    RETURNING s.channel, s.address, s.entry_id
), entries AS (
    INSERT INTO consent_entry (account_id, id, channel, address, standing, before, source, actor_kind, actor_id,
        actor_name, reason, evidence, message_id, contact_id, at, recorded_at)
    SELECT %(account)s::uuid, changed.entry_id, changed.channel, changed.address, %(standing)s::text,
        wanted.was, %(source)s::text, %(actor_kind)s::text, %(actor_id)s::text, %(actor_name)s::text, wanted.reason,
        wanted.evidence, %(message)s::uuid, wanted.contact, %(at)s::timestamptz, clock_timestamp()
    FROM changed JOIN wanted USING (channel, address) ORDER BY channel, address
    RETURNING channel, address, id, before
)"""  # noqa: S608 (a condition of our own)


CHANGE = f"WITH {changing()} SELECT channel, address, id, before FROM entries"  # noqa: S608

# Everything a proof needs, in one statement because that is one snapshot: entries oldest first, and the projection.
# Parameters: account (uuid or null for all). Result: which side, account, channel, address, standing, entry, position.
LEDGER_AND_PROJECTION = """
SELECT 'ledger', account_id, channel, address, standing, id, position FROM consent_entry
WHERE %(account)s::uuid IS NULL OR account_id = %(account)s::uuid
UNION ALL
SELECT 'projection', account_id, channel, address, standing, entry_id, 0 FROM consent_subscription
WHERE %(account)s::uuid IS NULL OR account_id = %(account)s::uuid
ORDER BY position
"""
