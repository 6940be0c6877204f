"""What a report counts of the ledger."""

from datetime import timedelta

import pytest

from stopline.apps.consent import subscription
from stopline.apps.reports import standings
from stopline.rules.words import Source
from tests import make
from tests.apps.reports.made import NOON, asked, rows, stop, table

pytestmark = pytest.mark.django_db
DAY = "2026-05-06"


@pytest.fixture
def account():
    return make.account()


def test_unsubscribes_are_counted_by_source_and_by_reason(account):
    for _ in range(2):
        stop(make.contact(account), NOON, reason="Asked to stop by message.")
    stop(make.contact(account), NOON, source=Source.ADMIN)

    found = standings.section(asked(account, DAY))

    assert table(found, "unsubscribed-by-source").rows == [
        ["Replied by message", 2, 2 / 3],
        ["Changed by an admin", 1, 1 / 3],
    ]
    assert table(found, "unsubscribed-by-reason").rows == [
        ["Replied by message", "Asked to stop by message.", 2],
        ["Changed by an admin", "None given", 1],
    ]
    assert list(found.charts[2].labels) == ["Replied by message", "Changed by an admin"]


def test_those_who_come_back_are_counted_beside_those_who_leave(account):
    ada = make.contact(account, email="ada@example.com")
    stop(ada, NOON)
    stop(ada, NOON, channel="email")
    subscription.resubscribe(
        account.id,
        [("sms", ada.phone)],
        source=Source.KEYWORD,
        actor=subscription.Actor.person(ada.phone),
        reason="",
        evidence={},
        at=NOON + timedelta(days=1),
    )

    found = standings.section(asked(account, DAY, "2026-05-09"))

    assert rows(found, "subscriptions-by-channel") == {
        "SMS": [1, 1, 0],
        "E-mail": [0, 1, -1],
        "All channels": [1, 2, -1],
    }
    assert [row[1:] for row in table(found, "subscriptions-over-time").rows] == [
        *([0, 2, -2], [1, 0, 1], [0, 0, 0], [0, 0, 0]),
    ]


def test_an_opt_out_told_of_days_later_counts_when_it_happened(account):
    stop(make.contact(account), NOON - timedelta(days=30), source=Source.PROVIDER)

    found = standings.section(asked(account, "2026-04-06"))

    assert found.charts[0].total == 1


def test_a_new_contact_and_another_accounts_ledger_are_not_counted(account):
    make.contact(account)
    stop(make.contact(make.account("Elsewhere")), NOON)

    found = standings.section(asked(account, DAY))

    assert [chart.total for chart in found.charts[:2]] == [0, 0]
    assert all(not each.rows for each in found.tables if "over-time" not in each.name)
