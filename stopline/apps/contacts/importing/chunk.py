"""A chunk of rows becomes contacts: a few statements for a thousand rows, and no bad row costs another.

A chunk runs inside one transaction of `running`. What it can't save as a whole it saves row by row.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import DataError, IntegrityError, transaction

from stopline.apps.accounts.sql import one_of
from stopline.apps.contacts import contact
from stopline.apps.contacts.importing import stops, write
from stopline.apps.contacts.importing.job import Job, Saved, Tally
from stopline.apps.contacts.importing.rows import Candidate
from stopline.apps.contacts.models import Contact
from stopline.rules import addresses

REPEATED = (
    "Line {line} of this file has {address} too, and that line was taken. Bring both lines together in one, "
    "or give each contact an address of its own."
)
TWO_CONTACTS = (
    "Its phone number {phone} belongs to {first} and its e-mail address {email} to {second}. Leave out the "
    "one that is wrong, or change those contacts first."
)
REFUSED = (
    "The database refused it: {error}. Perhaps somebody else changed the same contact at that moment; import "
    "this row again."
)


def save(job: Job, candidates: list[Candidate]) -> Tally:
    """All of them, or where the database refuses that, each alone. Raises OperationalError: try later."""
    _name_repeated(job, candidates)
    job.lists.prepare(candidates)
    try:
        with transaction.atomic():
            tally = _save(job, candidates)
    except (IntegrityError, DataError):
        tally = Tally()
        for candidate in candidates:
            tally += _save_alone(job, candidate)
    _release(job, tally.bad)
    return tally


def recall(job: Job, candidates: Iterable[Candidate], bad_lines: set[int]) -> None:
    """After a restart: the addresses of the rows that were saved before it."""
    for candidate in candidates:
        if candidate.line not in bad_lines:
            job.seen.update(dict.fromkeys(candidate.addresses.values(), candidate.line))


def _name_repeated(job: Job, candidates: Iterable[Candidate]) -> None:
    """Of several lines with one address the first counts: a later one would silently write over it."""
    for candidate in candidates:
        if candidate.faults:
            continue
        held = candidate.addresses.values()
        taken = next((one for one in held if job.seen.get(one, candidate.line) != candidate.line), None)
        if taken is None:
            job.seen.update(dict.fromkeys(held, candidate.line))
        else:
            line, shown = job.seen[taken], addresses.display(taken)
            candidate.faults.append(REPEATED.format(line=line, address=shown))


def _release(job: Job, bad: Iterable[Candidate]) -> None:
    """A row that was not saved leaves its addresses to later rows."""
    for candidate in bad:
        for address in candidate.addresses.values():
            if job.seen.get(address) == candidate.line:
                del job.seen[address]


def _save_alone(job: Job, candidate: Candidate) -> Tally:
    try:
        with transaction.atomic():
            return _save(job, [candidate])
    except (IntegrityError, DataError) as error:
        candidate.faults.append(REFUSED.format(error=str(error).splitlines()[0]))
        return _save(job, [candidate])  # only what it says about unsubscribing


def _save(job: Job, candidates: list[Candidate]) -> Tally:
    saved: list[Saved] = []
    waiting = [candidate for candidate in candidates if not candidate.faults]
    while waiting:
        ready, waiting = _independent(job, waiting)
        write.contacts(job, ready)
        saved += ready
    write.memberships(job, saved)
    stops.keep(job, saved)
    bad = [candidate for candidate in candidates if candidate.faults]
    created = sum(one.former is None for one in saved)
    return Tally(created, len(saved) - created, stops.add(job, saved, bad), bad)


def _independent(job: Job, candidates: list[Candidate]) -> tuple[list[Saved], list[Candidate]]:
    """Rows to write together, and those that have to wait: they touch a contact of an earlier row."""
    owners = _owners(job, candidates)
    ready: list[Saved] = []
    waiting: list[Candidate] = []
    touched: set[UUID] = set()
    for candidate in candidates:
        held = [owners[address] for address in candidate.addresses.values() if address in owners]
        hits = {one.id: one for one in held}
        if touched & hits.keys():
            waiting.append(candidate)
        elif len(hits) > 1:
            candidate.faults.append(_two_contacts(candidate, *held))
        else:
            ready.append(_filled(job, candidate, held[0] if held else None))
        touched |= hits.keys()
    return ready, waiting


def _owners(job: Job, candidates: Iterable[Candidate]) -> dict[str, Contact]:
    """Who has these addresses now. Locked in the order of their ids: other orders would deadlock."""
    held = [address for candidate in candidates for address in candidate.addresses.values()]
    found = (
        Contact.objects.filter(one_of("phone", held) | one_of("email", held), account_id=job.account.id)
        .defer("search")
        .select_for_update(no_key=True)
        .order_by("id")
    )
    return {address: one for one in found for address in (one.phone, one.email) if address}


def _filled(job: Job, candidate: Candidate, known: Contact | None) -> Saved:
    former = dict(known.channels) if known else None
    one = known or Contact(account_id=job.account.id)
    before = write.content(one)
    contact.fill(one, candidate.values)
    one.custom = {**one.custom, **candidate.custom}
    return Saved(candidate, one, former, write.content(one) != before)


def _two_contacts(candidate: Candidate, first: Contact, second: Contact) -> str:
    return TWO_CONTACTS.format(
        phone=addresses.display(candidate.values["phone"] or ""),
        email=candidate.values["email"],
        first=first.name,
        second=second.name,
    )
