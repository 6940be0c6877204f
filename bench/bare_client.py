"""The limit of handing over: a bare asynchronous client posting the same payloads to the same endpoint.

python -m bench.bare_client URL TOKEN NUMBER: a process of its own, as the worker is.
"""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from collections.abc import Iterator

import aiohttp
import orjson

from bench.handover import IN_FLIGHT, TEXT
from bench.people import phone


async def post(url: str, token: str, number: int) -> None:
    fixed = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    waiting = iter(range(number))
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as lanes:
        for _ in range(IN_FLIGHT):
            lanes.create_task(_lane(session, url, fixed, waiting))


async def _lane(
    session: aiohttp.ClientSession, url: str, fixed: dict[str, str], waiting: Iterator[int]
) -> None:
    for n in waiting:
        payload = {"id": str(uuid.uuid4()), "channel": "sms", "from": "", "to": phone(n), "text": TEXT}
        headers = {**fixed, "Stopline-Handoff-Started": str(time.time_ns())}
        async with session.post(url, data=orjson.dumps(payload), headers=headers) as answer:
            assert answer.status == 202, answer.status
            orjson.loads(await answer.read())


if __name__ == "__main__":
    asyncio.run(post(sys.argv[1], sys.argv[2], int(sys.argv[3])))
