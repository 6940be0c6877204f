"""Load from tools that are not the bottleneck: pgbench for the database, wrk for HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stopline.project.postgres import BIN

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Load:
    per_second: float
    median_ms: float
    requests: int
    p99_ms: float = 0.0


def pgbench(
    database_url: str,
    script: Path | str,
    clients: int,
    seconds: int,
    *,
    prepared: bool = True,
    **variables: str | int,
) -> Load:
    """Runs a script of bench/pgbench (by name) or any file. `prepared`: each statement is planned once a client.

    Raises RuntimeError with what pgbench said where a transaction fails.
    """
    file = HERE / "pgbench" / script if isinstance(script, str) else script
    given = [f"--define={name}={value}" for name, value in variables.items()]
    how = ["--no-vacuum", f"--protocol={'prepared' if prepared else 'simple'}", f"--file={file}"]
    how += [f"--client={clients}", f"--time={seconds}"]
    done = subprocess.run(
        [BIN / "pgbench", *how, *given, database_url],
        capture_output=True,
        text=True,
        timeout=seconds + 60,
    )
    if done.returncode or "number of failed transactions: 0 " not in done.stdout:
        raise RuntimeError(f"pgbench {file.name}: {done.stdout}{done.stderr}")
    return Load(
        _number(r"tps = ([\d.]+)", done.stdout),
        _number(r"latency average = ([\d.]+)", done.stdout),
        int(_number(r"transactions actually processed: (\d+)", done.stdout)),
    )


def wrk(url: str, script: str, connections: int, seconds: int, **words: str | int) -> Load:
    """Runs a script of bench/wrk, which finds `words` in its environment. Raises RuntimeError where a request fails."""
    how = [f"--connections={connections}", f"--duration={seconds}s", "--timeout=30s"]
    done = subprocess.run(
        ["wrk", "--threads=1", *how, f"--script={HERE / 'wrk' / script}", url],
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        env={
            **os.environ,
            "HERE": str(HERE / "wrk"),
            **{name.upper(): str(value) for name, value in words.items()},
        },
    )
    try:
        said = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, json.JSONDecodeError):
        raise RuntimeError(f"wrk {script}: {done.stdout}{done.stderr}") from None
    if said["errors"] or not said["requests"]:
        raise RuntimeError(f"wrk {script}: {said}\n{done.stdout}")
    return Load(said["requests"] / said["seconds"], said["median_ms"], said["requests"], said["p99_ms"])


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    assert found, text
    return float(found[1])
