import shutil
import subprocess

import pytest

from tests.doors.cli.copies import Copy


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A data folder whose schema is up to date, to copy: migrating takes most of a first start."""
    copy = Copy(tmp_path_factory.mktemp("prepared") / "data")
    done = copy.run("prepare")
    assert done.returncode == 0, done.stderr
    return copy.data


@pytest.fixture
def copies(tmp_path, prepared):
    """Makes copies by name; whatever still runs of them is ended after the test."""
    made = []

    def make(name="data", **how):
        made.append(Copy(tmp_path / name, **how))
        if not made[-1].data.exists():
            subprocess.run(["cp", "-a", prepared, made[-1].data], check=True)
        return made[-1]

    yield make
    for copy in made:
        copy.clear()


@pytest.fixture
def copy(copies):
    return copies()


@pytest.fixture
def empty(copy):
    """A copy whose data folder doesn't exist yet."""
    shutil.rmtree(copy.data)
    return copy
