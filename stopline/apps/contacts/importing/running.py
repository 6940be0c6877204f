"""An import runs: chunk by chunk, each in one transaction with the place it has reached.

So a worker that dies costs at most one chunk, nothing is imported twice, and whoever comes next goes on.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from stopline.apps.accounts import live
from stopline.apps.consent.actors import Actor
from stopline.apps.contacts.csv_file import Row
from stopline.apps.contacts.importing import chunk, columns, kept
from stopline.apps.contacts.importing.job import Job, Tally
from stopline.apps.contacts.importing.lists import Lists
from stopline.apps.contacts.importing.rows import RowReader
from stopline.apps.contacts.models import Import, ImportFault
from stopline.rules.errors import Conflict, StoplineError

TASK = "stopline.import"
CHUNK = 1000  # rows
QUIET_AFTER = timedelta(seconds=30)  # without getting further: people are offered Resume
LOST_AFTER = timedelta(minutes=2)  # and a worker resumes by itself
KEPT_FOR = timedelta(days=30)
ACTIVE = (Import.State.QUEUED, Import.State.RUNNING)
log = structlog.get_logger(__name__)


def send(queued: Import) -> None:
    """Asks a worker, in the current transaction. Asked twice, one of them finds nothing to do."""
    Import.objects.filter(account_id=queued.account_id, id=queued.id).update(progress_at=Now())
    try:
        with transaction.atomic():
            app.configure_task(TASK, queueing_lock=f"import:{queued.id}").defer(
                account_id=str(queued.account_id), import_id=str(queued.id)
            )
    except AlreadyEnqueued:
        log.info("import.already_enqueued", import_id=str(queued.id))
    live.announce(queued.account_id, f"import:{queued.id}")


def resume(stopped: Import) -> None:
    """Goes on where it stopped; harmless where it didn't. Raises Conflict where nothing is left to do."""
    with transaction.atomic():
        current = Import.objects.select_for_update().defer("content").get(pk=stopped.pk)
        if current.state not in (*ACTIVE, Import.State.FAILED):
            raise Conflict("This import isn't running.", "Look at its result, or import a file again")
        Import.objects.filter(pk=stopped.pk).update(state=Import.State.QUEUED, problem="")
        send(current)


def resume_lost() -> None:
    """Imports whose worker or job vanished. Runs every minute."""
    still = Q(progress_at__lt=Now() - LOST_AFTER)
    for lost in Import.objects.filter(still, state__in=ACTIVE).defer("content"):
        log.warning("import.resumed", import_id=str(lost.id), done=lost.done)
        send(lost)


def tidy() -> None:
    """Files and bad rows are people's data: they go after 30 days."""
    Import.objects.filter(created_at__lt=Now() - KEPT_FOR).exclude(state__in=ACTIVE).delete()


def run(account_id: UUID, import_id: UUID, stopping: Callable[[], bool] = lambda: False) -> None:
    """Imports what is left, and leaves it to another worker where this one is `stopping`.

    Raises OperationalError, InterfaceError where the database is away or busy: try again later.
    """
    active = (
        Import.objects.filter(account_id=account_id, id=import_id, state__in=ACTIVE)
        .select_related("account")
        .first()
    )
    if active is None:
        return
    try:
        _go_on(active, stopping)
    except (OperationalError, InterfaceError):
        raise
    except StoplineError as error:
        _fail(active, str(error))
    except Exception:
        log.exception("import.failed", import_id=str(import_id))
        _fail(active, UNEXPECTED)


UNEXPECTED = (
    "Something unexpected happened; the log of the worker has the details. What is imported stays imported. "
    "Press Resume to go on from there, and if it happens again, tell whoever runs this installation."
)


def _go_on(active: Import, stopping: Callable[[], bool]) -> None:
    file = kept.as_csv(active)
    reader, job = _reader(active), _job(active)
    rows = file.rows()
    _recall(active, job, reader, itertools.islice(rows, active.done))
    reached = active.done
    while some := list(itertools.islice(rows, CHUNK)):
        if not _advance(active, job, reader, some, reached):
            return
        if not reached:
            _tell_planner()
        reached += len(some)
        if stopping():
            send(active)
            return
    _finish(active, reached)


def _advance(active: Import, job: Job, reader: RowReader, rows: list[Row], reached: int) -> bool:
    """One chunk and the place it reaches, together or not at all. False where another worker has it."""
    candidates = [reader.read(row) for row in rows]
    with transaction.atomic():
        current = Import.objects.select_for_update().defer("content").get(pk=active.pk)
        if current.done != reached or current.state not in ACTIVE:
            return False
        tally = chunk.save(job, candidates)
        _note(active, tally, len(rows))
        live.announce(active.account_id, f"import:{active.id}")
    return True


def _note(active: Import, tally: Tally, rows: int) -> None:
    ImportFault.objects.bulk_create(
        ImportFault(
            account_id=active.account_id,
            import_id=active.id,
            line=bad.line,
            reason=" ".join(bad.faults),
            row=bad.cells,
        )
        for bad in tally.bad
    )
    Import.objects.filter(pk=active.pk).update(
        state=Import.State.RUNNING,
        done=F("done") + rows,
        created_count=F("created_count") + tally.created,
        updated_count=F("updated_count") + tally.updated,
        unsubscribed_count=F("unsubscribed_count") + tally.unsubscribed,
        fault_count=F("fault_count") + len(tally.bad),
        progress_at=Now(),
    )


def _finish(active: Import, reached: int) -> None:
    """The file isn't needed any more; an erased contact must not live on in it."""
    with transaction.atomic():
        Import.objects.filter(pk=active.pk, done=reached, state__in=ACTIVE).update(
            state=Import.State.DONE, finished_at=Now(), content=b""
        )
        live.announce(active.account_id, f"import:{active.id}", "contacts", "lists")
    _tell_planner()


def _tell_planner() -> None:
    """How full the tables are now.

    Autovacuum would look within a minute. Until then the planner takes them for nearly empty, and runs joins
    row by row that then take minutes: who filters the contacts while an import runs would wait for it.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE contacts_contact, consent_subscription, contacts_listmembership")


def _fail(active: Import, problem: str) -> None:
    with transaction.atomic():
        Import.objects.filter(pk=active.pk, state__in=ACTIVE).update(
            state=Import.State.FAILED, problem=problem
        )
        live.announce(active.account_id, f"import:{active.id}")


def _reader(active: Import) -> RowReader:
    fields = {field.key: field for field in active.account.custom_fields.all()}
    return RowReader(active.account.default_country, active.header, active.mapping, fields)


def _job(active: Import) -> Job:
    return Job(
        account=active.account,
        import_id=active.id,
        file_name=active.file_name,
        actor=_actor(active),
        list_ids=(active.list_id,) if active.list_id else (),
        lists=Lists(active.account_id),
    )


def _actor(active: Import) -> Actor:
    """Who started it. The right to unsubscribe was looked at then: a change of role since doesn't undo it."""
    member = active.created_by
    if member is None:
        return Actor.system("Import started by a former member")
    return Actor("member", str(member.user), str(member.id), columns.marks(active.mapping))


def _recall(active: Import, job: Job, reader: RowReader, rows: Iterator[Row]) -> None:
    bad = set(
        ImportFault.objects.filter(account_id=active.account_id, import_id=active.id).values_list(
            "line", flat=True
        )
    )
    chunk.recall(job, (reader.read(row) for row in rows), bad)
