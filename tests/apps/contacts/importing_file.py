"""Runs a file through an import, as a page and a worker would together."""

from __future__ import annotations

import io

from stopline.apps.accounts.models import Member
from stopline.apps.contacts.importing import running, uploads
from stopline.apps.contacts.models import Import, ImportFault


def upload(member: Member, text: str, name: str = "people.csv") -> Import:
    return uploads.receive(member, name, io.BytesIO(text.encode()))


def start(member: Member, text: str, list_name: str = "", **mapping: str) -> Import:
    """Maps the columns as guessed; `mapping` (column0="phone") corrects that."""
    waiting = upload(member, text)
    chosen = {**waiting.mapping, **{name.removeprefix("column"): target for name, target in mapping.items()}}
    uploads.start(waiting, member, {key: value for key, value in chosen.items() if value}, None, list_name)
    return waiting


def run(member: Member, text: str, **options: str) -> Import:
    started = start(member, text, **options)
    running.run(started.account_id, started.id)
    return Import.objects.get(pk=started.pk)


def faults(done: Import) -> dict[int, str]:
    """The reasons of the bad rows, by line."""
    found = ImportFault.objects.filter(account_id=done.account_id, import_id=done.id)
    return dict(found.values_list("line", "reason"))
