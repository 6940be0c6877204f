"""A mail server that takes everything and notes when it heard of whom: python -m bench.smtp_sink PORT FILE.

A line of FILE is the moment of RCPT (nanoseconds since 1970) and the address, or a mail's size and the word "bytes".
RCPT comes later than the hand-off's first byte, so no leak can hide in between.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tests.doors.cli.copies import ROOT, free_port, wait_until

ANSWERS = {b"EHLO": b"250-sink\r\n250 8BITMIME\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


class Sink(asyncio.Protocol):
    log: TextIO

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.waiting, self.in_data = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while (end := self.waiting.find(b"\r\n.\r\n" if self.in_data else b"\r\n")) >= 0:
            line, self.waiting = self.waiting[:end], self.waiting[end + (5 if self.in_data else 2) :]
            if self.in_data:
                self.in_data = False
                self.log.write(f"{len(line)} bytes\n")
                self.transport.write(b"250 taken\r\n")
                continue
            self.heard(line)

    def heard(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"RCPT":
            address = line.decode().partition("<")[2].partition(">")[0]
            self.log.write(f"{time.time_ns()} {address}\n")
        self.in_data = verb == b"DATA"
        self.transport.write(ANSWERS.get(verb, b"250 fine\r\n"))


@dataclass(frozen=True, slots=True)
class SmtpSink:
    port: int
    file: Path

    def heard(self) -> list[tuple[int, str]]:
        return [(moment, address) for moment, address in self._lines() if address != "bytes"]

    def largest(self) -> int:
        return max(size for size, word in self._lines() if word == "bytes")

    def _lines(self) -> Iterator[tuple[int, str]]:
        for line in self.file.read_text().splitlines():
            number, word = line.split()
            yield int(number), word


@contextmanager
def running(folder: Path) -> Iterator[SmtpSink]:
    sink = SmtpSink(free_port(), folder / f"mails-{time.time_ns()}")
    sink.file.touch()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.smtp_sink", str(sink.port), str(sink.file)], cwd=ROOT
    )
    try:
        wait_until(lambda: reachable(sink.port))
        yield sink
    finally:
        process.terminate()
        process.wait()


def reachable(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    with Path(sys.argv[2]).open("a", buffering=1) as Sink.log:
        asyncio.run(serve(int(sys.argv[1])))
