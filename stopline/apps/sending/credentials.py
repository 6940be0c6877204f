"""Credentials of connections, encrypted at rest (Fernet: AES-128-CBC with HMAC-SHA-256, cryptography.io).

The key comes from STOPLINE_CREDENTIALS_KEY (several, separated by commas: the first encrypts, all decrypt) or is
made once in the data folder. `stopline credentials rotate` encrypts everything anew under a new first key.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from stopline.rules.errors import StoplineError

FILE = "credentials.key"


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


def rotate(kept: str) -> str:
    """The same credentials under the first key."""
    return _fernet(_keys()).rotate(kept.encode()).decode() if kept else ""


def new_key() -> None:
    """Puts a new key in front of those in the data folder. Raises StoplineError where the environment holds them."""
    if os.environ.get("STOPLINE_CREDENTIALS_KEY"):
        raise StoplineError(
            "The keys are in STOPLINE_CREDENTIALS_KEY",
            "Put a new one in front of it, separated by a comma, restart, and rotate again",
            title="The key in the environment can't be changed from here",
        )
    path = _path()
    _write(path, ",".join([Fernet.generate_key().decode(), *_keys().split(",")]))


def forget_old_keys() -> None:
    """Once everything is encrypted under the first key."""
    if not os.environ.get("STOPLINE_CREDENTIALS_KEY"):
        _write(_path(), _keys().split(",")[0])


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
    draft.write_text(text)
    if not only_first:
        draft.replace(path)
        return
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


@lru_cache(maxsize=4)
def _fernet(keys: str) -> MultiFernet:
    return MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
