"""The SQL of broadcasts. Each with its purpose, parameters, result and the index it relies on."""

from stopline.apps.accounts.tenancy import UUID7

# Write the messages of the next contacts of the audience. {judged} is audience.judged of them, {picked} one of the two
# below, {way} gives the connection by channel and address, {due} when a contact's messages are due.
# Parameters: account, broadcast, kind, begins (timestamptz or null), and by local time prefixes and dues (arrays of one
# length) and home (timestamptz).
# Result: the last contact looked at (null: none was left), contacts, messages, and {reason: contacts} left out.
# Index: the contacts' primary key.
WRITE = f"""
WITH judged AS MATERIALIZED ({{judged}}), picked AS (
    {{picked}}
), written AS (
    INSERT INTO sending_message (account_id, id, contact_id, connection_id, broadcast_id, kind, channel, address, text,
        parts, state, created_at, due_at, priority, attempts, refusal, failure)
    SELECT %(account)s, {UUID7}, p.id, {{way}}, %(broadcast)s, %(kind)s, p.channel, p.address, '', '{{{{}}}}', 'queued',
        statement_timestamp(), {{due}}, 5, 0, '', ''
    FROM picked p
    RETURNING 1
)
SELECT (SELECT id FROM judged ORDER BY id DESC LIMIT 1), (SELECT count(*) FROM judged), (SELECT count(*) FROM written),
    (SELECT json_object_agg(why, number) FROM (
        SELECT {{why}} AS why, count(*) AS number FROM judged WHERE {{nowhere}} GROUP BY 1) l)
"""  # noqa: S608 (our own expression)
ALL = """SELECT j.id, j.phone, v.channel, v.address
    FROM judged j, LATERAL (VALUES {ways}) v(n, channel, reason, address) WHERE v.reason IS NULL"""
FIRST = """SELECT j.id, j.phone, v.channel, v.address FROM judged j, LATERAL (
        SELECT * FROM (VALUES {ways}) v(n, channel, reason, address) WHERE reason IS NULL ORDER BY n LIMIT 1) v"""

# Where the phone numbers of the next contacts are, as far as time zones go. Result: prefixes.
PREFIXES = "SELECT DISTINCT left(phone, {digits}) FROM ({judged}) j WHERE phone IS NOT NULL"

# Cancel what waits, a part at a time, so that no transaction is long. What a worker has in hand is its own.
# Parameters: account, broadcast, connection, channel, limit. Result: one row a message. Index: queue_of_connection.
CANCEL = """
UPDATE sending_message m SET state = 'cancelled' FROM (
    SELECT account_id, id FROM sending_message
    WHERE account_id = %(account)s AND connection_id = %(connection)s AND broadcast_id = %(broadcast)s
        AND channel = %(channel)s AND state = 'queued'
    LIMIT %(limit)s FOR UPDATE SKIP LOCKED) q
WHERE (m.account_id, m.id) = (q.account_id, q.id) RETURNING 1
"""

# Whether anything of a broadcast is still on its way. Parameters: account, broadcast. Result: one boolean.
# Index: queue_of_connection, one look a stream; outbound_leases, which holds only what workers have in hand.
UNFINISHED = """
SELECT EXISTS (SELECT FROM sending_stream s JOIN LATERAL (
    SELECT FROM sending_message m WHERE (m.account_id, m.connection_id, m.broadcast_id, m.channel)
        = (s.account_id, s.connection_id, s.broadcast_id, s.channel) AND m.state = 'queued' LIMIT 1) q ON true
    WHERE s.account_id = %(account)s AND s.broadcast_id = %(broadcast)s)
OR EXISTS (SELECT FROM sending_message WHERE account_id = %(account)s AND broadcast_id = %(broadcast)s
    AND state = 'handing_over')
"""

# Everything that became of a broadcast's messages, and when they left, in one pass over them.
# Parameters: account, broadcast, step (seconds of a bin). Result: channel, state, refusal, bin (timestamptz), how many;
# either the first three are given or the bin with state. Index: messages_of_broadcast.
COUNT = """
SELECT channel, state, refusal, bin, count(*) FROM (
    SELECT channel, state, refusal,
        to_timestamp(floor(extract(epoch FROM coalesce(sent_at, checked_at)) / %(step)s) * %(step)s) AS bin
    FROM sending_message WHERE account_id = %(account)s AND broadcast_id = %(broadcast)s) m
GROUP BY GROUPING SETS ((channel, state, refusal), (state, bin))
"""

# People who answered: inbound messages within `days` of this broadcast's to the same contact, each contact once.
# Parameters: account, broadcast, since (its start), until, days. Result: one number. Index: thread.
REPLIES = """
SELECT count(DISTINCT i.contact_id) FROM sending_message i
WHERE i.account_id = %(account)s AND i.id >= %(since_id)s AND i.id < %(until_id)s AND i.kind = 'inbound'
    AND EXISTS (SELECT FROM sending_message m WHERE (m.account_id, m.contact_id) = (i.account_id, i.contact_id)
        AND m.broadcast_id = %(broadcast)s AND m.channel = i.channel AND m.sent_at <= i.created_at
        AND m.sent_at > i.created_at - make_interval(days => %(days)s))
"""

# The broadcast that an unsubscribe `e` (of the ledger) answers: the last one to that person on that channel, within
# `days` of its message. Only who unsubscribed by themselves answers one. Index: messages_of_contact.
ANSWERED = """
CROSS JOIN LATERAL (SELECT m.broadcast_id FROM sending_message m
    WHERE m.account_id = e.account_id AND m.contact_id = e.contact_id AND m.broadcast_id IS NOT NULL
        AND m.channel = e.channel AND m.sent_at <= e.at AND m.sent_at > e.at - make_interval(days => %(days)s)
    ORDER BY m.sent_at DESC LIMIT 1) m"""
BY_THEMSELVES = "e.standing = 'unsubscribed' AND e.source IN ('keyword', 'link', 'complaint', 'provider')"

# People who unsubscribed because of a broadcast (ANSWERED), by source. Parameters: as REPLIES.
# Result: source, how many. Index: the ledger's primary key (ids grow with time).
UNSUBSCRIBES = f"""
SELECT e.source, count(DISTINCT e.contact_id) FROM consent_entry e {ANSWERED}
WHERE e.account_id = %(account)s AND e.id >= %(since_id)s AND e.id < %(until_id)s AND {BY_THEMSELVES}
    AND m.broadcast_id = %(broadcast)s
GROUP BY e.source
"""  # noqa: S608 (our own expressions)
