"""Copies of Stopline as real processes, each with a data folder and a port of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import psycopg

ROOT = Path(__file__).parents[3]
READY_SECONDS = 90
STOP_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Copy:
    """`stopline up` in a data folder; ends whatever is left of it when the test ends."""

    def __init__(self, data: Path, *, port: int = 0, python: str = sys.executable, **run_as) -> None:
        self.data, self.port = data, port or free_port()
        self.python, self.run_as = python, run_as
        self.output = data.parent / f"{data.name}.output"
        self.process: subprocess.Popen | None = None

    @property
    def environment(self) -> dict[str, str]:
        kept = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ
        }
        return {**kept, "PORT": str(self.port), "STOPLINE_DATA": str(self.data)}

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """A command of this copy, to its end."""
        return subprocess.run(
            [self.python, "-m", "stopline", *arguments],
            env={**self.environment, **environment},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            **self.run_as,
        )

    def launch(self, *arguments: str, **environment: str) -> "Copy":
        self.process = self.spawn("up", *arguments, **environment)
        return self

    def spawn(self, *arguments: str, **environment: str) -> subprocess.Popen:
        """Start a command and leave it running; its words go to `output`."""
        with self.output.open("ab" if arguments[0] != "up" else "wb") as output:
            return subprocess.Popen(
                [self.python, "-m", "stopline", *arguments],
                env={**self.environment, **environment},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **self.run_as,
            )

    def start(self, *arguments: str, **environment: str) -> "Copy":
        """Launch and wait for the line that says it is ready."""
        self.launch(*arguments, **environment)
        wait_until(
            lambda: "Stopline is ready at" in self.said() or self.process.poll() is not None, READY_SECONDS
        )
        assert self.process.poll() is None, self.said()
        return self

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def stop(self, way: signal.Signals = signal.SIGTERM) -> int:
        """Ask to stop; the exit code."""
        self.process.send_signal(way)
        return self.process.wait(STOP_SECONDS)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def database(self) -> psycopg.Connection:
        url = (self.data / "postgres" / "url").read_text().strip()
        return psycopg.connect(url, autocommit=True, connect_timeout=5)

    def part(self, name: str) -> psutil.Process:
        """The supervisor's child that runs `name`: postgres, web or worker."""
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):
                command = child.cmdline()
                if command[-1:] == [name] or Path("".join(command[:1])).name == name:
                    return child
        raise AssertionError(f"{name} does not run:\n{self.said()}")

    def leftovers(self) -> list[str]:
        """Every process of this copy, known by its data folder or by the name in PostgreSQL's titles."""
        return list(self._all().values())

    def _all(self) -> dict[psutil.Process, str]:
        """With what they are called; any of them may end meanwhile."""
        found = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE and self._owns(process):
                    found[process] = " ".join(process.cmdline())[:120]
        return found

    def _owns(self, process: psutil.Process) -> bool:
        line = " ".join(process.cmdline())
        if str(self.data / "postgres") in line or (self._cluster_name and self._cluster_name in line):
            return True
        return process.environ().get("STOPLINE_DATA") == str(self.data) and process.pid != os.getpid()

    def wait_until_gone(self, seconds: float = 25) -> None:
        wait_until(lambda: not self._all(), seconds, told=lambda: f": {self.leftovers()}\n{self.said()}")

    @property
    def _cluster_name(self) -> str:
        from stopline.project.postgres import Postgres

        return Postgres(self.data).settings["cluster_name"]

    def clear(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
        for process in self._all():
            with contextlib.suppress(psutil.Error):
                process.kill()
        if self.process:
            self.process.wait()


def wait_until(true, seconds: float = 15, told=lambda: ""):
    """Look again and again; fails the test when it hasn't become true after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := true()):
        assert time.monotonic() < deadline, f"still not true after {seconds} seconds{told()}"
        time.sleep(0.05)
    return value
