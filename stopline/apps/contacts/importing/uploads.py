"""A file arrives, its columns are named, and its import starts."""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping
from typing import IO
from uuid import UUID

from django.db import transaction

from stopline.apps.accounts.models import Account, Member
from stopline.apps.consent import subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.contacts.csv_file import CsvFile
from stopline.apps.contacts.csv_sniffing import DELIMITERS, ENCODINGS
from stopline.apps.contacts.importing import columns, kept, lists, running
from stopline.apps.contacts.models import CustomField, Import
from stopline.rules.errors import Conflict, InvalidInput, NotFound

MOST_ROWS = 100_000
MOST_BYTES = 64 * 1024 * 1024
SAMPLES = 5


def receive(member: Member, file_name: str, file: IO[bytes]) -> Import:
    """Keeps the file and guesses what its columns are. Raises InvalidInput where it holds no contacts."""
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise too_large()
    made = Import(account=member.account, file_name=file_name[:200], created_by=member)
    _look_at(made, CsvFile.sniff(lambda: io.BytesIO(content)))
    made.content = kept.packed(content)
    made.save()
    return made


def read_again(waiting: Import, encoding: str, delimiter: str) -> None:
    """Reads a waiting file as people say it is written. Raises InvalidInput, Conflict."""
    _require_waiting(waiting)
    if encoding not in ENCODINGS or delimiter not in DELIMITERS:
        raise InvalidInput("This encoding or delimiter isn't known.", "Choose one of the list")
    _look_at(waiting, CsvFile(kept.opener(waiting), encoding, delimiter))
    waiting.save(update_fields=["encoding", "delimiter", "header", "rows", "mapping"])


def start(
    waiting: Import, member: Member, mapping: Mapping[str, str], list_id: UUID | None, new_list: str
) -> None:
    """The mapping is settled; everybody in the file joins the list, if one is named.

    Raises InvalidInput, Conflict where it has started already, NotAllowed where a member who is no admin maps
    a column to Unsubscribed.
    """
    columns.check(mapping, waiting.header, targets(waiting.account))
    if columns.marks(mapping):
        subscription.require_right(waiting.account_id, Actor.member(member), "unsubscribe")
    with transaction.atomic():
        current = Import.objects.select_for_update().defer("content").get(pk=waiting.pk)
        _require_waiting(current)
        current.mapping = dict(mapping)
        current.list_id = _list(waiting.account, list_id, new_list)
        current.created_by_id = member.id
        current.state = Import.State.QUEUED
        current.save(update_fields=["mapping", "list_id", "created_by_id", "state"])
        running.send(current)


def targets(account: Account) -> list[columns.Target]:
    """What a column of this account's files can become."""
    return columns.targets(account.custom_fields.order_by("label"))


def samples(waiting: Import) -> list[list[str]]:
    """The first rows, as wide as the header."""
    rows = kept.as_csv(waiting).rows()
    return [row.cells for row in itertools.islice((row for row in rows if not row.broken), SAMPLES)]


def too_large() -> InvalidInput:
    return InvalidInput(
        f"It is larger than {MOST_BYTES // 1024**2} MB.",
        "Remove columns you don't need, or split it into several files with the first row in each, and "
        "import them one after another",
        title="This file is too large",
    )


def _look_at(made: Import, file: CsvFile) -> None:
    """Notes what the file is, and the mapping that fits best. Raises InvalidInput."""
    made.header = file.header()
    made.rows = _counted(file)
    made.encoding, made.delimiter = file.encoding, file.delimiter
    rows = [row.cells for row in itertools.islice((row for row in file.rows() if not row.broken), 50)]
    made.mapping = columns.guess(made.header, rows, CustomField.objects.filter(account_id=made.account_id))


def _counted(file: CsvFile) -> int:
    rows = sum(1 for _ in itertools.islice(file.rows(), MOST_ROWS + 1))
    if rows > MOST_ROWS:
        raise InvalidInput(
            f"It has more than {MOST_ROWS:,} rows.",
            "Split it into smaller files with the first row in each, and import them one after another",
            title="This file has too many rows",
        )
    if not rows:
        raise InvalidInput(
            "Below the first row, which names the columns, there are no others.",
            "Choose a file with at least one contact in it",
            title="This file has no contacts",
        )
    return rows


def _list(account: Account, list_id: UUID | None, new_list: str) -> UUID | None:
    if name := " ".join(new_list.split()):
        if len(name) > 80:
            raise InvalidInput("The name of the new list has more than 80 characters.", "Shorten it")
        found, _ = lists.named(account.id, name)
        return found.id if found else None
    if list_id and not account.lists.filter(id=list_id).exists():
        raise NotFound("The chosen list is gone.", "Choose another list, or none")
    return list_id


def _require_waiting(waiting: Import) -> None:
    if waiting.state != Import.State.MAPPING:
        raise Conflict("This import has started already.", "Look at its progress, or import the file again")
