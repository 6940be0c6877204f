"""Which database a command uses: DATABASE_URL, or the embedded server of the data folder."""

import contextlib
import os
from collections.abc import Iterator

import psycopg

from stopline.doors.cli.installation import Installation
from stopline.project.postgres import Postgres
from stopline.rules.errors import StoplineError


@contextlib.contextmanager
def database(installation: Installation) -> Iterator[None]:
    """DATABASE_URL is set inside; the embedded server is started for that time unless it runs already."""
    if os.environ.get("DATABASE_URL") or use_running(installation):
        yield
        return
    with installation.held():
        server = Postgres(installation.data)
        os.environ["DATABASE_URL"] = server.start()
        try:
            yield
        finally:
            server.stop()


def require_running(installation: Installation) -> None:
    """For web and worker on their own: neither may own the database the other one needs."""
    if not os.environ.get("DATABASE_URL") and not use_running(installation):
        raise StoplineError(
            f"No database runs in {installation.data}, and DATABASE_URL isn't set",
            "Start everything with `stopline up`, or set DATABASE_URL to a PostgreSQL 15 or newer",
            title="There is no database",
        )


def use_running(installation: Installation) -> bool:
    """Set DATABASE_URL to the embedded server's if it runs and answers."""
    url = Postgres(installation.data).url
    try:
        if url:
            psycopg.connect(url, connect_timeout=3).close()
            os.environ["DATABASE_URL"] = url
            return True
    except psycopg.OperationalError:
        pass  # the URL of a server that was killed
    return False
