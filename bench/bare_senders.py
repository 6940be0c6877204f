"""python -m bench.bare_senders ADAPTER PORT NUMBER: the same bytes to the same server without Stopline; prints
hand-offs a second.

HTTP: aiohttp posts what the adapter posted. SMTP and SMPP: bytes written to sockets, as many at once as the adapter's.
"""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import sys
import time
from collections.abc import Awaitable, Callable, Iterator

import aiohttp

from bench import senders
from bench.senders import ADAPTERS, LANES, WARM

Way = Callable[[Iterator[int]], Awaitable[None]]


async def over_http(name: str, port: int, number: int) -> float:
    method, path, headers, body = await _recorded(name, port)
    url = f"http://127.0.0.1:{port}{path}"
    connector = aiohttp.TCPConnector(limit=LANES)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def lane(waiting: Iterator[int]) -> None:
            for _ in waiting:
                async with session.request(method, url, data=body, headers=headers) as answer:
                    json.loads(await answer.read())

        return await _timed([lane] * LANES, number)


async def _recorded(name: str, port: int) -> tuple[str, str, dict[str, str], bytes]:
    """The request that the adapter makes of one message."""
    sender, way = senders.sender_of(name, port)
    await senders._lanes(sender, way, iter(range(1)))
    await sender.close()
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/last") as answer:
        head, _, body = base64.b64decode(await answer.json()).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    return method, path, {name: value for name, value in headers.items() if name != "Content-Length"}, body


async def over_smtp(name: str, port: int, number: int) -> float:
    from stopline.providers.email.compose import compose
    from stopline.providers.email.smtp.connections import AT_ONCE

    _, way = senders.sender_of(name, port)
    body = compose(senders.outgoing(way, 0)).as_bytes() + b"\r\n.\r\n"
    steps = (
        b"MAIL FROM:<hello@larkspur.example>\r\n",
        b"RCPT TO:<person-0@example.com>\r\n",
        b"DATA\r\n",
        body,
    )
    lanes = []
    for _ in range(AT_ONCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()

        async def lane(
            waiting: Iterator[int],
            reader: asyncio.StreamReader = reader,
            writer: asyncio.StreamWriter = writer,
        ) -> None:
            for _ in waiting:
                for step in steps:
                    writer.write(step)
                    await reader.readline()

        lanes.append(lane)
    return await _timed(lanes, number)


async def over_smpp(name: str, port: int, number: int) -> float:
    """One session, LANES without an answer at most; the first octets are the adapter's own submit_sm."""
    from stopline.providers.smpp import pdu, terms
    from stopline.providers.smpp.sender import bodies

    _, way = senders.sender_of(name, port)
    (body,) = bodies(senders.outgoing(way, 0), terms.of(way), 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    waiting: dict[int, asyncio.Future[None]] = {}
    loop = asyncio.get_running_loop()

    async def read() -> None:
        while True:
            length, _, _, sequence = struct.unpack(">IIII", await reader.readexactly(16))
            await reader.readexactly(length - 16)
            waiting.pop(sequence).set_result(None)

    sequences = iter(range(1, WARM + number + 1))

    async def lane(numbers: Iterator[int]) -> None:
        for _ in numbers:
            sequence = next(sequences)
            answered = waiting[sequence] = loop.create_future()
            writer.write(struct.pack(">IIII", 16 + len(body), pdu.SUBMIT_SM, 0, sequence) + body)
            await answered

    reading = asyncio.create_task(read())
    try:
        return await _timed([lane] * LANES, number)
    finally:
        reading.cancel()


async def _timed(lanes: list[Way], number: int) -> float:
    await asyncio.gather(*(lane(waiting) for waiting in [iter(range(WARM))] for lane in lanes))
    started = time.perf_counter()
    await asyncio.gather(*(lane(waiting) for waiting in [iter(range(number))] for lane in lanes))
    return number / (time.perf_counter() - started)


OVER = {"http": over_http, "smtp": over_smtp, "smpp": over_smpp}

if __name__ == "__main__":
    senders.set_up()
    adapter, where, number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    print(asyncio.run(OVER[ADAPTERS[adapter].protocol](adapter, where, number)))
