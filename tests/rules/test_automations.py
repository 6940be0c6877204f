import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.rules import keywords
from stopline.rules.automations import MOST, AutomationKind, may_answer

NOW = datetime(2026, 5, 4, 14, 2, tzinfo=UTC)
CASES = tomllib.loads((Path(__file__).parent / "cases/automations.toml").read_text())["case"]


def minutes_ago(minutes):
    return NOW - timedelta(minutes=minutes)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_one_more_answer_is_decided_as_the_table_says(case):
    given = case["given"]
    before = [(kind, minutes_ago(at)) for kind in AutomationKind for at in given.get(kind.value, [])]
    attended_at = minutes_ago(given["attended"]) if "attended" in given else None

    assert may_answer(AutomationKind(given["kind"]), before, NOW, attended_at=attended_at) is case["then"]


@given(st.lists(st.tuples(st.sampled_from(AutomationKind), st.integers(1, 3600)), max_size=200))
def test_no_sequence_of_messages_gets_more_answers_than_the_limits(arrivals):
    """Whatever a machine writes, and how fast: played through second by second."""
    now, answered = NOW, []
    for kind, seconds in arrivals:
        now += timedelta(seconds=seconds)
        if may_answer(kind, answered, now):
            answered.append((kind, now))

    for span, most in MOST:
        for _, end in answered:
            assert sum(end - span < at <= end for _, at in answered) <= most


@pytest.mark.parametrize(
    ("text", "channel", "found"),
    [
        ("RIDE", "sms", "ride"),
        (" Ride! ", "sms", "ride"),
        ("ride please", "sms", "ride"),
        ("Horários", "sms", "horarios"),
        ("opening hours?", "whatsapp", "Opening hours"),
        ("I want a ride", "sms", None),
        ("rides", "sms", None),
        ("", "sms", None),
        ("Ride\n\nOn Monday, 4 May 2026, Larkspur wrote:\n> Write RIDE to join", "email", "ride"),
    ],
)
def test_a_keyword_is_the_whole_message_read_as_stop_is(text, channel, found):
    assert keywords.whole(text, channel, ["ride", "horarios", "Opening hours"]) == found
