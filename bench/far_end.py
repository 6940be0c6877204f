"""python -m bench.far_end: providers of three protocols on loopback, as fast as they can be: they take everything.

Its first line on standard output is its ports, as JSON. It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import struct
import sys

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
# One answer that every adapter reads as a yes with an id in it.
YES = json.dumps(
    {
        "id": "p-1",
        "sid": "SM" + "0" * 32,
        "status": "queued",
        "messages": [{"id": "wamid.1"}],
        "MessageId": "p-1",
    }
).encode()
LAST = b"GET /last "  # asks for the last request that wasn't this one


def _answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Http(asyncio.Protocol):
    """Requests with a Content-Length, one after the other on a connection that is kept."""

    yes = _answer(YES)
    last = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.unread = transport, b""

    def data_received(self, data: bytes) -> None:
        self.unread += data
        while (place := self.unread.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(self.unread, 0, place)
            end = place + 4 + (int(length[1]) if length else 0)
            if len(self.unread) < end:
                return
            request, self.unread = self.unread[:end], self.unread[end:]
            self._take(request)

    def _take(self, request: bytes) -> None:
        if request.startswith(LAST):
            self._write(_answer(json.dumps(base64.b64encode(Http.last).decode()).encode()))
        else:
            Http.last = request
            self._write(self.yes)

    def _write(self, data: bytes) -> None:
        assert isinstance(self.transport, asyncio.WriteTransport)
        self.transport.write(data)


class Smtp(asyncio.Protocol):
    """A mail server without opinions (RFC 5321)."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport, self.unread, self.inside = transport, b"", False
        transport.write(b"220 far.example\r\n")

    def data_received(self, data: bytes) -> None:
        self.unread += data
        while True:
            ends = b"\r\n.\r\n" if self.inside else b"\r\n"
            line, found, rest = self.unread.partition(ends)
            if not found:
                return
            self.unread = rest
            self.transport.write(self._said(line.upper()))

    def _said(self, line: bytes) -> bytes:
        if self.inside:
            self.inside = False
            return b"250 2.0.0 taken\r\n"
        self.inside = line.startswith(b"DATA")
        if self.inside:
            return b"354 go on\r\n"
        return b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 OK\r\n"


class Smpp(asyncio.Protocol):
    """A gateway that answers every request with yes (SMPP 3.4)."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport, self.unread = transport, b""

    def data_received(self, data: bytes) -> None:
        self.unread += data
        said = []
        while len(self.unread) >= 16:
            length, command, _, sequence = struct.unpack_from(">IIII", self.unread)
            if len(self.unread) < length:
                break
            self.unread = self.unread[length:]
            said.append(struct.pack(">IIII", 18, command | 0x80000000, 0, sequence) + b"1\0")
        self.transport.write(b"".join(said))


async def main() -> None:
    loop = asyncio.get_running_loop()
    ports = {}
    for kind in (Http, Smtp, Smpp):
        server = await loop.create_server(kind, "127.0.0.1", 0, backlog=1000)
        ports[kind.__name__.lower()] = server.sockets[0].getsockname()[1]
    print(json.dumps(ports), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
