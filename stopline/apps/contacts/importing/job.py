"""What the steps of an import hand to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from stopline.apps.accounts.models import Account
from stopline.apps.consent.actors import Actor
from stopline.apps.contacts.contact import Former
from stopline.apps.contacts.importing.lists import Lists
from stopline.apps.contacts.importing.rows import Candidate
from stopline.apps.contacts.models import Contact


@dataclass(frozen=True, slots=True)
class Job:
    """What is the same for every row of an import."""

    account: Account
    import_id: UUID
    file_name: str
    actor: Actor
    list_ids: tuple[UUID, ...]  # everybody joins these
    lists: Lists
    seen: dict[str, int] = field(default_factory=dict)  # address: the line of this file that has it


@dataclass(slots=True)
class Saved:
    """A row and its contact; `former` are the addresses the contact had before, None where it is new."""

    candidate: Candidate
    contact: Contact
    former: Former | None
    differs: bool  # from what is in the database


@dataclass(slots=True)
class Tally:
    created: int = 0
    updated: int = 0
    unsubscribed: int = 0  # rows that unsubscribed anybody
    bad: list[Candidate] = field(default_factory=list)

    def __iadd__(self, other: Tally) -> Tally:
        self.created += other.created
        self.updated += other.updated
        self.unsubscribed += other.unsubscribed
        self.bad += other.bad
        return self
