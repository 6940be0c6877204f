"""Credentials of connections, encrypted at rest (Fernet: AES-128-CBC with HMAC-SHA-256, cryptography.io).

The key comes from STOPLINE_CREDENTIALS_KEY (several, separated by commas: the first encrypts, all decrypt) or is
made once in the data folder. `stopline credentials rotate` encrypts everything anew under a new first key.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import connection, transaction

from stopline.rules.errors import StoplineError

FILE = "credentials.key"
KEYS = 7_410_118  # an advisory lock's number: shared while something is encrypted, alone while keys change


class KeyMissing(StoplineError):
    """The credentials of this connection can't be decrypted"""


def encrypt(credentials: Mapping[str, str]) -> str:
    """As kept in the database; "" for none."""
    return _fernet(_keys()).encrypt(json.dumps(dict(credentials)).encode()).decode() if credentials else ""


def decrypt(kept: str) -> dict[str, str]:
    """Raises KeyMissing where the key they were encrypted with is gone."""
    if not kept:
        return {}
    try:
        found: dict[str, str] = json.loads(_fernet(_keys()).decrypt(kept.encode()))
    except InvalidToken as error:
        raise KeyMissing(
            "The key they were encrypted with is not among those this installation has",
            "Restore credentials.key or STOPLINE_CREDENTIALS_KEY, or enter the credentials again",
        ) from error
    return found


def set_at(kept: str) -> datetime | None:
    """When they were entered; a rotation doesn't change it. None where there are none, or none that can be read."""
    try:
        return datetime.fromtimestamp(_fernet(_keys()).extract_timestamp(kept.encode()), UTC)
    except InvalidToken:
        return None


def rotate(kept: str) -> str:
    """The same credentials under the first key; as they are where they are so already. Raises KeyMissing."""
    if not kept or _opens(_keys().split(",")[0], kept):
        return kept
    try:
        return _fernet(_keys()).rotate(kept.encode()).decode()
    except InvalidToken as error:
        raise KeyMissing from error


def keep_keys() -> None:
    """Until the transaction ends no key changes: what is encrypted in it can be decrypted once it is committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [KEYS])


@contextmanager
def changing_keys() -> Iterator[None]:
    """A transaction of its own in which nobody encrypts anything."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [KEYS])
        yield


def several_keys() -> bool:
    """Whether a rotation is under way (or was interrupted)."""
    return "," in _keys()


def in_environment() -> bool:
    return bool(os.environ.get("STOPLINE_CREDENTIALS_KEY"))


def new_key() -> None:
    """Puts a new key in front of those in the data folder. Raises StoplineError where the environment holds them."""
    if in_environment():
        raise StoplineError(
            "The keys are in STOPLINE_CREDENTIALS_KEY",
            "Put a new one in front of it, separated by a comma, restart, and rotate again",
            title="The key in the environment can't be changed from here",
        )
    _write(_path(), ",".join([Fernet.generate_key().decode(), *_keys().split(",")]))


def forget_old_keys() -> None:
    """Once everything is encrypted under the first key."""
    if not in_environment():
        _write(_path(), _keys().split(",")[0])


def _opens(key: str, kept: str) -> bool:
    try:
        _fernet(key).decrypt(kept.encode())
    except InvalidToken:
        return False
    return True


def _keys() -> str:
    given = os.environ.get("STOPLINE_CREDENTIALS_KEY")
    if given:
        return given
    path = _path()
    if not path.exists():
        _write(path, Fernet.generate_key().decode(), only_first=True)
    return path.read_text().strip()


def _path() -> Path:
    return Path(settings.STOPLINE_DATA) / FILE


def _write(path: Path, text: str, *, only_first: bool = False) -> None:
    """Whole or not at all, readable by its owner only; of two first writers one wins."""
    draft = path.with_name(f".{FILE}.{os.getpid()}")
    draft.touch(mode=0o600)
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if only_first:
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    else:
        draft.replace(path)
    # On disk before anything is encrypted with it: a power cut must not leave secrets without their key.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@lru_cache(maxsize=4)
def _fernet(keys: str) -> MultiFernet:
    return MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
