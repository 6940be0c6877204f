"""A removed member hears nothing more, not even the names of what changed."""

import asyncio

import pytest

from stopline.apps.accounts import members
from stopline.doors.live.door import LiveDoor
from tests import make


@pytest.mark.django_db
def test_removing_a_member_ends_their_streams_and_no_others(monkeypatch, django_capture_on_commit_callbacks):
    admin = make.member(make.account())
    agent = make.member(admin.account, "agent")
    door, told = LiveDoor(), {name: asyncio.Queue(9) for name in ("admin", "agent")}
    for name, member in (("admin", admin), ("agent", agent)):
        door.pages[str(member.account_id)].add(told[name])
        door.pages[str(member.user_id)].add(told[name])
    monkeypatch.setattr(
        "stopline.apps.accounts.live.announce_now", lambda key, *topics: door.tell(str(key), list(topics))
    )

    with django_capture_on_commit_callbacks(execute=True):
        members.remove(admin, agent.id)

    assert None in told["agent"]._queue
    assert list(told["admin"]._queue) == ["members", f"member:{agent.id}"]
