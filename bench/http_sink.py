"""A provider that takes every message at once: python -m bench.http_sink PORT. GET / tells, and forgets, what came.

Raw asyncio on purpose: it should cost less than those who are measured against it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.doors.cli.copies import ROOT, free_port, wait_until

HEAD = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


class Sink(asyncio.Protocol):
    began = time.time_ns()
    count = 0
    first = last = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.waiting = transport, b""

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            head = self.waiting[:end].lower()
            length = (
                int(head.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in head else 0
            )
            if len(self.waiting) < end + 4 + length:
                return
            self.waiting = self.waiting[end + 4 + length :]
            body = self.told() if head.startswith(b"get") else self.took()
            self.transport.write(HEAD % (len(body), body))

    @classmethod
    def took(cls) -> bytes:
        cls.last = time.time_ns()
        cls.first = cls.first or cls.last
        cls.count += 1
        return b'{"id": "%d-%d"}' % (cls.began, cls.count)

    @classmethod
    def told(cls) -> bytes:
        found = json.dumps({"count": cls.count, "first": cls.first, "last": cls.last}).encode()
        cls.began, cls.count, cls.first = time.time_ns(), 0, 0
        return found


@dataclass(frozen=True, slots=True)
class HttpSink:
    url: str

    def rate(self, number: int) -> float:
        """Messages a second since it was asked last, from the first to the last of them."""
        with urllib.request.urlopen(self.url, timeout=30) as answer:
            told = json.load(answer)
        assert told["count"] == number, f"{told['count']} requests for {number} messages"
        return float((number - 1) / (told["last"] - told["first"]) * 1e9)

    def forget(self) -> None:
        urllib.request.urlopen(self.url, timeout=30).close()


@contextmanager
def running() -> Iterator[HttpSink]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.http_sink", str(port)], cwd=ROOT)
    sink = HttpSink(f"http://127.0.0.1:{port}")
    try:
        wait_until(lambda: _answers(sink))
        yield sink
    finally:
        process.terminate()
        process.wait()


def _answers(sink: HttpSink) -> bool:
    try:
        sink.forget()
    except OSError:
        return False
    return True


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port, backlog=1000)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(int(sys.argv[1])))
