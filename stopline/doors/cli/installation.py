"""One installation: its data folder and where it listens, as the environment says."""

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from stopline.rules.errors import Conflict, InvalidInput, StoplineError


@dataclass(frozen=True)
class Installation:
    data: Path
    host: str
    port: int

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Installation":
        """From STOPLINE_DATA, STOPLINE_HOST and PORT."""
        port = environment.get("PORT") or "8000"
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise InvalidInput(
                f"PORT is {port!r}", "Set it to a number from 1 to 65535", title="PORT can't be used"
            )
        data = Path(environment.get("STOPLINE_DATA") or "data").expanduser().resolve()
        return cls(data, environment.get("STOPLINE_HOST") or "127.0.0.1", int(port))

    @property
    def address(self) -> str:
        """Where a browser on this machine reaches it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104 (compared, not bound)
        return f"http://{f'[{host}]' if host.count(':') > 1 and host[0] != '[' else host}:{self.port}"

    def check_writable(self) -> None:
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            probe = self.data / f".probe.{os.getpid()}"
            probe.write_text("can this folder be written?")
            probe.unlink()
        except OSError as error:
            raise self._unwritable(error) from error

    @contextlib.contextmanager
    def held(self) -> Iterator[bool]:
        """Hold the data folder alone; the kernel lets go however we end. True: the last one was killed."""
        self.check_writable()
        with self._open_lock() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Conflict(
                    f"{self.data} is in use by {_read(lock) or 'another Stopline'}",
                    "Use that one, stop it first, or start this one with another STOPLINE_DATA and PORT",
                    title="Stopline runs already",
                ) from None
            killed = bool(_read(lock))
            lock.truncate(0)
            lock.write(f"process {os.getpid()}, {self.address}")
            lock.flush()
            try:
                yield killed
            finally:
                lock.truncate(0)

    def _open_lock(self) -> TextIO:
        try:
            return (self.data / "lock").open("a+")
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> StoplineError:
        return StoplineError(
            f"{error.filename}: {error.strerror}",
            "Give the user who starts Stopline this folder and what is in it (chown -R), or choose another "
            "one with STOPLINE_DATA",
            title="The data folder can't be written",
        )

    def check_port(self) -> None:
        """Raises Conflict where something listens on the port."""
        if refusal := self._try_port():
            raise Conflict(
                f"{self.host}:{self.port}: {refusal}",
                f"Stop what listens there, or choose another port: PORT={min(self.port + 1, 65535)} make run",
                title=f"Port {self.port} can't be used",
            )

    def _try_port(self) -> str:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                # Connections of the last run that are still closing don't count; a listener does.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((self.host, self.port))
                probe.listen(1)
        except OSError as error:
            return error.strerror or str(error)
        return ""


def _read(lock: TextIO) -> str:
    lock.seek(0)
    return lock.read().strip()
