"""What a report says about providers that know of other opt-outs than we do."""

from datetime import timedelta

import pytest
from django.utils import timezone

from stopline.apps.reports import agreement
from stopline.apps.sending.models import Comparison, ProviderOptOut
from tests import make
from tests.apps.reports.made import asked, table

pytestmark = pytest.mark.django_db
Todo, Done = ProviderOptOut.Todo, ProviderOptOut.Done


@pytest.fixture
def account():
    return make.account()


def opt_out(connection, **fields):
    key = {"account_id": connection.account_id, "connection_id": connection.id, "channel": "sms"}
    ProviderOptOut.objects.create(**key, address=make.phone(), **fields)


def section(account):
    return agreement.section(asked(account, str(timezone.now().date())))


def test_differences_are_as_of_now_and_what_was_settled_is_of_the_range(account):
    connection = make.connection(account)
    now = timezone.now()
    Comparison.objects.create(account=account, connection_id=connection.id, finished_at=now)
    for todo in (Todo.ADD, Todo.OURS_ONLY, Todo.STAYS):
        opt_out(connection, todo=todo)
    for done in (Done.TAKEN, Done.TAKEN, Done.ADDED, Done.REMOVED):
        opt_out(connection, done=done, done_at=now)
    opt_out(connection, done=Done.TAKEN, done_at=now - timedelta(days=2))

    found = section(account)

    [row] = table(found, "provider-disagreement").rows
    assert row[:2] == ["Sandbox", "Sandbox"]
    assert row[3:] == [1, 2, 2, 1, 1]
    assert [(figure.value, figure.good) for figure in found.figures] == [(3, False), (4, None)]


def test_a_connection_that_was_never_compared_says_so(account):
    make.connection(account)

    [row] = table(section(account), "provider-disagreement").rows

    assert row[2:] == ["Not yet", 0, 0, 0, 0, 0]


def test_another_accounts_connections_are_not_there(account):
    opt_out(make.connection(make.account("Elsewhere")), todo=Todo.ADD)

    found = section(account)

    assert (found.tables[0].rows, found.figures[0].value) == ([], 0)
