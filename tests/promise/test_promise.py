"""The promise, with real processes: people say stop while messages leave and everything is killed."""

import time
import uuid

import pytest

from stopline.providers.sandbox.receipts import Receipts
from tests.doors.cli.copies import wait_until
from tests.promise import witness

CONTACTS = 200
MESSAGES = 3000
CONFIRMATION = "You are unsubscribed. Reply START to get messages again."
TOKEN_TAIL = "sandbox-token"

# An account whose every contact has several messages waiting, oldest first; they start when they are due.
FILL = """
WITH account AS (
    INSERT INTO accounts_account (id, name, time_zone, default_country, confirmation_text, resumed_text, help_text,
        opt_out_words, opt_in_words, help_words, stop_everything, is_operator, support_url, created_at)
    VALUES (%(account)s, 'Larkspur', 'UTC', 'US', %(confirmation)s, 'Hello again.', 'Help.', '{}', '{}', '{}',
        false, true, '', now()) RETURNING id
), way AS (
    INSERT INTO sending_connection (account_id, id, provider, name, channels, sender, settings, credentials, token,
        state, paused_because, last_error, created_at)
    SELECT id, %(connection)s, 'sandbox', 'Sandbox', '{sms}', '+14155550100', '{}', '', %(token)s, 'active', '', '',
        now()
    FROM account RETURNING id
), people AS (
    INSERT INTO contacts_contact (account_id, id, first_name, last_name, phone, custom, notes, origin, created_at,
        updated_at)
    SELECT %(account)s, gen_random_uuid(), 'Contact', n::text, '+1' || (2015550100 + n * 1000), '{}', '', '', now(),
        now()
    FROM generate_series(1, %(contacts)s) n, account RETURNING id, phone
), talks AS (
    INSERT INTO inbox_conversation (account_id, id, contact_id, state, channel, last_line, last_message_at, unread,
        unclear, created_at)
    SELECT %(account)s, gen_random_uuid(), id, 'open', 'sms', '', now(), 0, 0, now() FROM people
    RETURNING id, contact_id
)
INSERT INTO sending_message (account_id, id, conversation_id, contact_id, connection_id, kind, channel, address, text,
    state, created_at, priority, due_at, attempts, refusal, failure)
SELECT %(account)s, gen_random_uuid(), talks.id, people.id, %(connection)s, 'reply', 'sms', people.phone,
    'Message ' || n, 'queued', now(), 1, now() + interval '1 second', 0, '', ''
FROM generate_series(1, %(messages)s / %(contacts)s) n, people JOIN talks ON talks.contact_id = people.id, way
"""


@pytest.fixture
def busy(copy):
    """A running copy with a long queue; with its account's id and its connection's token."""
    copy.start()
    account = uuid.uuid4()
    token = account.hex + TOKEN_TAIL
    with copy.database() as database:
        database.execute(
            FILL,
            {
                "account": account,
                "connection": uuid.uuid4(),
                "token": token,
                "confirmation": CONFIRMATION,
                "contacts": CONTACTS,
                "messages": MESSAGES,
            },
        )
        copy.addresses = [
            row[0] for row in database.execute("SELECT phone FROM contacts_contact ORDER BY id")
        ]
    copy.token = token
    return copy


def counts(copy):
    with copy.database() as database:
        return dict(
            database.execute(
                "SELECT state, count(*) FROM sending_message WHERE kind = 'reply' GROUP BY state"
            ).fetchall()
        )


def settled(copy):
    """The replies by state, once nothing (confirmations too) waits or is on its way any more."""
    with copy.database() as database:
        waiting = "SELECT count(*) FROM sending_message WHERE state IN ('queued', 'handing_over')"
        (left,) = database.execute(waiting).fetchone()
    return counts(copy) if left == 0 else None


def prove(copy, opt_outs):
    """Nothing after the acknowledgement, nothing twice, nothing lost, one confirmation each, a ledger that agrees."""
    receipts = Receipts(copy.data).all()
    found = wait_until(lambda: settled(copy), 120)

    receipts = Receipts(copy.data).all()
    confirmed = [receipt for receipt in receipts if receipt.text == CONFIRMATION]
    last = witness.last_after(receipts, opt_outs, CONFIRMATION)
    assert {address: after for address, after in last.items() if after > 0} == {}
    assert witness.handed_over_twice(receipts) == []
    assert sum(found.values()) == MESSAGES
    assert found.get("unknown", 0) == 0  # the sandbox can be asked
    assert sum(found.get(state, 0) for state in ("sent", "delivered")) == len(receipts) - len(confirmed)
    assert found["refused"] > 0
    assert len(confirmed) == len({receipt.address for receipt in confirmed}) <= len(opt_outs)
    verified = copy.run("ledger", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    return confirmed


def test_people_say_stop_while_messages_leave(busy):
    people = witness.People(busy.port, busy.token, busy.addresses[:100], pause=0.02)

    people.start()
    people.join(120)

    confirmed = prove(busy, people.opt_outs)
    assert len(people.opt_outs) == len(confirmed) == 100


def test_the_worker_and_the_database_are_killed_in_the_middle(busy):
    people = witness.People(busy.port, busy.token, busy.addresses[:100], pause=0.1)
    people.start()
    wait_until(lambda: counts(busy).get("handing_over") or counts(busy).get("sent"))

    busy.part("worker").kill()
    time.sleep(2)
    busy.part("postgres").kill()
    people.join(120)

    prove(busy, people.opt_outs)
    assert len(people.opt_outs) == 100


def test_a_worker_that_is_frozen_past_its_lease_hands_nothing_over_when_it_wakes(busy):
    people = witness.People(busy.port, busy.token, busy.addresses[:60], pause=0.05)
    wait_until(lambda: counts(busy).get("handing_over") or counts(busy).get("sent"))

    frozen = busy.part("worker")
    frozen.suspend()
    try:
        time.sleep(25)  # longer than the server lets a transaction sit idle, so the locks are gone
        people.start()
        people.join(120)
    finally:
        frozen.resume()

    prove(busy, people.opt_outs)
    assert len(people.opt_outs) == 60
