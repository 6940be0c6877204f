"""Gateways on loopback: an independent one (smpp34, in Rust), and a scripted one for what no good gateway does."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import smpp34


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@dataclass
class Independent:
    """Answers every submit_sm as told. `requests` holds them in order."""

    status: int = 0
    id: str = "smsc-1"
    port: int = field(default_factory=free_port)
    requests: list[Any] = field(default_factory=list)
    esmes: list[Any] = field(default_factory=list)
    loop: Any = None

    @property
    def url(self) -> str:
        return f"smpp://127.0.0.1:{self.port}"

    async def serve(self, server: smpp34.Server) -> None:
        while True:
            match await server.next():
                case smpp34.SubmitSmEvent() as taken:
                    self.requests.append(taken)
                    taken.reject(self.status) if self.status else taken.accept(self.id)
                case smpp34.Esme() as esme:
                    self.esmes.append(esme)


@contextlib.contextmanager
def independent(status: int = 0, id_: str = "smsc-1") -> Iterator[Independent]:
    """In a thread of its own, as loopback.provider is."""
    playing = Independent(status, id_)
    loop = playing.loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> tuple[smpp34.Server, asyncio.Task[None]]:
        server = smpp34.Server("127.0.0.1", playing.port, system_id="loopback")
        await server.start()
        return server, asyncio.create_task(playing.serve(server))

    async def stop() -> None:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await server.stop()

    server, serving = asyncio.run_coroutine_threadsafe(start(), loop).result(5)
    try:
        yield playing
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


BIND, SUBMIT, DELIVER, ENQUIRE, UNBIND, NACK = 9, 4, 5, 0x15, 6, 0x80000000
RESP = 0x80000000


@dataclass
class Scripted:
    """Speaks SMPP by hand: `answers` maps a command to (status, body), None keeps silent. Others get status 0."""

    answers: dict[int, tuple[int, bytes] | None] = field(default_factory=dict)
    got: list[tuple[int, int, int, bytes]] = field(default_factory=list)  # command, status, sequence, body
    sessions: list[asyncio.StreamWriter] = field(default_factory=list)
    port: int = 0
    most_at_once: int = 0
    at_once: int = 0
    delay: float = 0.0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions.append(writer)
        answering = set()
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                length, command, status, sequence = struct.unpack(">IIII", await reader.readexactly(16))
                body = await reader.readexactly(length - 16)
                self.got.append((command, status, sequence, body))
                if not command & RESP:
                    task = asyncio.create_task(self.answer(writer, command, sequence))
                    answering.add(task)
                    task.add_done_callback(answering.discard)
        writer.close()

    async def answer(self, writer: asyncio.StreamWriter, command: int, sequence: int) -> None:
        if command == SUBMIT:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            await asyncio.sleep(self.delay)
            self.at_once -= 1
        usual = (0, f"s-{sequence}\0".encode() if command == SUBMIT else b"gw\0" if command == BIND else b"")
        if said := self.answers.get(command, usual):
            self.say(writer, command | RESP, sequence, *said)

    def say(
        self, writer: asyncio.StreamWriter, command: int, sequence: int, status: int = 0, body: bytes = b""
    ) -> None:
        writer.write(struct.pack(">IIII", 16 + len(body), command, status, sequence) + body)

    def deliver(self, sequence: int, text: bytes, session: int = -1, **fields: Any) -> None:
        """As the independent library writes it."""
        fields = {"source_addr_ton": 1, "source_addr_npi": 1, **fields}
        made = smpp34.DeliverSm("14155550123", "14155550100", text, sequence_number=sequence, **fields)
        self.sessions[session].write(made.encode())

    def of(self, command: int) -> list[tuple[int, int, int, bytes]]:
        return [each for each in self.got if each[0] == command]


@contextlib.asynccontextmanager
async def scripted(port: int = 0, tls: ssl.SSLContext | None = None, **fields: Any):
    playing = Scripted(**fields)
    server = await asyncio.start_server(playing.talk, "127.0.0.1", port, ssl=tls)
    playing.port = server.sockets[0].getsockname()[1]
    try:
        yield playing
    finally:
        server.close()
        for session in playing.sessions:
            session.close()
        await asyncio.sleep(0)
