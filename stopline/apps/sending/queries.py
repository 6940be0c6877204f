"""The SQL of the way out: claim, lock, record. Each with its purpose, parameters, result and the index it relies on."""

# Put one message into the queue. Parameters: the columns' own names (due_at null: at once, by the one clock that
# CLAIM asks, so that a host whose own is ahead makes nobody wait). The one that is caused by a ledger entry is put
# there with it (inbox.queries.STOP).
QUEUED = """sending_message (account_id, id, conversation_id, contact_id, connection_id, author_id, kind, channel,
    address, text, parts, state, created_at, due_at, priority, attempts, caused_by, refusal, failure)"""
PUT = f"""
INSERT INTO {QUEUED}
VALUES (%(account_id)s::uuid, %(id)s::uuid, %(conversation_id)s::uuid, %(contact_id)s::uuid, %(connection_id)s::uuid,
    %(author_id)s::uuid, %(kind)s::text, %(channel)s::text, %(address)s::text, %(text)s::text, %(parts)s::jsonb,
    'queued', %(created_at)s::timestamptz, coalesce(%(due_at)s::timestamptz, clock_timestamp()), %(priority)s::int, 0,
    NULL, '', '')
RETURNING id
"""  # noqa: S608 (columns of our own)

# Claim the next messages that are no broadcast's: they become `handing_over` under a lease, so that no other worker
# takes them, and what a dead worker leaves behind can be found. Parameters: attempt (uuid), lease (seconds), limit.
# Result: what `gate` and a Sender need. Index: outbound_queue.
CLAIM = """
WITH due AS (
    SELECT m.account_id, m.id, c.id AS connection_id, c.provider, c.sender, c.token, c.settings, c.credentials
    FROM sending_message m JOIN sending_connection c ON (c.account_id, c.id) = (m.account_id, m.connection_id)
    WHERE m.state = 'queued' AND m.broadcast_id IS NULL AND m.due_at <= clock_timestamp() AND c.state = 'active'
    ORDER BY m.priority, m.due_at LIMIT %(limit)s
    FOR UPDATE OF m SKIP LOCKED
)
UPDATE sending_message m
SET state = 'handing_over', attempt_id = %(attempt)s, attempts = m.attempts + 1,
    lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
FROM due WHERE (m.account_id, m.id) = (due.account_id, due.id)
RETURNING m.account_id, m.id, m.conversation_id, m.contact_id, m.channel, m.address, m.kind, m.text, m.attempts,
    m.attempt_id, m.caused_by, m.created_at, m.parts, m.broadcast_id, due.connection_id, due.provider, due.sender,
    due.token, due.settings, due.credentials
"""

# Claim the next messages of one stream: the one that was served longest ago, of the account that was; one at a time
# takes from it, so that its pace is kept by however many workers there are. Who comes second finds nothing and looks
# again in a moment: waiting here, two would hold a row that the other wants next (PostgreSQL keeps the locks of rows
# that no longer fit once it has waited for them). A pace is kept by what is claimed: half a
# second's worth at most, and then nobody looks before those have had their time. `busy` are connections that have as
# many batches on their way here as one may have. Parameters: as CLAIM, busy (uuid[]).
# Result: as CLAIM, and what the rules of timing need. Index: streams_running, queue_of_connection.
CLAIM_STREAM = """
WITH stream AS MATERIALIZED (
    SELECT s.account_id, s.broadcast_id, s.channel, s.connection_id, s.window, least(s.rate, c.rate) AS pace,
        c.provider, c.sender, c.token, c.settings, c.credentials, a.time_zone,
        coalesce(r.keeps_hours, true) AS keeps_hours, r.hours_start, r.hours_end, r.cap, r.cap_days
    FROM sending_stream s
    JOIN sending_connection c ON (c.account_id, c.id) = (s.account_id, s.connection_id)
    JOIN accounts_account a ON a.id = s.account_id
    LEFT JOIN sending_sendingrules r ON r.account_id = s.account_id
    WHERE s.state = 'running' AND s.free_at <= clock_timestamp() AND c.state = 'active'
        AND coalesce(c.free_at <= clock_timestamp(), true) AND s.connection_id <> ALL(%(busy)s::uuid[])
    ORDER BY (SELECT max(o.served_at) FROM sending_stream o WHERE o.account_id = s.account_id), s.served_at
    LIMIT 1 FOR NO KEY UPDATE OF s, c SKIP LOCKED
), due AS MATERIALIZED (
    SELECT found.account_id, found.id FROM stream s CROSS JOIN LATERAL (
        SELECT m.account_id, m.id FROM sending_message m
        WHERE (m.account_id, m.connection_id, m.broadcast_id, m.channel)
                = (s.account_id, s.connection_id, s.broadcast_id, s.channel)
            AND m.state = 'queued' AND m.due_at <= clock_timestamp() ORDER BY m.due_at
        LIMIT greatest(1, least(%(limit)s, ceil(coalesce(s.pace / 2, %(limit)s))))
        FOR UPDATE SKIP LOCKED) AS found
), claimed AS (
    UPDATE sending_message m
    SET state = 'handing_over', attempt_id = %(attempt)s, attempts = m.attempts + 1, refusal = '',
        lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
    FROM due WHERE (m.account_id, m.id) = (due.account_id, due.id)
    RETURNING m.account_id, m.id, m.conversation_id, m.contact_id, m.channel, m.address, m.kind, m.text, m.attempts,
        m.attempt_id, m.caused_by, m.created_at, m.parts, m.broadcast_id
), served AS (
    UPDATE sending_stream s SET served_at = clock_timestamp(), free_at = clock_timestamp() + make_interval(secs => CASE
        WHEN NOT EXISTS (SELECT FROM claimed) THEN %(look_again)s
        WHEN s.rate IS NULL THEN 0 ELSE (SELECT count(*) FROM claimed) / s.rate END)
    FROM stream WHERE (s.account_id, s.broadcast_id, s.channel, s.connection_id)
        = (stream.account_id, stream.broadcast_id, stream.channel, stream.connection_id)
), paced AS (
    UPDATE sending_connection c
    SET free_at = clock_timestamp() + make_interval(secs => (SELECT count(*) FROM claimed) / c.rate)
    FROM stream WHERE (c.account_id, c.id) = (stream.account_id, stream.connection_id) AND c.rate IS NOT NULL
)
SELECT claimed.*, stream.connection_id, stream.provider, stream.sender, stream.token, stream.settings,
    stream.credentials, stream.window, stream.time_zone, stream.keeps_hours, stream.hours_start, stream.hours_end,
    stream.cap, stream.cap_days
FROM claimed, stream
"""

# When the next stream may be looked at, but none of `busy` connections (uuid[]). Result: seconds from now, negative
# where it already may be, null for none.
# Index: streams_running.
NEXT_STREAM = """
SELECT extract(epoch FROM min(greatest(s.free_at, c.free_at)) - clock_timestamp())::float8
FROM sending_stream s JOIN sending_connection c ON (c.account_id, c.id) = (s.account_id, s.connection_id)
WHERE s.state = 'running' AND c.state = 'active' AND s.connection_id <> ALL(%(busy)s::uuid[])
"""

# Which broadcasts are at rest or over. Parameters: arrays accounts, broadcasts. Result: account, broadcast.
# Index: the primary key.
STOPPED = """
SELECT DISTINCT s.account_id, s.broadcast_id
FROM sending_stream s JOIN unnest(%(accounts)s::uuid[], %(broadcasts)s::uuid[]) AS k(account_id, broadcast_id)
    USING (account_id, broadcast_id)
WHERE s.state <> 'running'
"""

# How many marketing messages people have had lately. Only under locks that let nobody else count at the same time.
# Parameters: arrays accounts, contacts, channels, days. Result: account, contact, channel, how many. Index: thread.
HAD = """
SELECT k.account_id, k.contact_id, k.channel, (
    SELECT count(*) FROM sending_message m
    WHERE (m.account_id, m.contact_id) = (k.account_id, k.contact_id) AND m.channel = k.channel
        AND m.kind = 'broadcast' AND m.state IN ('sent', 'delivered', 'read', 'unknown')
        AND coalesce(m.sent_at, m.checked_at, m.created_at) > clock_timestamp() - make_interval(days => k.days))
FROM unnest(%(accounts)s::uuid[], %(contacts)s::uuid[], %(channels)s::text[], %(days)s::int[])
    AS k(account_id, contact_id, channel, days)
"""

# Make the rows that will be locked; an address nobody ever decided about has none. In a transaction of its own:
# inserting and locking in one would let a worker and an unsubscribe wait for each other.
# Parameters: keys, a JSON list of account_id, channel, address (cheaper to write down than arrays are).
# Index: the primary key.
ENSURE = """
INSERT INTO consent_subscription (account_id, channel, address, standing, source)
SELECT DISTINCT account_id, channel, address, 'subscribed', ''
FROM jsonb_to_recordset(%(keys)s) AS k(account_id uuid, channel text, address text)
WHERE NOT EXISTS (SELECT FROM consent_subscription s
    WHERE (s.account_id, s.channel, s.address) = (k.account_id, k.channel, k.address))
ORDER BY account_id, channel, address ON CONFLICT DO NOTHING
"""

# Take the shared locks under which the gate judges and the provider is called, and read what the gate needs.
# An unsubscribe (consent.queries.CHANGE) updates the same rows, so it waits for these locks, and whoever locks
# after it sees it. Sorted as there: different orders would deadlock. From here on the server ends the transaction when
# it sits idle. A statement by itself, never one of a pipeline: between those a session isn't idle, whatever it holds.
# Parameters: as ENSURE, idle (as idle_in_transaction_session_timeout).
# Result: key, standing, entry, since, held. Index: the primary key.
LOCK = """
WITH idle AS MATERIALIZED (SELECT set_config('idle_in_transaction_session_timeout', %(idle)s::text, true))
SELECT s.account_id, s.channel, s.address, s.standing, s.entry_id, s.since, s.held_message_id IS NOT NULL,
    clock_timestamp()
FROM idle CROSS JOIN consent_subscription s
JOIN (SELECT DISTINCT * FROM jsonb_to_recordset(%(keys)s) AS k(account_id uuid, channel text, address text)) AS k
    ON (s.account_id, s.channel, s.address) = (k.account_id, k.channel, k.address)
ORDER BY s.account_id, s.channel, s.address FOR SHARE OF s
"""
# As LOCK, and nobody else judges for the same address meanwhile: what is counted under it stays true.
LOCK_ALONE = LOCK.replace("FOR SHARE OF s", "FOR NO KEY UPDATE OF s")

# Lock the messages themselves, those that are still this attempt's: a worker that slept past its lease finds them in
# other hands, and while these locks are held nobody else takes them (ABANDONED passes over locked rows).
# Parameters: attempts, a JSON list of account_id, id, attempt_id. Result: id. Index: the primary key.
STILL_OURS = """
SELECT m.id FROM sending_message m
JOIN jsonb_to_recordset(%(attempts)s) AS k(account_id uuid, id uuid, attempt_id uuid)
    ON (m.account_id, m.id) = (k.account_id, k.id) AND m.attempt_id = k.attempt_id
WHERE m.state = 'handing_over' ORDER BY m.account_id, m.id FOR NO KEY UPDATE OF m
"""

# Write down what came of an attempt. Only the attempt that holds the message may write; where its outcome was given
# up as `unknown`, a provider's late acceptance is still the truth. Parameters: arrays of one length, see Outcome.
# Result: (account, conversation, broadcast) touched. Index: the primary key.
RECORD = """
UPDATE sending_message m SET state = o.state, provider_id = coalesce(o.provider_id, m.provider_id),
    refusal = o.refusal, entry_id = o.entry_id, checked_at = coalesce(o.checked_at, m.checked_at),
    failure = o.failure, text = coalesce(o.text, m.text), parts = m.parts || coalesce(o.parts, '{}'),
    lease_until = CASE WHEN o.state = 'handing_over' THEN clock_timestamp() + make_interval(secs => o.wait) END,
    attempts = m.attempts - CASE WHEN o.state = 'queued' AND (o.wait IS NULL OR o.refusal <> '') THEN 1 ELSE 0 END,
    due_at = CASE WHEN o.state = 'queued' THEN clock_timestamp() + make_interval(secs => coalesce(o.wait, 0))
        ELSE m.due_at END,
    sent_at = CASE WHEN o.state IN ('sent', 'delivered') THEN clock_timestamp() ELSE m.sent_at END,
    delivered_at = CASE WHEN o.state = 'delivered' THEN clock_timestamp() ELSE m.delivered_at END
FROM jsonb_to_recordset(%(outcomes)s) AS o(account_id uuid, id uuid, attempt_id uuid, state text, provider_id text,
    refusal text, entry_id uuid, checked_at timestamptz, failure text, wait float8, text text, parts jsonb)
WHERE (m.account_id, m.id) = (o.account_id, o.id)
    AND (m.attempt_id = o.attempt_id AND m.state = 'handing_over' OR m.state = 'unknown' AND o.provider_id IS NOT NULL)
RETURNING m.account_id, m.conversation_id, m.broadcast_id
"""

# Messages whose worker is gone: their lease has run out. Taken as an attempt of ours while we look into them.
# Parameters: attempt (uuid), lease (seconds), limit. Result: as CLAIM. Index: outbound_leases.
ABANDONED = """
WITH lost AS (
    SELECT m.account_id, m.id, c.id AS connection_id, c.provider, c.sender, c.token, c.settings, c.credentials
    FROM sending_message m LEFT JOIN sending_connection c ON (c.account_id, c.id) = (m.account_id, m.connection_id)
    WHERE m.state = 'handing_over' AND m.lease_until < clock_timestamp()
    ORDER BY m.lease_until LIMIT %(limit)s FOR UPDATE OF m SKIP LOCKED
)
UPDATE sending_message m
SET attempt_id = %(attempt)s, lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
FROM lost WHERE (m.account_id, m.id) = (lost.account_id, lost.id)
RETURNING m.account_id, m.id, m.conversation_id, m.contact_id, m.channel, m.address, m.kind, m.text, m.attempts,
    m.attempt_id, m.caused_by, m.created_at, m.parts, m.broadcast_id, lost.connection_id, lost.provider, lost.sender,
    lost.token, lost.settings, lost.credentials
"""

# Pause connections that can't work as they are, so that their queues wait instead of failing.
# Parameters: arrays accounts, connections, reasons. Result: (account, connection) of those that were active.
SUSPEND = """
UPDATE sending_connection c SET state = 'paused', paused_because = p.reason, paused_at = clock_timestamp(),
    paused_by_id = NULL, told_at = NULL, last_error = p.reason, last_error_at = clock_timestamp()
FROM unnest(%(accounts)s::uuid[], %(connections)s::uuid[], %(reasons)s::text[]) AS p(account_id, id, reason)
WHERE (c.account_id, c.id) = (p.account_id, p.id) AND c.state = 'active'
RETURNING c.account_id, c.id
"""

# Let the broadcasts of a connection rest whose provider is busy: as long as it asked, else a second at first and twice
# as long each time, until something gets through. Several batches that came back together are one reason to wait.
# Parameters: arrays accounts, connections, asked (seconds; null: the provider didn't say), longest (seconds).
BACK_OFF = """
UPDATE sending_connection c
SET rest = b.rest, free_at = greatest(c.free_at, clock_timestamp() + make_interval(secs => coalesce(b.asked, b.rest)))
FROM (SELECT k.*, CASE WHEN k.asked IS NOT NULL OR o.free_at > clock_timestamp() AND o.rest IS NOT NULL THEN o.rest
        ELSE least(%(longest)s, coalesce(o.rest * 2, 1)) END AS rest
    FROM unnest(%(accounts)s::uuid[], %(connections)s::uuid[], %(asked)s::float8[]) AS k(account_id, id, asked)
    JOIN sending_connection o ON (o.account_id, o.id) = (k.account_id, k.id)
    ORDER BY k.account_id, k.id FOR NO KEY UPDATE OF o) b
WHERE (c.account_id, c.id) = (b.account_id, b.id)
"""

# Note how a connection fared with a batch, often enough to look at. Parameters: arrays accounts, connections, errors
# ("" for none). Result: the accounts of connections that have got an error.
HEALTH = """
UPDATE sending_connection c
SET last_sent_at = CASE WHEN h.error = '' THEN clock_timestamp() ELSE c.last_sent_at END,
    rest = CASE WHEN h.error = '' THEN NULL ELSE c.rest END,
    last_error = CASE WHEN h.error <> '' THEN h.error ELSE c.last_error END,
    last_error_at = CASE WHEN h.error <> '' THEN clock_timestamp() ELSE c.last_error_at END
FROM unnest(%(accounts)s::uuid[], %(connections)s::uuid[], %(errors)s::text[]) AS h(account_id, id, error)
WHERE (c.account_id, c.id) = (h.account_id, h.id) AND CASE
    WHEN h.error = '' THEN c.last_sent_at IS NULL OR c.last_sent_at < clock_timestamp() - interval '1 minute'
        OR c.last_error_at > c.last_sent_at OR c.rest IS NOT NULL
    ELSE h.error <> c.last_error OR c.last_error_at IS NULL
        OR c.last_error_at < clock_timestamp() - interval '10 seconds' OR c.last_error_at <= c.last_sent_at END
RETURNING c.account_id
"""

# What a provider said at hand-over about an address becomes an event like any it reports, so that it is applied
# even where we die now. Parameters: arrays accounts, connections, events, bodies (jsonb).
REPORTED = """
INSERT INTO sending_inboundevent (account_id, connection_id, event_id, body, received_at, problem)
SELECT account_id, connection_id, event_id, body, clock_timestamp(), ''
FROM unnest(%(accounts)s::uuid[], %(connections)s::uuid[], %(events)s::text[], %(bodies)s::jsonb[])
    AS e(account_id, connection_id, event_id, body)
ON CONFLICT DO NOTHING
"""
