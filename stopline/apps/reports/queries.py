"""The SQL of the reports: each query with its purpose, parameters, result and the index it relies on.

Every one reads one account. `edges` are the instants that cut the range into steps, in ascending order;
width_bucket gives the number of the step a moment lies in, counted from 1. Ids are UUIDv7: the primary key finds
the rows of a time (`first`, `last`: ids with an hour's allowance on both sides).
"""

from stopline.apps.broadcasts.queries import ANSWERED, BY_THEMSELVES

# Everything there is to count of messages, in one pass over them, which is what a report costs: by the step in which
# they were written (-1: before the range), channel and broadcast, what has come of them.
#
# With it the promise is looked up: hand-offs to an address while it was unsubscribed. A hand-off is timed by when the
# gate looked (under the lock for which an unsubscribe waits), or, where that was lost with its worker, by when the
# message was written. What an opt-out owes (its confirmation, an answer to HELP) and what the gate refused is none;
# what came after the unsubscribe was lifted isn't behind it.
# Parameters: account, first, last, start, end, edges, channels, written (the id from which on messages are looked at).
# Result: step, channel, broadcast, sent, delivered, read, failed, refused, unknown, inbound, hand-offs behind an
# unsubscribe, and the nearest before one (seconds, 0 or less). Index: the primary keys, entries_of_address.
MESSAGES = """
WITH entry AS (
    SELECT channel, address, standing, at, recorded_at AS since,
        lead(recorded_at) OVER (PARTITION BY channel, address ORDER BY position) AS until
    FROM consent_entry
    WHERE account_id = %(account)s::uuid AND id >= %(first)s::uuid AND channel = ANY(%(channels)s::text[])
), stopped AS MATERIALIZED (
    SELECT channel, address, min(since) AS since,
        range_agg(tstzrange(since, greatest(since, coalesce(until, 'infinity')), '()')) AS silent
    FROM entry WHERE standing = 'unsubscribed' AND at >= %(start)s::timestamptz AND at < %(end)s::timestamptz
    GROUP BY channel, address
)
SELECT width_bucket(m.created_at, %(edges)s::timestamptz[]) - 1, m.channel, m.broadcast_id,
    count(*) FILTER (WHERE m.state IN ('sent', 'delivered', 'read')),
    count(*) FILTER (WHERE m.state IN ('delivered', 'read')), count(*) FILTER (WHERE m.state = 'read'),
    count(*) FILTER (WHERE m.state = 'failed'), count(*) FILTER (WHERE m.state = 'refused'),
    count(*) FILTER (WHERE m.state = 'unknown'), count(*) FILTER (WHERE m.kind = 'inbound'),
    count(*) FILTER (WHERE coalesce(m.checked_at, m.created_at) <@ s.silent),
    max(extract(epoch FROM coalesce(m.checked_at, m.created_at) - s.since))
        FILTER (WHERE coalesce(m.checked_at, m.created_at) <= s.since)
FROM sending_message m LEFT JOIN stopped s ON (s.channel, s.address) = (m.channel, m.address)
    AND m.state IN ('sent', 'delivered', 'read', 'failed', 'unknown')
    AND m.kind NOT IN ('inbound', 'opt_out_confirmation', 'help')
WHERE m.account_id = %(account)s::uuid AND m.id BETWEEN %(written)s::uuid AND %(last)s::uuid
    AND m.created_at < %(end)s::timestamptz AND m.channel = ANY(%(channels)s::text[])
GROUP BY 1, 2, 3
"""

# Changes of standing by the step in which they happened. An entry is made after what it tells of, never before: so
# `first` finds it, and there is no `last`. Parameters: account, first, start, end, edges, channels.
# Result: step, channel, standing, source, number. Index: the primary key.
STANDINGS = """
SELECT width_bucket(at, %(edges)s::timestamptz[]) - 1, channel, standing, source, count(*)
FROM consent_entry
WHERE account_id = %(account)s::uuid AND id >= %(first)s::uuid AND standing IN ('subscribed', 'unsubscribed')
    AND at >= %(start)s::timestamptz AND at < %(end)s::timestamptz AND channel = ANY(%(channels)s::text[])
GROUP BY 1, 2, 3, 4
"""

# Why people were unsubscribed, the most frequent first. Parameters: as STANDINGS, and most (rows).
# Result: source, reason, number. Index: the primary key.
REASONS = """
SELECT source, reason, count(*)
FROM consent_entry
WHERE account_id = %(account)s::uuid AND id >= %(first)s::uuid AND standing = 'unsubscribed'
    AND at >= %(start)s::timestamptz AND at < %(end)s::timestamptz AND channel = ANY(%(channels)s::text[])
GROUP BY source, reason ORDER BY count(*) DESC, source, reason LIMIT %(most)s
"""

# Broadcasts that began in the range, the newest first, with the people who unsubscribed because of each.
# Parameters: account, start, end, first, channels, days (as ANSWERED), most (rows).
# Result: id, name, started, people. Index: the ledger's primary key, messages_of_contact.
BROADCASTS = f"""
WITH begun AS MATERIALIZED (
    SELECT id, name, started_at FROM broadcasts_broadcast
    WHERE account_id = %(account)s::uuid
        AND started_at >= %(start)s::timestamptz AND started_at < %(end)s::timestamptz
    ORDER BY started_at DESC LIMIT %(most)s
), leaving AS (
    SELECT m.broadcast_id, count(DISTINCT e.contact_id) AS people FROM consent_entry e {ANSWERED}
    WHERE EXISTS (SELECT FROM begun) AND e.account_id = %(account)s::uuid AND e.id >= %(first)s::uuid
        AND e.channel = ANY(%(channels)s::text[]) AND {BY_THEMSELVES}
    GROUP BY m.broadcast_id
)
SELECT id, name, started_at, coalesce(people, 0)
FROM begun LEFT JOIN leaving ON leaving.broadcast_id = begun.id ORDER BY started_at DESC, id DESC
"""  # noqa: S608 (our own expressions)

# How long opt-outs took: from their arrival to the moment they were in force. Arrived is, in this order: when the
# event that told of it was first stored; when the preference page was sent; when Stopline was asked to write it
# down, which the entry's id (a UUIDv7) keeps to the millisecond, whatever was erased since.
# Parameters: as STANDINGS, and sources. Result: number, p50, p99, longest (seconds), for all (step and channel null),
# for each channel and for each step. Index: the primary keys.
HONOURED = """
WITH opt_out AS (
    SELECT width_bucket(e.at, %(edges)s::timestamptz[]) - 1 AS step, e.channel,
        greatest(0, extract(epoch FROM e.recorded_at - coalesce(
            (SELECT min(v.received_at) FROM sending_connection c
                JOIN sending_inboundevent v ON (v.account_id, v.connection_id, v.event_id)
                    = (c.account_id, c.id, coalesce(e.evidence->>'event', e.evidence->>'provider_message'))
                WHERE c.account_id = e.account_id AND c.provider = e.evidence->>'provider'),
            CASE WHEN NOT e.evidence ? 'provider' THEN (e.evidence->>'received_at')::timestamptz END,
            to_timestamp(('x' || translate(left(e.id::text, 13), '-', ''))::bit(48)::bigint / 1000.0)
        ))) AS seconds
    FROM consent_entry e
    WHERE e.account_id = %(account)s::uuid AND e.id >= %(first)s::uuid AND e.standing = 'unsubscribed'
        AND e.at >= %(start)s::timestamptz AND e.at < %(end)s::timestamptz
        AND e.channel = ANY(%(channels)s::text[]) AND e.source = ANY(%(sources)s::text[])
)
SELECT step, channel, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds),
    percentile_cont(0.99) WITHIN GROUP (ORDER BY seconds), max(seconds)
FROM opt_out GROUP BY GROUPING SETS ((), (channel), (step))
"""

# Where providers and Stopline disagree about who has opted out: now, and what was settled in the range.
# Parameters: account, start, end, channels. Result: connection's name, provider, last compared, unsubscribed here
# only, opted out there only, then settled: unsubscribed here, added there, taken off there.
# Index: the primary keys, opt_outs_that_differ, opt_outs_settled.
DISAGREEMENT = """
WITH told AS (
    SELECT connection_id,
        count(*) FILTER (WHERE todo IN ('add', 'ours_only')) AS ours,
        count(*) FILTER (WHERE todo <> '' AND todo NOT IN ('add', 'ours_only')) AS theirs,
        count(*) FILTER (WHERE done = 'taken' AND settled) AS taken,
        count(*) FILTER (WHERE done = 'added' AND settled) AS added,
        count(*) FILTER (WHERE done = 'removed' AND settled) AS removed
    FROM (SELECT connection_id, todo, done,
            done_at >= %(start)s::timestamptz AND done_at < %(end)s::timestamptz AS settled
        FROM sending_provideroptout
        WHERE account_id = %(account)s::uuid AND channel = ANY(%(channels)s::text[])
            AND (todo <> '' OR done_at >= %(start)s::timestamptz)) AS row
    GROUP BY connection_id
)
SELECT c.name, c.provider, compared.finished_at, coalesce(told.ours, 0), coalesce(told.theirs, 0),
    coalesce(told.taken, 0), coalesce(told.added, 0), coalesce(told.removed, 0)
FROM sending_connection c
LEFT JOIN sending_comparison compared ON (compared.account_id, compared.connection_id) = (c.account_id, c.id)
LEFT JOIN told ON told.connection_id = c.id
WHERE c.account_id = %(account)s::uuid AND (c.channels && %(channels)s::varchar[])
    AND (c.state <> 'removed' OR told.connection_id IS NOT NULL)
ORDER BY c.created_at, c.id
"""
