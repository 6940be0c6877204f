"""The installation's secret: made once, kept in the data folder, readable by its owner only."""

import os
import secrets
from pathlib import Path


def secret_key(data: Path) -> str:
    """The key in `data`/secret.key, made on first use. Two processes starting at once agree on one key."""
    path = data / "secret.key"
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(48))
    return path.read_text().strip()


def _write_once(path: Path, key: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".secret.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(key)
    try:
        os.link(draft, path)  # fails where another process was first: its key is the key
    except FileExistsError:
        pass
    finally:
        draft.unlink()
