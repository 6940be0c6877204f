"""python -m bench.senders ADAPTER PORT NUMBER: hands over through an adapter's Sender; prints hand-offs a second.

A process of its own, as the worker is. It has no database: permits are made here, good for the hand-off, as the gate
makes them for real ones.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import django
from django.conf import settings

from bench.people import phone
from stopline.providers.base import Outgoing, Permit, Sender, Way, clock
from stopline.rules.words import Channel

LANES = 100  # in flight: half of what one connection has at most
WARM = 200  # hand-offs before the clock starts: connections are open then
TEXT = "Your order has left our warehouse and arrives tomorrow between nine and noon."


@dataclass(frozen=True, slots=True)
class Tried:
    """An adapter, and how to point it at a port of the far end."""

    channel: Channel
    protocol: str = "http"
    settings: Mapping[str, Any] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)
    aim: tuple[str, str, str] | None = None  # module (and class), attribute, end of the address


SES = "stopline.providers.email.services.amazon_ses.AmazonSesSender"
RESEND = "stopline.providers.email.services.resend.ResendSender"
ADAPTERS = {
    "sandbox": Tried(Channel.SMS),
    "webhook": Tried(Channel.SMS, credentials={"signing_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}),
    "twilio": Tried(
        Channel.SMS,
        settings={"account_sid": "AC" + "0" * 32, "messaging_service_sid": "MG" + "0" * 32},
        credentials={"auth_token": "token"},
        aim=("stopline.providers.twilio.account", "API", ""),
    ),
    "whatsapp_cloud": Tried(
        Channel.WHATSAPP,
        settings={"phone_number_id": "1", "waba_id": "2"},
        credentials={"access_token": "token", "app_secret": "secret", "verify_token": "token"},
        aim=("stopline.providers.whatsapp_cloud.graph", "GRAPH", ""),
    ),
    "resend": Tried(Channel.EMAIL, credentials={"api_key": "key"}, aim=(RESEND, "api_url", "/")),
    "amazon_ses": Tried(
        Channel.EMAIL,
        settings={"region": "eu-west-1"},
        credentials={"access_key_id": "AKID", "secret_access_key": "secret"},
        aim=(SES, "api_url", "/"),
    ),
    "smtp": Tried(Channel.EMAIL, "smtp", {"host": "127.0.0.1", "security": "none"}),
    "smpp": Tried(
        Channel.SMS,
        "smpp",
        {"host": "127.0.0.1", "system_id": "bench", "window": LANES, "per_second": 10_000},
        {"password": "secret"},
    ),
}


def sender_of(name: str, port: int) -> tuple[Sender, Way]:
    """The adapter's, pointed at the far end."""
    from django.utils.module_loading import import_string  # behind django.setup()

    from stopline.providers.registry import PROVIDERS

    tried, url = ADAPTERS[name], f"http://127.0.0.1:{port}"
    if tried.aim:
        where, attribute, end = tried.aim
        setattr(import_string(where), attribute, url + end)
    os.environ["STOPLINE_SANDBOX_URL"] = url
    found = {**tried.settings, **({"url": f"{url}/messages"} if name == "webhook" else {"port": port})}
    number = "hello@larkspur.example" if tried.channel is Channel.EMAIL else "+14155550100"
    return PROVIDERS[name].sender(), Way(uuid.uuid4(), name, number, found, "token", dict(tried.credentials))


async def hand_over(sender: Sender, way: Way, number: int) -> float:
    """Hand-offs a second."""
    await _lanes(sender, way, iter(range(WARM)))
    started = time.perf_counter()
    await _lanes(sender, way, iter(range(number)))
    return number / (time.perf_counter() - started)


async def _lanes(sender: Sender, way: Way, waiting: Iterator[int]) -> None:
    async def lane() -> None:
        for n in waiting:
            message = outgoing(way, n)
            await sender.send(_permit(message), message)

    async with asyncio.TaskGroup() as lanes:
        for _ in range(LANES):
            lanes.create_task(lane())


def outgoing(way: Way, n: int) -> Outgoing:
    channel = ADAPTERS[way.provider].channel
    by_mail = channel is Channel.EMAIL
    address = f"person-{n}@example.com" if by_mail else phone(n)
    return Outgoing(uuid.uuid4(), channel, address, TEXT, way, "Your order" if by_mail else "")


def _permit(message: Outgoing) -> Permit:
    now = datetime.now(UTC)
    attempt, way = uuid.uuid4(), message.way.id
    return Permit(message.id, attempt, message.channel, message.address, way, now, clock() + 30, lambda: True)


def set_up() -> None:
    """What adapters need of Django (anymail's settings), and leave to reach loopback."""
    os.environ["STOPLINE_PRIVATE_NETWORKS"] = "127.0.0.0/8"
    settings.configure(USE_I18N=False)
    django.setup()


async def _main(name: str, port: int, number: int) -> None:
    sender, way = sender_of(name, port)
    try:
        print(await hand_over(sender, way, number))
    finally:
        await sender.close()


if __name__ == "__main__":
    set_up()
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
