import asyncio

import pytest
from psycopg_pool import AsyncConnectionPool

from stopline.apps.accounts import live
from stopline.apps.broadcasts import broadcast as broadcasts
from stopline.apps.broadcasts import composing, lookup, running, writing
from stopline.apps.sending.handover import Handover
from tests import loopback, make


@pytest.fixture
def provider(monkeypatch):
    with loopback.provider() as playing:
        monkeypatch.setenv("STOPLINE_SANDBOX_URL", playing.url)
        yield playing


@pytest.fixture
def account():
    made = make.account(time_zone="America/New_York")
    make.connection(made)
    return made


@pytest.fixture
def admin(account):
    return make.member(account)


def draft(member, text="Hello {{ first_name }}", *, channels=("sms",), include=({},), **values):
    """A broadcast to everybody that is ready to be sent; service, so that no hour of the day keeps it back."""
    made = broadcasts.create(member, "Spring")
    values = {"purpose": "service", "channels": channels, "include": list(include), **values}
    broadcasts.change(made, **values)
    for channel in channels:
        composing.write(made, channel, text=text, subject="News" if channel == "email" else "")
    return lookup.find(member.account_id, made.id)


def sent(member, text="Hello {{ first_name }}", **values):
    """A broadcast whose messages are written."""
    made = draft(member, text, **values)
    broadcasts.send(member, made)
    writing.run(member.account_id, made.id)
    return fresh(made)


def fresh(broadcast):
    return lookup.find(broadcast.account_id, broadcast.id)


def in_worker(work):
    """Runs `work(handover)` as a worker does."""

    async def worker():
        async with AsyncConnectionPool(
            kwargs=live.connection_parameters(), min_size=1, max_size=4, open=False
        ) as pool:
            handover = Handover(pool)
            try:
                return await work(handover)
            finally:
                await handover.close()

    return asyncio.run(worker())


def hand_over(batches=20, claim="claim_stream"):
    """What a worker does until nothing is due any more; the sizes of its batches."""

    async def work(handover):
        sizes = []
        while len(sizes) < batches and (claimed := await getattr(handover, claim)()):
            await handover.hand_over(claimed)
            sizes.append(len(claimed))
        return sizes

    return in_worker(work)


def course(broadcast):
    """Written, handed over and looked after."""
    writing.run(broadcast.account_id, broadcast.id)
    hand_over()
    running.look()
    return fresh(broadcast)
