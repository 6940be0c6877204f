"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg

BUSY = 0.3  # of a core, on average over the last minute: somebody else was measured too


def describe(database: psycopg.Connection, data: Path) -> list[tuple[str, str]]:
    version = database.execute(
        "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')"
    ).fetchone()
    assert version
    return [
        ("date", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")),
        ("commit", _commit()),
        ("processor", f"{psutil.cpu_count()} cores, {_processor()}"),
        ("memory", f"{psutil.virtual_memory().total / 2**30:.0f} GiB"),
        ("disk", f"{_file_system(data)}, {_flushes(data):,.0f} flushes of 8 KiB a second (fdatasync)"),
        ("system", f"{platform.system()} {platform.release()}, Python {platform.python_version()}"),
        ("PostgreSQL", f"{version[0]}, embedded, fsync {version[1]}, synchronous_commit {version[2]}"),
    ]


def load_before() -> float:
    return os.getloadavg()[0]


def _commit() -> str:
    said = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True)
    return said.stdout.strip() or "unknown"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _file_system(data: Path) -> str:
    parts = [part for part in psutil.disk_partitions(all=True) if data.is_relative_to(part.mountpoint)]
    return max(parts, key=lambda part: len(part.mountpoint)).fstype if parts else "unknown file system"


def _flushes(data: Path, seconds: float = 1.0) -> float:
    """What bounds commits one after the other: how often a second 8 KiB reach the disk."""
    file = data / "flushed"
    handle = os.open(file, os.O_RDWR | os.O_CREAT)
    try:
        os.write(handle, bytes(8192))
        done, started = 0, time.perf_counter()
        while time.perf_counter() - started < seconds:
            os.pwrite(handle, bytes(8192), 0)
            os.fsync(handle) if platform.system() == "Darwin" else os.fdatasync(handle)
            done += 1
        return done / (time.perf_counter() - started)
    finally:
        os.close(handle)
        file.unlink()
