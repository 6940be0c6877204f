"""The scripts a newcomer meets first, and the lock files they install."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def pinned(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_pinned_with_hashes_and_no_place_is_named(lock):
    text = (ROOT / lock).read_text()
    requirements = re.split(r"\n(?=[a-z0-9])", text.partition("# The following")[0])

    for requirement in requirements:
        assert re.match(r"[a-z0-9._-]+==\S+ ?(;.*)?\\\n +--hash=sha256:[0-9a-f]{64}", requirement), (
            requirement
        )
    assert not re.search(r"://|\s/|^--", text, re.MULTILINE)


def test_development_has_the_very_versions_that_people_run():
    run, develop = (pinned(lock) for lock in LOCKS)

    assert run.items() <= develop.items()


@pytest.mark.parametrize(("lock", "extras"), [(LOCKS[0], ("setup",)), (LOCKS[1], ("setup", "dev"))])
def test_the_locks_hold_what_the_project_names(lock, extras):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [
        *project["dependencies"],
        *(name for extra in extras for name in project["optional-dependencies"][extra]),
    ]

    for requirement in named:
        assert re.match(r"[A-Za-z0-9-]+", requirement)[0].lower() in pinned(lock), requirement


def need(*arguments: str, **how) -> subprocess.CompletedProcess:
    return subprocess.run([ROOT / "bin" / "need", *arguments], capture_output=True, text=True, cwd="/", **how)


def test_what_works_already_is_not_installed():
    assert need("true", "no-such-package", "no-such-package", "no-such-package").returncode == 0


@pytest.mark.skipif(
    os.geteuid() != 0, reason="root is needed to run it as a user who may not install anything"
)
def test_who_may_not_install_is_told_what_to_run(tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, body in {"apt-get": "exit 99", "sudo": "exit 1"}.items():
        (tools / name).write_text(f"#!/bin/sh\n{body}\n")
        (tools / name).chmod(0o755)
    for folder in (tools, *list(tools.parents)[:3]):
        folder.chmod(folder.stat().st_mode | 0o011)
    script = (ROOT / "bin" / "need").read_text()

    told = subprocess.run(
        ["/bin/bash", "-c", script, "need", "false", "some-package", "x", "x"],
        env={"PATH": f"{tools}:/usr/bin:/bin"},
        user="nobody", group=65534, extra_groups=[], cwd="/", capture_output=True, text=True,
    )  # fmt: skip

    assert told.returncode == 1
    assert "sudo apt-get install -y --no-install-recommends some-package" in told.stderr


def test_scripts_stop_at_the_first_error():
    for script in (ROOT / "bin").iterdir():
        assert "set -euo pipefail" in script.read_text(), script
        assert os.access(script, os.X_OK), script
