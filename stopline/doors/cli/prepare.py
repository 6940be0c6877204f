"""What every start does before web and worker: schema, static files and, when asked, demo data."""

from contextlib import redirect_stdout
from io import StringIO

import typer
from django.core.management import call_command
from django.db import OperationalError, connection

from stopline.rules.errors import StoplineError

OLDEST = 15
# htmx extensions: no page uses one, and some import from places the package doesn't have.
UNUSED_FILES = ["django_htmx/ext/*"]


def migrate() -> None:
    """Bring the schema to this version; prints what it applied."""
    check_version()
    said = StringIO()
    call_command("migrate", interactive=False, verbosity=1, stdout=said)
    applied = [line.strip() for line in said.getvalue().splitlines() if line.startswith("  Applying")]
    typer.echo(f"{len(applied)} migrations applied" if applied else "The schema is up to date")


def collect_static() -> None:
    """Copy the static files under hashed names to where the web process serves them from."""
    with redirect_stdout(StringIO()):
        call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=UNUSED_FILES)


def load_demo() -> bool:
    """Load the demo into a database without accounts. False: there are accounts, and nothing was loaded."""
    from stopline.apps.accounts.models import Account

    if Account.objects.exists():
        return False
    from stopline.doors.cli import demo_data

    demo_data.load()
    return True


def check_version() -> None:
    """Raises StoplineError where the database can't be reached or is too old."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise StoplineError(
            str(error).strip(),
            "Check that the server runs and that DATABASE_URL is right",
            title="The database can't be reached",
        ) from error
    found = server_version()
    if found < OLDEST:
        raise StoplineError(
            f"It is PostgreSQL {found}",
            f"Stopline needs PostgreSQL {OLDEST} or newer",
            title="The database is too old",
        )


def server_version() -> int:
    """The major version of the connected server."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000
