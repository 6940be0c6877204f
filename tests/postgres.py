"""One PostgreSQL for the whole test run, started before Django's settings are loaded (`-p tests.postgres`).

The process that was called starts it; pytest-xdist's workers inherit DATABASE_URL and have a database each
(pytest-django names them apart). STOPLINE_TEST_DATABASE_URL names a server to use instead; its role must be
allowed to create databases.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from stopline.project.postgres import FORGETFUL, ROLE, Postgres

_server: Postgres | None = None
_data: Path | None = None


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests():
    if "PYTEST_XDIST_WORKER" not in os.environ and not {"--help", "-h", "--version"} & set(sys.argv):
        _start()
    try:
        return (yield)
    except BaseException:
        _stop()
        raise


def pytest_unconfigure():
    _stop()


def _start() -> None:
    global _server, _data
    _data = Path(tempfile.mkdtemp(prefix="stopline-tests-"))
    os.environ["STOPLINE_DATA"] = str(_data)
    os.environ["STOPLINE_SECRET_KEY"] = "a key for tests only"
    if given := os.environ.get("STOPLINE_TEST_DATABASE_URL"):
        os.environ["DATABASE_URL"] = given
        return
    _server = Postgres(_data, FORGETFUL)
    os.environ["DATABASE_URL"] = _server.start()
    with _server.superuser() as connection:
        connection.execute(f"ALTER ROLE {ROLE} CREATEDB")


def _stop() -> None:
    global _server, _data
    if _server:
        _server.stop()
    if _data:
        shutil.rmtree(_data, ignore_errors=True)
    _server = _data = None
