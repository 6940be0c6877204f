"""Contacts as a CSV file that an import takes back: opt-outs kept, nothing in it a spreadsheet runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from stopline.apps.consent import subscription
from stopline.apps.contacts import custom, fields, lists
from stopline.apps.contacts.csv_cells import joined, lines
from stopline.rules.words import CONSENT_CHANNELS, Standing

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account
    from stopline.apps.consent.models import Subscription
    from stopline.apps.consent.subscription import Key
    from stopline.apps.contacts.models import Contact, CustomField

# The names importing.columns guesses; the custom fields stand between the two.
NAMES = ["First name", "Last name", "Phone", "E-mail", "Notes", "Lists"]
STANDINGS = [
    f"{channel.label} {what}" for channel in CONSENT_CHANNELS for what in ("status", "since", "source")
]
BATCH = 1000  # contacts held in memory


def as_csv(account: Account, found: QuerySet[Contact]) -> Iterator[str]:
    """The text of the file in pieces, one a batch: read through a cursor on the server, so of one moment.

    Close the iterator where the reader goes away, or the cursor stays open.
    """
    wanted = list(fields.everything(account))
    yield "\ufeff" + lines([[*NAMES, *(field.label for field in wanted), *STANDINGS]])
    contacts = found.defer("search").iterator(chunk_size=BATCH)
    while some := list(itertools.islice(contacts, BATCH)):
        yield lines(_rows(account, wanted, some))


def _rows(account: Account, wanted: list[CustomField], contacts: list[Contact]) -> Iterator[list[str]]:
    addresses = {address for contact in contacts for _, address in contact.channels}
    kept = subscription.kept(account.id, addresses)
    listed = lists.of_contacts(account.id, contacts)
    zone = ZoneInfo(account.time_zone)
    for contact in contacts:
        yield [
            contact.first_name,
            contact.last_name,
            contact.phone or "",
            contact.email or "",
            contact.notes,
            joined(listed[contact.id]) if listed[contact.id] else "",
            *(_custom(contact, field) for field in wanted),
            *_standings(contact, kept, zone),
        ]


def _custom(contact: Contact, field: CustomField) -> str:
    value = contact.custom.get(field.key)
    return "" if value is None else custom.show(value)


def _standings(contact: Contact, kept: Mapping[Key, Subscription], zone: ZoneInfo) -> Iterator[str]:
    """Status, since and source on each channel; empty where the contact can't be reached on it."""
    reached = dict(contact.channels)
    for channel in CONSENT_CHANNELS:
        address = reached.get(channel)
        row = kept.get((channel, address)) if address else None
        yield row.standing if row else Standing.SUBSCRIBED.value if address else ""
        yield row.since.astimezone(zone).isoformat(timespec="seconds") if row and row.since else ""
        yield row.source_label if row else ""
