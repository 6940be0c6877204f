"""Lists named in an import: found by name without regard to case, or made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Lower

from stopline.apps.contacts.importing.rows import Candidate
from stopline.apps.contacts.models import ContactList

MOST_NEW = 100
TOO_MANY = (
    f"It names more new lists than an import may make ({MOST_NEW}). Perhaps another column is meant; if not, "
    "make these lists on the Lists page first: "
)


@dataclass(slots=True)
class Lists:
    account_id: UUID
    known: dict[str, UUID] = field(default_factory=dict)  # lower-case name: id
    made: int = 0

    def prepare(self, candidates: Iterable[Candidate]) -> None:
        """Makes every list these rows name known; a row that names too many new ones is at fault."""
        for candidate in candidates:
            for name in [] if candidate.faults else candidate.lists:
                if not self._find(name):
                    candidate.faults.append(f"{TOO_MANY}{name}")
                    break

    def ids(self, names: Sequence[str]) -> list[UUID]:
        return [self.known[name.lower()] for name in names]

    def _find(self, name: str) -> bool:
        if name.lower() not in self.known:
            found, new = named(self.account_id, name, make=self.made < MOST_NEW)
            if found is None:
                return False
            self.known[name.lower()] = found.id
            self.made += new
        return True


def named(account_id: UUID, name: str, *, make: bool = True) -> tuple[ContactList | None, bool]:
    """The account's list of that name, and whether it had to be made."""
    alike = Lower(Value(name))  # by the database, as its constraint list_name_once does
    same = ContactList.objects.annotate(lower=Lower("name")).filter(account_id=account_id, lower=alike)
    if (found := same.first()) or not make:
        return found, False
    try:
        with transaction.atomic():
            return ContactList.objects.create(account_id=account_id, name=name), True
    except IntegrityError:  # somebody made it a moment ago
        return same.get(), False
