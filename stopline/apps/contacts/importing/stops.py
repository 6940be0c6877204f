"""What an import does to subscriptions: a one-way ratchet, whatever the file says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from stopline.apps.accounts.sql import one_of
from stopline.apps.consent import subscription
from stopline.apps.contacts import contact
from stopline.apps.contacts.importing.job import Job, Saved
from stopline.apps.contacts.importing.rows import Candidate
from stopline.apps.contacts.models import Contact
from stopline.rules import consent
from stopline.rules.words import Channel, Source


def keep(job: Job, saved: list[Saved]) -> None:
    """An erased address comes back unsubscribed, and an unsubscribe follows to a new address."""
    changed = [one for one in saved if one.differs]
    new = [
        subscription.Mark(channel, address, one.contact.id)
        for one in changed
        for channel, address in one.contact.channels
        if (one.former or {}).get(channel) != address
    ]
    subscription.remember_each(job.account.id, new)
    moves = [(one.contact, one.former) for one in changed if one.former is not None]
    contact.follow(job.account.id, moves, job.actor, file=job.file_name, import_id=str(job.import_id))


def add(job: Job, saved: list[Saved], bad: list[Candidate]) -> int:
    """How many rows unsubscribed anybody. A contact is unsubscribed under all its addresses."""
    marks = {mark.key: mark for mark in (*_of_saved(job, saved), *_of_bad(job, bad))}
    if not marks:
        return 0
    changes = subscription.unsubscribe_each(
        job.account.id, marks.values(), source=Source.IMPORT, actor=job.actor
    )
    return len({marks[change.channel, change.address].evidence["line"] for change in changes})


def _of_saved(job: Job, saved: Iterable[Saved]) -> Iterator[subscription.Mark]:
    for one in saved:
        if one.candidate.stops:
            yield from _marks(job, one.candidate, one.contact.channels, one.contact.id)


def _of_bad(job: Job, bad: Iterable[Candidate]) -> Iterator[subscription.Mark]:
    """A fault elsewhere in the row is no reason to go on writing to somebody who said stop."""
    stopping = [candidate for candidate in bad if candidate.stops and candidate.addresses]
    owners = _owners(job, stopping) if stopping else {}
    for candidate in stopping:
        for kind, address in candidate.addresses.items():
            yield from _marks(job, candidate, consent.channels_of({kind: address}), owners.get(address))


def _owners(job: Job, candidates: Iterable[Candidate]) -> dict[str, UUID]:
    held = [address for candidate in candidates for address in candidate.addresses.values()]
    found = Contact.objects.filter(one_of("phone", held) | one_of("email", held), account_id=job.account.id)
    return {
        address: id_
        for id_, *addresses in found.values_list("id", "phone", "email")
        for address in addresses
        if address
    }


def _marks(
    job: Job, candidate: Candidate, channels: Iterable[tuple[Channel, str]], contact_id: UUID | None
) -> Iterator[subscription.Mark]:
    for channel, address in channels:
        if told := candidate.stops.get(channel):
            evidence = {
                "file": job.file_name,
                "line": candidate.line,
                "text": told,
                "import_id": str(job.import_id),
            }
            yield subscription.Mark(channel, address, contact_id, evidence=evidence)
