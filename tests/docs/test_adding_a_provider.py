"""docs/adding-a-provider.md, followed to the letter in a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/adding-a-provider.md"
FILE = re.compile(r"^`([\w/.]+)`\n\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_COPIED = shutil.ignore_patterns("__pycache__", "data", "*.png")


def follow(page: str, project: Path) -> list[str]:
    """Writes the page's files into a project; a diff's new lines go to the end of the file."""
    written = []
    for path, language, text in FILE.findall(page):
        target = project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if language == "diff":
            added = "".join(f"{line[1:]}\n" for line in text.splitlines() if line.startswith("+"))
            target.write_text(target.read_text() + added)
        else:
            target.write_text(text)
        written.append(path)
    return written


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    made = tmp_path_factory.mktemp("project")
    for folder in ("stopline", "tests"):
        shutil.copytree(ROOT / folder, made / folder, ignore=NOT_COPIED)
    shutil.copy(ROOT / "pyproject.toml", made)
    follow(PAGE.read_text(), made)
    return made


def run(project, *command):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    database = urlsplit(os.environ["DATABASE_URL"])
    kept["STOPLINE_TEST_DATABASE_URL"] = urlunsplit(database._replace(path=f"/pigeon{os.getpid()}"))
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=project, env=kept, text=True, capture_output=True, timeout=300
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


def test_the_page_holds_every_file_of_an_adapter():
    names = [path for path, _, _ in FILE.findall(PAGE.read_text())]

    assert [name.rsplit("/", 1)[1] for name in names] == [
        "__init__.py",
        "registry.py",
        "sender.py",
        "receiver.py",
        "README.md",
        "test_pigeon.py",
    ]


def test_its_adapter_keeps_the_contract(project):
    told = run(project, "pytest", "tests/providers/pigeon", "-q", "-n0", "-p", "no:cacheprovider")

    assert int(re.search(r"(\d+) passed", told)[1]) > 80


def test_its_adapter_keeps_the_invariants(project):
    run(
        project,
        "pytest",
        "tests/test_invariants.py",
        "-q",
        "-n0",
        "-p",
        "no:cacheprovider",
        "-k",
        "not django_db",
    )


def test_its_code_passes_the_checks(project):
    run(project, "ruff", "check", "stopline/providers/pigeon", "tests/providers/pigeon")
    run(project, "ruff", "format", "--check", "stopline/providers/pigeon", "tests/providers/pigeon")
