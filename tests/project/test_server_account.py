"""Root's server gets an account that may pass through closed folders, and nobody else may."""

import os
import pwd
import subprocess
import sys

import pytest

from stopline.project import server_account
from stopline.project.server_account import GROUP, MASK, NOBODY, OTHER, OWNER, USER, with_passage

PLAIN = [(OWNER, 7, NOBODY), (GROUP, 0, NOBODY), (OTHER, 0, NOBODY)]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as another user")


def unpack(packed: bytes) -> list[tuple[int, int, int]]:
    return list(server_account.ENTRY.iter_unpack(packed[4:]))


def test_one_user_may_pass_and_nobody_gains_anything():
    assert unpack(with_passage(PLAIN, 500)) == [
        (OWNER, 7, NOBODY), (USER, 1, 500), (GROUP, 0, NOBODY), (MASK, 1, NOBODY), (OTHER, 0, NOBODY),
    ]  # fmt: skip


def test_what_the_list_held_stays():
    held = [(OWNER, 7, NOBODY), (USER, 6, 300), (USER, 4, 500), (GROUP, 5, NOBODY), (MASK, 6, NOBODY)]

    assert unpack(with_passage([*held, (OTHER, 0, NOBODY)], 500)) == [
        (OWNER, 7, NOBODY), (USER, 6, 300), (USER, 5, 500), (GROUP, 5, NOBODY), (MASK, 7, NOBODY),
        (OTHER, 0, NOBODY),
    ]  # fmt: skip


@needs_root
@pytest.mark.skipif(sys.platform != "linux", reason="access control lists are Linux's here")
def test_a_closed_folder_lets_the_account_pass_and_stays_closed_to_others(tmp_path):
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    home.chmod(0o700)
    (home / "data").chmod(0o700)
    account = server_account.account_for(home / "data" / "cluster")

    server_account.let_pass(account, home / "data")

    assert enters(account.pw_uid, home / "data")
    assert not lists(account.pw_uid, home)
    assert not enters(pwd.getpwnam("nobody").pw_uid, home)


@needs_root
def test_the_owner_of_the_files_runs_the_server_on_them(tmp_path):
    nobody = pwd.getpwnam("nobody")
    os.chown(tmp_path, nobody.pw_uid, nobody.pw_gid)

    assert server_account.account_for(tmp_path) == nobody


def test_an_ordinary_user_needs_no_other_account(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert server_account.account_for(tmp_path) is None


def enters(uid, folder) -> bool:
    return tried(uid, "cd", folder)


def lists(uid, folder) -> bool:
    return tried(uid, "ls", folder)


def tried(uid, what, folder) -> bool:
    command = ["/bin/sh", "-c", f'{what} "$1"', "sh", str(folder)]
    return (
        subprocess.run(command, user=uid, group=uid, extra_groups=[], cwd="/", capture_output=True).returncode
        == 0
    )
