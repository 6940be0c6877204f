"""`stopline up`: database, web and worker as one tree of processes."""

import http.client
import os
import time
from urllib.parse import urlsplit

import typer

from stopline.doors.cli.installation import Installation
from stopline.doors.cli.supervisor import Database, Program, Supervisor, say
from stopline.project import leftovers
from stopline.project.postgres import Postgres
from stopline.rules.errors import Conflict, StoplineError

READY_SECONDS = 60
SIGN_INS = """
  Sign in as  admin@demo.test   password  stopline-demo   (an admin)
          or  agent@demo.test   password  stopline-demo   (an agent)
"""


def up(installation: Installation, *, demo: bool) -> None:
    """Run until a signal asks to stop. Raises StoplineError where it can't start; leaves nothing running."""
    if demo and installation.host not in ("127.0.0.1", "localhost", "::1"):
        raise Conflict(
            f"The demo's passwords are public, and STOPLINE_HOST is {installation.host}",
            "Unset STOPLINE_HOST, or start without --demo",
            title="The demo listens on this machine only",
        )
    supervisor = Supervisor()
    supervisor.listen()
    with installation.held() as last_was_killed:
        if last_was_killed:
            leftovers.end_children_of_killed(installation.data)
        installation.check_port()
        try:
            _start(supervisor, installation, demo=demo)
            supervisor.watch()
        finally:
            say("stopping")
            supervisor.stop()
            say("stopped")


def _start(supervisor: Supervisor, installation: Installation, *, demo: bool) -> None:
    environment = {"PORT": str(installation.port), "STOPLINE_DATA": str(installation.data)}
    if demo:
        environment["STOPLINE_DEMO"] = "1"
    if not os.environ.get("DATABASE_URL"):
        say(f"starting PostgreSQL in {installation.data / 'postgres'}")
        server = Postgres(installation.data, give_up=supervisor.stopping.is_set)
        supervisor.start(Database(server))
        environment["DATABASE_URL"] = server.url
    say("preparing the database")
    prepared = supervisor.run(Program("prepare", environment=environment), *(["--demo"] if demo else []))
    if supervisor.stopping.is_set():
        return
    if not prepared:
        raise _not_ready("the database could not be prepared")
    for name in ("web", "worker", *(("mail",) if os.environ.get("STOPLINE_MAIL_PORT") else ())):
        supervisor.start(Program(name, environment=environment))
    if _wait_until_ready(supervisor, installation):
        typer.echo(f"Stopline is ready at {installation.address}{SIGN_INS if demo else ''}")


def _wait_until_ready(supervisor: Supervisor, installation: Installation) -> bool:
    """False: asked to stop meanwhile."""
    deadline = time.monotonic() + READY_SECONDS
    while not supervisor.stopping.wait(0.1):
        if ended := supervisor.ended():
            raise _not_ready(f"{ended[0]} ended while starting")
        if healthy(installation):
            return True
        if time.monotonic() > deadline:
            raise _not_ready(f"no answer from {installation.address}/healthz within {READY_SECONDS} seconds")
    return False


def healthy(installation: Installation) -> bool:
    """Whether the web process answers and reaches its database."""
    place = urlsplit(installation.address)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _not_ready(why: str) -> StoplineError:
    return StoplineError(
        why[0].upper() + why[1:],
        "Its last lines above say why; `stopline doctor` checks the rest",
        title="Stopline could not start",
    )
