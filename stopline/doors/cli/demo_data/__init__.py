"""Demo data: one account, Larkspur Cycles, so that every screen and every state can be seen at once.

500 contacts from seven countries, 40 conversations in seven languages, a standing changed in each way, and
broadcasts in every state, all dated before now. The standings are changed through the verbs, so `stopline ledger
verify` proves them.
"""

from __future__ import annotations

import random

from django.db import connection, transaction
from django.utils import timezone

from stopline.apps.accounts.models import Account
from stopline.doors.cli.demo_data import broadcasts, business, history, people, script, talks
from stopline.doors.cli.demo_data.business import Demo

SEED = 2026  # the same people, numbers and talks on every machine
ONE_AT_A_TIME = 7_410_118  # an advisory lock's number, ours alone in this database


@transaction.atomic
def load() -> bool:
    """Loads everything or nothing. False: there is an account already, and nothing was touched."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
    if Account.objects.exists():
        return False
    demo = Demo(rng=random.Random(SEED), now=timezone.now())  # noqa: S311  nothing here is a secret
    business.found(demo)
    told = script.read()
    contacts = people.invent(demo, told)
    talks.tell(demo, told, contacts)
    history.write(demo, contacts[len(told) :])
    broadcasts.write(demo)
    with connection.cursor() as cursor:  # autovacuum's first look comes later than the first visitor's
        cursor.execute(
            "ANALYZE contacts_contact, consent_subscription, consent_entry, contacts_listmembership"
        )
        cursor.execute("ANALYZE inbox_conversation, sending_message")
    return True
