from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from stopline.rules.ledger import Difference, Stand, compare, replay
from stopline.rules.words import Standing

KEY = ("account", "sms", "+14155550123")
keys = st.tuples(st.just("account"), st.sampled_from(["sms", "email"]), st.sampled_from(["a", "b", "c"]))
stands = st.builds(Stand, st.sampled_from(Standing), st.uuids())


def test_the_last_entry_of_an_address_decides():
    first, last = Stand(Standing.UNSUBSCRIBED, UUID(int=1)), Stand(Standing.SUBSCRIBED, UUID(int=2))

    assert replay([(KEY, first), (KEY, last)]) == {KEY: last}


def test_a_row_nobody_decided_about_is_the_default_and_no_difference():
    assert compare({}, {KEY: Stand()}) == []


def test_an_unsubscribe_missing_from_the_projection_is_a_difference():
    stopped = Stand(Standing.UNSUBSCRIBED, UUID(int=1))

    assert compare({KEY: stopped}, {}) == [Difference(KEY, stopped, Stand())]


def test_an_unsubscribe_the_ledger_does_not_know_is_a_difference():
    stopped = Stand(Standing.UNSUBSCRIBED, UUID(int=1))

    assert compare({}, {KEY: stopped}) == [Difference(KEY, Stand(), stopped)]


@given(st.lists(st.tuples(keys, stands)))
def test_a_replayed_ledger_agrees_with_itself_and_with_nothing_else(entries):
    rebuilt = replay(entries)

    assert compare(rebuilt, rebuilt) == []
    assert len(compare(rebuilt, {})) == sum(stand != Stand() for stand in rebuilt.values())
