"""What a report counts of messages."""

from datetime import UTC, datetime, timedelta

import pytest

from stopline.apps.reports import messages
from stopline.rules.words import Channel, MessageKind, MessageState
from tests import make
from tests.apps.reports.made import NOON, asked, message, rows

pytestmark = pytest.mark.django_db
DAY = "2026-05-06"


@pytest.fixture
def account():
    return make.account()


@pytest.fixture
def ada(account):
    return make.contact(account)


def test_each_outcome_has_its_column_and_what_failed_in_the_end_was_not_sent(account, ada):
    outcomes = [
        *(MessageState.SENT, MessageState.DELIVERED, MessageState.DELIVERED, MessageState.READ),
        *(MessageState.UNKNOWN, MessageState.REFUSED, MessageState.QUEUED, MessageState.FAILED),
    ]
    for state in outcomes:
        gone = state in outcomes[:4]
        message(ada, state=state, sent_at=NOON if gone else None)
    message(ada, state=MessageState.FAILED)  # taken, and then reported as failed
    message(ada, kind=MessageKind.INBOUND)

    found = rows(messages.section(asked(account, DAY)), "messages-by-channel")

    assert found["SMS"] == [4, 3, 3 / 4, 1, 2, 1, 1, 1]
    assert found["All channels"] == found["SMS"]


def test_channels_are_counted_apart_and_chat_with_support_is_none(account, ada):
    for channel in (Channel.SMS, Channel.WHATSAPP, Channel.WHATSAPP, Channel.CHAT):
        message(ada, channel=channel)

    found = rows(messages.section(asked(account, DAY)), "messages-by-channel")
    only = rows(messages.section(asked(account, DAY, channel=Channel.SMS)), "messages-by-channel")

    assert {name: row[0] for name, row in found.items()} == {"SMS": 1, "WhatsApp": 2, "All channels": 3}
    assert {name: row[0] for name, row in only.items()} == {"SMS": 1}


def test_a_message_counts_on_the_day_it_is_where_the_account_is(account, ada):
    message(ada, datetime(2026, 5, 6, 21, 59, 59, 999_000, UTC))
    message(ada, datetime(2026, 5, 6, 22, tzinfo=UTC))

    of = asked(account, "2026-05-05", "2026-05-08", zone="Europe/Berlin")
    berlin = rows(messages.section(of), "messages-over-time")
    of = asked(account, "2026-05-05", "2026-05-08", zone="America/New_York")
    new_york = rows(messages.section(of), "messages-over-time")

    assert [row[0] for row in berlin.values()] == [0, 1, 1, 0]
    assert [row[0] for row in new_york.values()] == [0, 2, 0, 0]
    assert list(berlin)[1] == "Wed 6 May 2026"


def test_the_hour_that_comes_twice_is_two_hours(account, ada):
    """On 26 October 2025 Berlin's clocks go from 3:00 back to 2:00 at 1:00 UTC."""
    for minute in (30, 90, 95):
        message(ada, datetime(2025, 10, 26, tzinfo=UTC) + timedelta(minutes=minute))

    found = messages.section(asked(account, "2025-10-26", zone="Europe/Berlin"))

    assert list(found.charts[0].values[:5]) == [0, 0, 1, 2, 0]
    assert found.charts[0].ticks[1:5] == ["01:00", "02:00", "02:00", "03:00"]


def test_what_lies_outside_the_range_is_not_counted(account, ada):
    for hours in (-12.001, -12, 11.999, 12):
        message(ada, NOON + timedelta(hours=hours))

    found = messages.section(asked(account, DAY))

    assert found.charts[0].total == 2


def test_another_accounts_messages_are_not_counted(account, ada):
    message(make.contact(make.account("Elsewhere")))

    found = messages.section(asked(account, DAY))

    assert [chart.total for chart in found.charts] == [0, 0, 0, 0]
    assert found.tables[0].rows == []
