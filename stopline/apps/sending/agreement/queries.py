"""The SQL of the agreement with providers. `consent_subscription` is only read here: its verbs change it."""

# What a page of the provider's list holds is held. What we took off the list a moment ago may stand there a while
# yet (lists lag), so it isn't believed again before `settled`. Where the provider says when the person opted out, it
# counts from then, by `apart` later because its clock may be behind ours; a later time than the last one is a new
# opt-out. Where it doesn't say so, it counts from now.
# Parameters: account, connection, channels, addresses and sinces (arrays of one length), now, settled, apart (seconds).
# Result: (channel, address, held since when we know). Index: the primary key.
SEEN = """
INSERT INTO sending_provideroptout AS p
    (account_id, connection_id, channel, address, held, held_since, theirs_since, seen_at, todo, tries, problem, done)
SELECT %(account)s, %(connection)s, channel, address, true,
    least(since + make_interval(secs => %(apart)s), %(now)s::timestamptz), since, %(now)s, '', 0, '', ''
FROM unnest(%(channels)s::text[], %(addresses)s::text[], %(sinces)s::timestamptz[]) AS seen(channel, address, since)
ORDER BY channel, address
ON CONFLICT (account_id, connection_id, channel, address) DO UPDATE
    SET held = true, seen_at = excluded.seen_at, theirs_since = greatest(excluded.theirs_since, p.theirs_since),
        held_since = CASE WHEN p.held AND NOT coalesce(excluded.theirs_since > p.theirs_since, false)
            THEN p.held_since ELSE excluded.held_since END
    WHERE p.done <> 'removed' OR p.done_at < %(settled)s OR excluded.theirs_since > p.done_at
RETURNING channel, address, held_since
"""

# Once the whole list was read: what it didn't have is held no more, except what we added a moment ago.
# Parameters: account, connection, started, settled. Index: the primary key.
GONE = """
UPDATE sending_provideroptout SET held = false, held_since = NULL, theirs_since = NULL
WHERE account_id = %(account)s AND connection_id = %(connection)s AND held AND seen_at < %(started)s
    AND (done <> 'added' OR done_at < %(settled)s)
"""

# Our unsubscribes have a row each, so that what is to be done about them has a place. An erased address has none:
# we don't know it any more, and the provider keeps it as it is.
# Parameters: account, connection, channels. Index: the primary keys.
MEET = """
INSERT INTO sending_provideroptout
    (account_id, connection_id, channel, address, held, todo, tries, problem, done)
SELECT s.account_id, %(connection)s, s.channel, s.address, false, '', 0, '', '' FROM consent_subscription s
WHERE s.account_id = %(account)s AND s.standing = 'unsubscribed' AND s.channel = ANY(%(channels)s::text[])
    AND s.address NOT LIKE 'erased:%%' AND NOT EXISTS (
        SELECT 1 FROM sending_provideroptout p WHERE (p.account_id, p.connection_id, p.channel, p.address)
            = (s.account_id, %(connection)s, s.channel, s.address))
ON CONFLICT DO NOTHING
"""

# What is to be done about each address. Ours wins: an unsubscribe of ours is added, whatever became of it there; one
# of theirs is lifted only where we resubscribed after we knew of it. A number has one opt-out at its carrier, so it is
# lifted only when none of SMS, MMS and RCS is unsubscribed.
# Parameters: account, connection, channels, carriers, adds, removes. Index: the primary keys.
DECIDE = """
UPDATE sending_provideroptout p SET todo = d.todo, tries = 0, due_at = NULL, problem = '' FROM (
    SELECT p.channel, p.address, CASE
        WHEN NOT p.channel = ANY(%(channels)s::text[]) THEN ''
        WHEN s.standing = 'unsubscribed' AND NOT p.held THEN CASE WHEN %(adds)s THEN 'add' ELSE 'ours_only' END
        WHEN p.held AND s.standing = 'subscribed' AND s.since > p.held_since THEN CASE
            WHEN p.channel = ANY(%(carriers)s::text[]) AND EXISTS (
                SELECT 1 FROM consent_subscription o WHERE o.account_id = p.account_id AND o.address = p.address
                    AND o.channel = ANY(%(carriers)s::text[]) AND o.standing = 'unsubscribed') THEN 'shared'
            WHEN %(removes)s THEN 'remove' ELSE 'stays' END
        ELSE '' END AS todo
    FROM sending_provideroptout p LEFT JOIN consent_subscription s
        ON (s.account_id, s.channel, s.address) = (p.account_id, p.channel, p.address)
    WHERE p.account_id = %(account)s AND p.connection_id = %(connection)s
) d
WHERE p.account_id = %(account)s AND p.connection_id = %(connection)s
    AND (p.channel, p.address) = (d.channel, d.address) AND p.todo <> d.todo
"""

# Rows that say nothing any more; and those of addresses that were erased, which must not stay here.
# Parameters: account, connection, old. Index: the primary keys.
TIDY = """
DELETE FROM sending_provideroptout p WHERE p.account_id = %(account)s AND p.connection_id = %(connection)s
    AND ((NOT p.held AND p.todo = '' AND coalesce(p.done_at < %(old)s, true)) OR NOT EXISTS (
        SELECT 1 FROM consent_subscription s
        WHERE (s.account_id, s.channel, s.address) = (p.account_id, p.channel, p.address)))
"""

# What is due to be told to the provider; the standing is looked at again, since it may have changed meanwhile.
# Parameters: account, connection, now, limit. Result: (channel, address, todo). Index: opt_outs_that_differ.
DUE = """
SELECT p.channel, p.address, p.todo FROM sending_provideroptout p JOIN consent_subscription s
    ON (s.account_id, s.channel, s.address) = (p.account_id, p.channel, p.address)
WHERE p.account_id = %(account)s AND p.connection_id = %(connection)s AND p.todo IN ('add', 'remove')
    AND coalesce(p.due_at <= %(now)s, true)
    AND s.standing = CASE p.todo WHEN 'add' THEN 'unsubscribed' ELSE 'subscribed' END
ORDER BY p.todo, p.channel, p.address LIMIT %(limit)s
"""
