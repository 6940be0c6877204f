"""How many people unsubscribed because of a broadcast."""

from datetime import timedelta

import pytest

from stopline.apps.broadcasts.models import Broadcast
from stopline.apps.reports import broadcasts
from stopline.rules.words import Channel, MessageKind, MessageState, Source
from tests import make
from tests.apps.reports.made import NOON, asked, message, stop, table

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def account():
    return make.account()


@pytest.fixture
def people(account):
    return [make.contact(account, email=f"ada{number}@example.com") for number in range(4)]


def sent(account, people, at=NOON, name="Spring", **fields):
    made = Broadcast.objects.create(account=account, name=name, state="done", started_at=at)
    for each in people:
        message(each, at, broadcast_id=made.id, kind=MessageKind.BROADCAST, **fields)
    return made


def rows(account, first="2026-05-06", last="2026-05-09", **more):
    return table(
        broadcasts.section(asked(account, first, last, **more)), "unsubscribe-rate-by-broadcast"
    ).rows


def test_the_rate_is_of_the_messages_that_left(account, people):
    made = sent(account, people)
    message(people[0], broadcast_id=made.id, state=MessageState.REFUSED, sent_at=None)
    stop(people[0], NOON + DAY)

    assert rows(account) == [["Spring", "6 May 2026 12:00", 4, 4, 1, 1 / 4]]


def test_who_was_unsubscribed_by_others_elsewhere_earlier_or_much_later_did_not_answer_it(account, people):
    sent(account, people)
    stop(people[0], NOON + DAY, source=Source.ADMIN)
    stop(people[1], NOON + DAY, channel=Channel.EMAIL)
    stop(people[2], NOON - DAY)
    stop(people[3], NOON + 4 * DAY)

    assert [row[4] for row in rows(account)] == [0]


def test_who_got_two_answers_the_last(account, people):
    sent(account, people)
    sent(account, people, NOON + DAY, name="Summer")
    stop(people[0], NOON + DAY + timedelta(hours=1))

    assert [(row[0], row[4]) for row in rows(account)] == [("Summer", 1), ("Spring", 0)]


def test_only_what_began_in_the_range_and_left_on_the_channel_is_shown(account, people):
    sent(account, people)

    assert rows(account, "2026-05-07") == []
    assert rows(account, channel=Channel.EMAIL) == [["Spring", "6 May 2026 12:00", 0, 0, 0, None]]


def test_a_draft_and_another_accounts_broadcast_are_not_there(account, people):
    elsewhere = make.account("Elsewhere")
    sent(elsewhere, [make.contact(elsewhere)])
    Broadcast.objects.create(account=account, name="Draft")

    assert rows(account) == []


def test_long_names_are_cut_beside_the_bars_and_whole_in_the_table(account, people):
    sent(account, people, name="A name that is much longer than a bar is")
    stop(people[0], NOON + DAY)

    found = broadcasts.section(asked(account, "2026-05-06"))

    assert found.charts[0].labels == ["A name that is much l…"]
    assert found.charts[0].values == [1 / 4]
    assert found.tables[0].rows[0][0] == "A name that is much longer than a bar is"
