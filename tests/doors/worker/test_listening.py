"""Lines to providers that are listened to: opened for connections in use, and what is heard counts as any message."""

import asyncio
import contextlib
from functools import cache

import pytest
from django.db import connection as database

from stopline.apps.consent.models import Subscription
from stopline.apps.sending import credentials, listening
from stopline.apps.sending.models import Connection, Message
from stopline.doors.worker import listening as worker
from stopline.providers.registry import PROVIDERS
from stopline.rules.words import Standing
from tests import make
from tests.providers.smpp.smsc import BIND, DELIVER, RESP, scripted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def loopback_is_reachable(monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")
    monkeypatch.setattr(worker, "in_thread", in_thread)


async def in_thread(verb, *arguments, **named):
    """Leaves no connection behind that would keep the test's database from being dropped."""

    def work():
        try:
            return verb(*arguments, **named)
        finally:
            database.close()

    return await asyncio.to_thread(work)


@pytest.fixture
def connection():
    return make.connection(
        make.account(),
        provider="smpp",
        channels=["sms"],
        settings={"host": "127.0.0.1", "system_id": "stopline"},
        credentials=credentials.encrypt({"password": "s3cr3t-8"}),
    )


def change(connection, **fields):
    Connection.ever.filter(id=connection.id).update(**fields)


@contextlib.asynccontextmanager
async def lines():
    sender = cache(lambda provider: PROVIDERS[provider].sender())
    found = worker.Listening(sender)
    try:
        yield found
    finally:
        await found.close()
        await sender("smpp").close()


async def until(true):
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 (what is waited for is not ours to announce)
            await asyncio.sleep(0.01)


def settings(connection, far):
    return {**connection.settings, "port": far.port}


def test_a_stop_that_is_heard_is_in_force_when_it_is_answered(connection):
    async def work():
        async with scripted() as far, lines() as found:
            await in_thread(change, connection, settings=settings(connection, far))
            await found.look()
            await until(lambda: far.of(BIND))
            await asyncio.sleep(0.05)
            far.deliver(1, b"STOP")
            await until(lambda: far.of(DELIVER | RESP))
            return far.of(DELIVER | RESP)[0][1]

    assert asyncio.run(work()) == 0
    assert Message.objects.get(kind="inbound").text == "STOP"
    assert Subscription.objects.get(channel="sms", address="+14155550123").standing == Standing.UNSUBSCRIBED


def test_a_line_follows_its_connection(connection):
    async def work():
        async with scripted() as far, lines() as found:
            await in_thread(change, connection, settings=settings(connection, far))
            await found.look()
            await until(lambda: len(far.of(BIND)) == 1)
            await found.look()  # nothing has changed
            changed = {**settings(connection, far), "system_id": "other"}
            await in_thread(change, connection, settings=changed)
            await found.look()
            await until(lambda: len(far.of(BIND)) == 2)
            await in_thread(change, connection, state="removed")
            await found.look()
            return found.lines, [each[3].partition(b"\0")[0] for each in far.of(BIND)]

    left, names = asyncio.run(work())
    assert not left and names == [b"stopline", b"other"]


def test_a_wrong_password_pauses_the_connection_and_nobody_signs_in_again(connection):
    async def work():
        async with scripted(answers={BIND: (0x0E, b"")}) as far, lines() as found:
            await in_thread(change, connection, settings=settings(connection, far))
            await found.look()
            await until(found.lines[connection.id][1].done)
            await found.look()
            await asyncio.sleep(0.1)
            return len(far.of(BIND))

    assert asyncio.run(work()) == 1
    connection.refresh_from_db()
    assert connection.state == "paused" and "password" in connection.paused_because


def test_a_persons_pause_goes_on_listening(connection):
    change(connection, state="paused", paused_because="")

    assert [way.id for way in listening.ways()] == [connection.id]


def test_a_connection_whose_key_is_gone_is_left_alone(connection):
    change(connection, credentials="gone")

    assert listening.ways() == []
