"""`stopline doctor`: what is well, what isn't, and what to mend. Looks only; changes nothing."""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import typer

from stopline.doors.cli.database import use_running
from stopline.doors.cli.installation import Installation
from stopline.doors.cli.up import healthy
from stopline.rules.errors import StoplineError


class Health(StrEnum):
    OK = "OK"
    WARN = "WARN"  # works, but somebody should look
    FAIL = "FAIL"  # doesn't work, or a promise doesn't hold


@dataclass(frozen=True)
class Finding:
    health: Health
    what: str
    mend: str = ""


ENOUGH_BYTES, TOO_FEW_BYTES = 2 * 2**30, 200 * 2**20
LATE_SECONDS = 60
SILENT_SECONDS = 30  # the worker tells every 10 that it lives

# How many jobs wait although they are due, and for how many seconds the oldest does. A job without a time of
# its own is due from its last event on.
DUE_JOBS = """
    SELECT count(*), coalesce(extract(epoch FROM now() - min(due)), 0)::int
    FROM (
        SELECT coalesce(scheduled_at, (SELECT max(at) FROM procrastinate_events WHERE job_id = job.id)) AS due
        FROM procrastinate_jobs job WHERE status = 'todo'
    ) waiting
    WHERE due <= now()
"""


# The same of messages that wait to be handed over; a paused connection's queue waits on purpose.
DUE_MESSAGES = """
    SELECT count(*), coalesce(extract(epoch FROM now() - min(m.due_at)), 0)::int
    FROM sending_message m JOIN sending_connection c ON (c.account_id, c.id) = (m.account_id, m.connection_id)
    WHERE m.state = 'queued' AND m.due_at <= now() AND c.state = 'active'
"""


def examine(installation: Installation) -> bool:
    """Print a line a check. False: something failed."""
    well = True
    for finding in findings(installation):
        well = well and finding.health is not Health.FAIL
        typer.echo(
            f"{finding.health:<5}{finding.what}" + (f"\n     → {finding.mend}" if finding.mend else "")
        )
    return well


def findings(installation: Installation) -> Iterator[Finding]:
    yield disk(installation)
    if not os.environ.get("DATABASE_URL") and not use_running(installation):
        yield Finding(
            Health.FAIL,
            f"database: none runs in {installation.data}, and DATABASE_URL isn't set",
            "start everything with `stopline up`, or set DATABASE_URL",
        )
        return
    from stopline.doors.cli.main import django

    django()
    yield from settings(installation)
    try:
        yield version(installation)
    except StoplineError as error:
        yield Finding(Health.FAIL, f"database: {error.title}: {error.detail}", error.next_step)
        return
    yield durability()
    yield role()
    yield migrations()
    yield worker()
    yield queue("jobs", DUE_JOBS)
    yield queue("messages", DUE_MESSAGES)
    yield web(installation)


def disk(installation: Installation) -> Finding:
    try:
        installation.check_writable()
    except StoplineError as error:
        return Finding(Health.FAIL, f"data folder: {error.detail}", error.next_step)
    free = shutil.disk_usage(installation.data).free
    what = f"data folder: {installation.data}, {free / 2**30:.1f} GB free"
    if free < TOO_FEW_BYTES:
        return Finding(Health.FAIL, what, "make room: PostgreSQL stops when the disk is full")
    return Finding(Health.OK, what) if free > ENOUGH_BYTES else Finding(Health.WARN, what, "make room soon")


def settings(installation: Installation) -> Iterator[Finding]:
    from django.conf import settings

    yield (
        Finding(Health.FAIL, "settings: DEBUG is on", "turn it off: error pages would show secrets")
        if settings.DEBUG
        else Finding(Health.OK, "settings: DEBUG is off")
    )
    yield secret_key(installation, settings.SECRET_KEY)
    public = installation.host not in ("127.0.0.1", "localhost", "::1")
    if public and not settings.PUBLIC_URL.startswith("https://"):
        yield Finding(
            Health.WARN,
            f"settings: others can reach {installation.host}:{installation.port} without encryption",
            "put a proxy with TLS in front and set STOPLINE_PUBLIC_URL=https://…",
        )
    else:
        yield Finding(Health.OK, f"settings: reached at {settings.PUBLIC_URL}")


def secret_key(installation: Installation, key: str) -> Finding:
    file = installation.data / "secret.key"
    if os.environ.get("STOPLINE_SECRET_KEY"):
        if len(key) < 32:
            return Finding(Health.FAIL, "secret key: shorter than 32 characters", "set a longer random one")
        return Finding(Health.OK, "secret key: from STOPLINE_SECRET_KEY")
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        return Finding(Health.FAIL, f"secret key: others may read {file}", f"chmod 600 {file}")
    return Finding(Health.OK, f"secret key: {file}")


def version(installation: Installation) -> Finding:
    """Raises StoplineError where the database can't be reached or is too old."""
    from django.db import connection

    from stopline.doors.cli import prepare
    from stopline.project.postgres import Postgres

    prepare.check_version()
    socket = Postgres(installation.data).socket_folder
    kept = "embedded" if connection.settings_dict["HOST"] == str(socket) else "from DATABASE_URL"
    return Finding(Health.OK, f"database: PostgreSQL {prepare.server_version()} ({kept})")


def durability() -> Finding:
    values = dict(
        _rows("SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')")
    )
    weak = [f"{name} = {value}" for name, value in values.items() if value == "off"]
    if weak:
        return Finding(
            Health.FAIL,
            f"durability: {', '.join(weak)}",
            "turn it on: after a power cut an acknowledged unsubscribe could be lost",
        )
    return Finding(Health.OK, "durability: what is acknowledged is on disk")


def role() -> Finding:
    ((name, mighty),) = _rows("SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user")
    if mighty:
        return Finding(
            Health.WARN,
            f"role: {name} is a superuser, for whom the ledger's guard can be switched off",
            "give Stopline a role that only owns its database",
        )
    return Finding(Health.OK, f"role: {name} is no superuser")


def migrations() -> Finding:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return Finding(Health.FAIL, f"migrations: {len(missing)} not applied", "run `stopline migrate`")
    return Finding(Health.OK, "migrations: the schema is up to date")


def worker() -> Finding:
    ((workers,),) = _rows(
        "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %s * interval '1 second'",
        SILENT_SECONDS,
    )
    if not workers:
        return Finding(
            Health.FAIL,
            f"worker: none has reported for {SILENT_SECONDS} seconds",
            "start one: `stopline worker`",
        )
    return Finding(Health.OK, f"worker: {workers} running")


def queue(of: str, query: str) -> Finding:
    ((waiting, seconds),) = _rows(query)
    what = f"queue: {waiting} {of} due, the oldest for {seconds} s"
    if seconds > LATE_SECONDS:
        return Finding(
            Health.WARN, what, "the worker can't keep up or hangs: look at its log, start another one"
        )
    return Finding(Health.OK, what)


def web(installation: Installation) -> Finding:
    if healthy(installation):
        return Finding(Health.OK, f"web: {installation.address} answers")
    return Finding(
        Health.WARN,
        f"web: no answer from {installation.address}/healthz",
        "start it with `stopline web`, or set PORT to where it listens",
    )


def _rows(query: str, *parameters: int) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())
