import pytest

from stopline.apps.inbox import receive
from stopline.apps.sending.models import Message
from tests import make

PHONE = "+14155550123"


@pytest.fixture
def account(db):
    return make.account(
        resumed_text="You are in.", confirmation_text="You are out.", time_zone="Europe/Paris"
    )


@pytest.fixture
def connection(account):
    return make.connection(account)


@pytest.fixture
def admin(account):
    return make.member(account)


@pytest.fixture
def write(connection):
    """As the person, through a connection that is read anew, as the doors do."""

    def say(text, **fields):
        connection.account.refresh_from_db()
        return receive.take(connection, make.received(text, **{"sender": PHONE, **fields}))

    return say


@pytest.fixture
def answers(account):
    """What was queued for people, oldest first."""

    def texts():
        queued = Message.objects.filter(account=account, state="queued").order_by("id")
        return list(queued.values_list("kind", "text"))

    return texts
