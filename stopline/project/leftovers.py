"""Ending processes: ours, and those a killed start left behind."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

Ways = tuple[tuple[signal.Signals, float], ...]

# How to end a PostgreSQL server: each way with the seconds it gets before the next.
FAST: Ways = ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5))
AT_ONCE: Ways = ((signal.SIGQUIT, 1), (signal.SIGKILL, 5))
OURS: Ways = ((signal.SIGTERM, 5), (signal.SIGKILL, 5))


def end(process: psutil.Process, ways: Ways) -> None:
    for way, seconds in ways:
        with contextlib.suppress(psutil.TimeoutExpired):
            try:
                process.send_signal(way)
                process.wait(seconds)
            except psutil.NoSuchProcess:
                return
            return


def end_servers(cluster: Path, name: str) -> None:
    """End every server on `cluster`, then its children without one (`name` is in their titles).

    Such children hold the shared memory without which the next server can't start.
    """
    for process in _matching(lambda command: _serves(command, cluster)):
        end(process, FAST)
    for process in _matching(lambda command: command[0].startswith(f"postgres: {name}: ")):
        end(process, AT_ONCE)


def end_children_of_killed(data: Path) -> None:
    """End the web and worker processes that a killed supervisor left: they may hold the port."""
    mine = {"STOPLINE_DATA": str(data), "STOPLINE_SUPERVISED": "1"}
    for process in _matching(lambda command: "stopline" in command):
        with contextlib.suppress(psutil.Error):
            if mine.items() <= process.environ().items():
                end(process, OURS)


def _serves(command: list[str], cluster: Path) -> bool:
    return Path(command[0]).name == "postgres" and command[1:3] == ["-D", str(cluster)]


def _matching(wanted: Callable[[list[str]], bool]) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command = process.cmdline()
            if command and wanted(command):
                yield process
