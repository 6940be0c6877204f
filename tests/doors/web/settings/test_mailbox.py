"""The mailbox of a connection is shown where the mail door is open, to admins alone."""

import pytest

from stopline.apps.sending import mailboxes
from tests import make


@pytest.fixture
def connection(account):
    return make.connection(account, provider="smtp", channels=["email"], sender="hello@larkspur.example")


def test_an_admin_sees_it_where_there_is_a_mail_door(admin, agent, connection, settings):
    settings.MAIL_DOOR = True

    assert mailboxes.own(connection) in admin.get("/settings/channels/").content.decode()
    assert mailboxes.own(connection) not in agent.get("/settings/channels/").content.decode()


def test_without_a_mail_door_there_is_none(admin, connection, settings):
    settings.MAIL_DOOR = False

    assert mailboxes.own(connection) not in admin.get("/settings/channels/").content.decode()
