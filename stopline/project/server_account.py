"""PostgreSQL refuses to run as root: root's own server gets an account that may do nothing else.

The account may pass through the folders above its files, and that is granted to it alone (an access control
list entry), so that a home folder closed to others stays closed to them.
"""

import errno
import os
import pwd
import shutil
import struct
import subprocess
from pathlib import Path
from typing import TypedDict

from stopline.rules.errors import StoplineError

NAME = "stopline-postgres"
LIST = "system.posix_acl_access"  # Linux: acl(5); the layout is fixed by the kernel's posix_acl_xattr.h
VERSION = struct.pack("<I", 2)
ENTRY = struct.Struct("<HHI")  # tag, permission bits, user id
OWNER, USER, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
PASS, NOBODY = 1, 0xFFFFFFFF


class RunAs(TypedDict, total=False):
    """What `subprocess` takes to run a program as somebody else; empty: as ourselves."""

    user: int
    group: int
    extra_groups: list[int]


def account_for(files: Path) -> pwd.struct_passwd | None:
    """The account that runs the server on `files`, made when needed; None where that's the present user."""
    if os.geteuid() != 0:
        return None
    owner = files.stat().st_uid if files.exists() else 0
    if owner != 0:
        return pwd.getpwuid(owner)
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return _make_account()


def run_as(account: pwd.struct_passwd | None) -> RunAs:
    return RunAs(user=account.pw_uid, group=account.pw_gid, extra_groups=[]) if account else RunAs()


def _make_account() -> pwd.struct_passwd:
    if not shutil.which("useradd"):
        raise StoplineError(
            "PostgreSQL doesn't run as root, and this system has no useradd to make it an account of its own",
            f"Start Stopline as an ordinary user, or make a user named {NAME}",
            title="The database could not be started",
        )
    command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent"]
    made = subprocess.run(
        [*command, "--shell", "/bin/false", NAME], capture_output=True, text=True, check=False
    )
    try:
        return pwd.getpwnam(NAME)  # also where another copy was making it at the same time
    except KeyError:
        raise StoplineError(
            f"The user {NAME} could not be made: {made.stderr.strip()}",
            "Start Stopline as an ordinary user, or make that user",
            title="The database could not be started",
        ) from None


def let_pass(account: pwd.struct_passwd, folder: Path) -> None:
    """Let the account reach `folder`: through each folder above it that doesn't let it through yet."""
    if _reaches(account, folder):
        return
    for above in [*reversed(folder.parents), folder]:
        if not _reaches(account, above):
            _grant(account, above)


def _reaches(account: pwd.struct_passwd, folder: Path) -> bool:
    entered = subprocess.run(
        ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)],
        cwd="/",
        stderr=subprocess.DEVNULL,
        check=False,
        **run_as(account),
    )
    return entered.returncode == 0


def _grant(account: pwd.struct_passwd, folder: Path) -> None:
    try:
        os.setxattr(folder, LIST, with_passage(_entries(folder), account.pw_uid))
    except (
        OSError,
        AttributeError,
    ):  # no such lists on this file system: passage (not reading) for everybody
        folder.chmod(folder.stat().st_mode | 0o001)


def _entries(folder: Path) -> list[tuple[int, int, int]]:
    """The folder's access list as (tag, permission bits, id); made from its mode where it has none."""
    try:
        packed = os.getxattr(folder, LIST)
        return list(ENTRY.iter_unpack(packed[len(VERSION) :]))
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
    mode = folder.stat().st_mode
    return [(OWNER, mode >> 6 & 7, NOBODY), (GROUP, mode >> 3 & 7, NOBODY), (OTHER, mode & 7, NOBODY)]


def with_passage(entries: list[tuple[int, int, int]], uid: int) -> bytes:
    """The list with one more right: `uid` may pass. Nobody else gains anything by the wider mask."""
    others = [entry for entry in entries if entry[0] != MASK and (entry[0], entry[2]) != (USER, uid)]
    mask = next((bits for tag, bits, _ in entries if tag == MASK), None)
    if mask is None:
        mask = next(bits for tag, bits, _ in entries if tag == GROUP)
    held = next((bits for tag, bits, id_ in entries if (tag, id_) == (USER, uid)), 0)
    wanted = [*others, (USER, held | PASS, uid), (MASK, mask | PASS, NOBODY)]
    ordered = sorted(wanted, key=lambda entry: (entry[0], entry[2]))  # the order the kernel demands
    return VERSION + b"".join(ENTRY.pack(*entry) for entry in ordered)
