"""The sandbox's gateway in a process of its own, which hangs on demand: it takes everything and answers nothing.

POST /hang and POST /go; everything else is the gateway's (stopline.providers.sandbox.gateway). STOPLINE_BENCH_GATEWAY
in the environment is where its receipts lie, apart from all that is Stopline's.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stopline.providers.sandbox.gateway import Gateway, Receive, Scope, Send
from stopline.providers.sandbox.receipts import FILE, Receipts, SandboxReceipt, connection_key
from tests.doors.cli.copies import ROOT, free_port, wait_until

FOLDER = "STOPLINE_BENCH_GATEWAY"


@dataclass(frozen=True, slots=True)
class Far:
    """The gateway as the bench sees it."""

    address: str
    folder: Path

    @property
    def url(self) -> str:
        """As STOPLINE_SANDBOX_URL."""
        return f"{self.address}/sandbox/gateway"

    def receipts(self, token: str) -> list[SandboxReceipt]:
        return receipts_of(self.folder, token)

    def ahead(self) -> bool:
        """Whether something came from a worker whose clock is hours ahead."""
        with contextlib.closing(sqlite3.connect(self.folder / FILE, timeout=10)) as reading:
            query = "SELECT EXISTS (SELECT 1 FROM receipt WHERE started_ns > received_ns + 3600000000000)"
            return bool(reading.execute(query).fetchone()[0])

    def order(self, what: str) -> None:
        """ "hang" or "go"."""
        urllib.request.urlopen(f"{self.address}/{what}", b"", timeout=30).close()


def receipts_of(folder: Path, token: str) -> list[SandboxReceipt]:
    key = connection_key(token)
    return [each for each in Receipts(folder).all() if each.connection == key]


@contextmanager
def running() -> Iterator[Far]:
    with tempfile.TemporaryDirectory(prefix="stopline-gateway-") as folder:
        far = Far(f"http://127.0.0.1:{free_port()}", Path(folder))
        port = far.address.rpartition(":")[2]
        how = f"--interface asginl --host 127.0.0.1 --port {port} --log-level warning".split()
        process = subprocess.Popen(
            [sys.executable, "-m", "granian", *how, "bench.gateway:application"],
            cwd=ROOT,
            env={**os.environ, FOLDER: folder},
        )
        try:
            wait_until(lambda: _answers(far), 30)
            yield far
        finally:
            process.terminate()
            process.wait()


def _answers(far: Far) -> bool:
    try:
        far.order("go")
    except OSError:
        return False
    return True


class Hanging:
    def __init__(self, gateway: Gateway) -> None:
        self.gateway, self.goes = gateway, asyncio.Event()
        self.goes.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def when_it_goes(event: dict[str, Any]) -> None:
            await self.goes.wait()
            await send(event)

        if scope["path"] in ("/hang", "/go"):
            self.goes.clear() if scope["path"] == "/hang" else self.goes.set()
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self.gateway(scope, receive, when_it_goes)


async def _knows(_token: str) -> bool:
    return True


if FOLDER in os.environ:
    application = Hanging(Gateway(Path(os.environ[FOLDER]), "", _knows, reports=False))
