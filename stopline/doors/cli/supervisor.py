"""A tree of processes: started in order, started again when one ends, stopped together.

One thread, no pipes: children write to our own output, so they outlive a killed supervisor just long enough
to end by themselves, and a full pipe can hold nobody up.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

import typer

from stopline.project.lifeline import die_with_parent
from stopline.project.postgres import Postgres
from stopline.rules.errors import StoplineError

GRACE_SECONDS = (
    15  # the worker takes up to 12 for what is in flight; what is cut off becomes "outcome unknown"
)
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 10.0  # what ran this long is started again at once


class Part(Protocol):
    name: str

    def start(self) -> None: ...
    def running(self) -> bool: ...
    def ask_to_stop(self) -> None: ...
    def end(self) -> None: ...


class Database:
    """The embedded PostgreSQL as a part."""

    name = "postgres"

    def __init__(self, server: Postgres) -> None:
        self.server = server

    def start(self) -> None:
        self.server.start()

    def running(self) -> bool:
        return self.server.running

    def ask_to_stop(self) -> None:
        """It is stopped last, by `end`: the others finish their work with it."""

    def end(self) -> None:
        self.server.stop()


class Program:
    """One of our own commands as a part, with a process group of its own."""

    def __init__(self, name: str, *, environment: Mapping[str, str]) -> None:
        self.name = name
        self.environment = {**os.environ, **environment, "STOPLINE_SUPERVISED": "1", "PYTHONUNBUFFERED": "1"}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> None:
        self._end_group()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "stopline", self.name, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches us alone: we stop the parts in order
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 (no threads here)
        )

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.process and self.running():
            self.process.terminate()

    def end(self) -> None:
        if self.process:
            self._end_group()
            self.process.wait()

    def _end_group(self) -> None:
        """A killed web process leaves a child that holds the port."""
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor:
    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.stopping = threading.Event()
        self.pauses: dict[str, float] = {}
        self.due: dict[str, float] = {}
        self.started: dict[str, float] = {}

    def listen(self) -> None:
        """SIGTERM, SIGINT and a closed terminal ask to stop."""
        for way in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(way, lambda *_: self.stopping.set())

    def start(self, part: Part) -> None:
        self.parts.append(part)
        self.started[part.name] = time.monotonic()
        part.start()

    def run(self, program: Program, *arguments: str) -> bool:
        """Run a command to its end. False: it failed, or we were asked to stop."""
        program.start(*arguments)
        while program.running() and not self.stopping.wait(0.05):
            pass
        self._wait_for([program])
        return not self.stopping.is_set() and program.process is not None and program.process.returncode == 0

    def ended(self) -> list[str]:
        return [part.name for part in self.parts if not part.running()]

    def watch(self) -> None:
        """Until asked to stop: start again what has ended."""
        while not self.stopping.wait(0.1):
            for part in self.parts:
                if not part.running():
                    self._revive(part)

    def _revive(self, part: Part) -> None:
        now = time.monotonic()
        if part.name not in self.due:
            if now - self.started.get(part.name, now) > STEADY_SECONDS:
                self.pauses.pop(part.name, None)
            pause = self.pauses.get(part.name, 0.0)
            self.due[part.name] = now + pause
            self.pauses[part.name] = min(max(1.0, pause * 2), LONGEST_PAUSE)
            say(f"{part.name} has ended; starting it again" + (f" in {pause:.0f} s" if pause else ""))
        if now >= self.due[part.name]:
            del self.due[part.name]
            self.started[part.name] = now
            try:
                part.start()
            except StoplineError as error:
                say(str(error))

    def stop(self) -> None:
        """Stop everything: programs together, then the database. A second signal doesn't wait."""
        self.stopping.clear()
        self._wait_for([part for part in self.parts if not isinstance(part, Database)])
        for part in reversed(self.parts):
            part.end()

    def _wait_for(self, parts: Sequence[Part]) -> None:
        for part in parts:
            part.ask_to_stop()
        deadline = time.monotonic() + GRACE_SECONDS
        while any(part.running() for part in parts) and time.monotonic() < deadline:
            if self.stopping.wait(0.05):
                break
        for part in parts:
            part.end()


def say(text: str) -> None:
    typer.echo(f"stopline | {text}")
