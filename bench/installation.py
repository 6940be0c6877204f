"""The Stopline that is measured: a real `stopline up` in a data folder of its own, fsync on, on loopback."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.apps import apps

from tests.doors.cli.copies import Copy

PORT = 8180
# Quiet: the sandbox reports on nothing. Otherwise reports share the web process with what is measured.
QUIET = {"STOPLINE_SANDBOX_REPORTS": "0"}

LOOPBACK = {"STOPLINE_PRIVATE_NETWORKS": "127.0.0.0/8"}  # mail servers of our own


@contextmanager
def installation() -> Iterator[Copy]:
    """In STOPLINE_DATA where that is set, else in a folder that is removed afterwards; PORT likewise."""
    given = os.environ.get("STOPLINE_DATA")
    data = Path(given or tempfile.mkdtemp(prefix="stopline-bench-")).resolve()
    copy = Copy(data, port=int(os.environ.get("PORT") or PORT))
    os.environ |= {"STOPLINE_DATA": str(data), "PORT": str(copy.port)}
    try:
        yield copy
    finally:
        copy.clear()
        if not given:
            shutil.rmtree(data, ignore_errors=True)
            copy.output.unlink(missing_ok=True)


@contextmanager
def running(copy: Copy, environment: Mapping[str, str]) -> Iterator[Copy]:
    """Started, with this process able to use Stopline's own code on its database; stopped afterwards."""
    copy.start(**environment)
    os.environ["DATABASE_URL"] = url(copy)
    if not apps.ready:
        os.environ["DJANGO_SETTINGS_MODULE"] = "stopline.project.settings"
        import django

        django.setup()
    try:
        yield copy
    finally:
        from django.db import connection

        connection.close()
        copy.stop()


def url(copy: Copy) -> str:
    return (copy.data / "postgres" / "url").read_text().strip()


def database(copy: Copy) -> psycopg.Connection:
    """As the role the application runs as, every statement a transaction."""
    return psycopg.connect(url(copy), autocommit=True)
