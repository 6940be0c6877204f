"""The permit on the wire's edge."""

import asyncio
import itertools
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from stopline.providers import http
from stopline.providers.base import Permit, clock
from stopline.providers.errors import PermitLapsed
from stopline.rules.words import Channel
from tests import loopback


def permit(*, looks):
    """Good for so many looks."""
    seen = itertools.count(1)
    return Permit(
        message_id=uuid4(),
        attempt_id=uuid4(),
        channel=Channel.SMS,
        address="+12025550100",
        checked_at=datetime.now(UTC),
        deadline=clock() + 60,
        locked=lambda: next(seen) <= looks,
    )


async def hand_off(url, *permits):
    """One after the other over the same client."""
    async with http.client(anywhere=True) as session:
        found = []
        for each in permits:
            try:
                found.append((await http.hand_off(session, each, url, {"id": "x"}, {})).status)
            except PermitLapsed as lapsed:
                found.append(lapsed)
    return found


@pytest.mark.parametrize("looks", [0, 1])
def test_a_permit_that_lapses_before_the_first_byte_lets_nothing_leave(looks):
    """Also between the moment a connection is in hand and the one in which aiohttp writes: another task by then."""
    with loopback.provider() as provider:
        url = f"{provider.url}/messages"
        first, second, third = asyncio.run(
            hand_off(url, permit(looks=9), permit(looks=looks), permit(looks=9))
        )

    assert isinstance(second, PermitLapsed)
    assert first == third != second
    assert len(provider.got) == 2
