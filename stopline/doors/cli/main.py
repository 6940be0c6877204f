"""`stopline` and `python -m stopline`: every command, each a few words around what does the work."""

import os
import subprocess
import sys
from typing import Annotated

import typer

from stopline.doors.cli.database import database, require_running
from stopline.doors.cli.installation import Installation
from stopline.project import lifeline
from stopline.rules.errors import StoplineError

app = typer.Typer(
    help="Messaging that stops when a person says stop, and can prove it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they would print variables, and with them secrets
)
ledger = typer.Typer(help="The record of every consent and every stop.", no_args_is_help=True)
app.add_typer(ledger, name="ledger")
credentials = typer.Typer(help="What connections to providers keep secret.", no_args_is_help=True)
app.add_typer(credentials, name="credentials")


def main() -> None:
    """Run a command; a StoplineError becomes three lines and exit code 1."""
    os.umask(0o077)  # what we write holds people's messages: no other user of this machine may read it
    try:
        app()
    except StoplineError as error:
        lines = (error.title, error.detail, f"→ {error.next_step}" if error.next_step else "")
        typer.echo("\n  ".join(line for line in lines if line), err=True)
        sys.exit(1)


def here() -> Installation:
    return Installation.of(os.environ)


def django() -> None:
    """Load Django; the models and settings may be imported from then on."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stopline.project.settings")
    django.setup()


@app.command()
def up(demo: Annotated[bool, typer.Option(help="Load demo data into an empty database.")] = False) -> None:
    """Start database, web and worker, and look after them until Ctrl-C."""
    from stopline.doors.cli.up import up

    up(here(), demo=demo)


@app.command()
def web() -> None:
    """Serve pages, API and inbound webhooks; needs a running database."""
    from stopline.doors.cli.web import web

    require_running(here())
    if not os.environ.get("STOPLINE_SUPERVISED"):  # `up` has done it
        subprocess.run([sys.executable, "-m", "stopline", "static"], check=True)
    os.environ["STOPLINE_POOL"] = "1"
    if os.environ.get("STOPLINE_SUPERVISED") and sys.platform != "linux":  # on Linux the kernel sees to it
        lifeline.end_without_parent()
    web(here())


@app.command()
def worker() -> None:
    """Hand queued messages over and do background work; needs a running database."""
    require_running(here())
    django()
    if os.environ.get("STOPLINE_SUPERVISED"):
        lifeline.end_without_parent()  # also where a graceful stop would wait for a database that is gone
    from stopline.doors.worker.run import run

    run()


@app.command()
def mail() -> None:
    """Take mail for the connections, by SMTP or LMTP, on STOPLINE_MAIL_PORT; needs a running database."""
    require_running(here())
    django()
    if os.environ.get("STOPLINE_SUPERVISED"):
        lifeline.end_without_parent()
    from stopline.doors.mail.run import run

    run()


@app.command()
def migrate() -> None:
    """Bring the database's schema to this version."""
    with database(here()):
        django()
        from stopline.doors.cli import prepare

        prepare.migrate()


@app.command(hidden=True)
def static() -> None:
    """Copy the static files to where `web` serves them from."""
    django()
    from stopline.doors.cli import prepare

    prepare.collect_static()


@app.command(hidden=True)
def prepare(demo: bool = False) -> None:
    """What `up` does before web and worker start."""
    with database(here()):
        django()
        from stopline.doors.cli import prepare

        prepare.migrate()
        prepare.collect_static()
        if demo:
            prepare.load_demo()


@app.command()
def demo() -> None:
    """Load demo data into an empty database."""
    with database(here()):
        django()
        from stopline.doors.cli import prepare

        if not prepare.load_demo():
            raise StoplineError(
                "The database holds an account already",
                "Use an empty data folder: STOPLINE_DATA=./demo stopline up --demo",
                title="The demo was not loaded",
            )
    typer.echo("Demo data loaded.")


@app.command()
def doctor() -> None:
    """Check database, migrations, worker, disk and settings, and say what to mend."""
    from stopline.doors.cli.doctor import examine

    if not examine(here()):
        raise typer.Exit(1)


@ledger.command()
def verify() -> None:
    """Rebuild every standing from the ledger and compare it with what the gate reads."""
    with database(here()):
        django()
        from stopline.doors.cli.ledger import verify

        if not verify():
            raise typer.Exit(1)


@credentials.command()
def rotate() -> None:
    """Encrypt every connection's credentials anew under a new key, then forget the old one."""
    with database(here()):
        django()
        from stopline.doors.cli.credentials import rotate

        if not rotate():
            raise typer.Exit(1)


@app.command(hidden=True, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def manage(context: typer.Context) -> None:
    """Django's own commands, for development: stopline manage makemigrations."""
    os.umask(0o022)  # they write source files
    with database(here()):
        django()
        from django.core.management import execute_from_command_line

        execute_from_command_line(["stopline manage", *context.args])
