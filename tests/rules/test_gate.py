import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.rules.gate import CONFIRMATION_WINDOW, Facts, judge
from stopline.rules.words import CONSENT_CHANNELS, Channel, MessageKind, Refusal, Standing

NOW = datetime(2026, 5, 3, 14, 2, tzinfo=UTC)
IN_FORCE = UUID(int=1)
EARLIER = UUID(int=2)
CASES = tomllib.loads((Path(__file__).parent / "cases/gate.toml").read_text())["case"]
OUTBOUND = [kind for kind in MessageKind if kind is not MessageKind.INBOUND]


def facts(
    kind,
    standing,
    since=None,
    held=False,
    confirms=None,
    written=0,
    channel="sms",
    opens=None,
    had=0,
    cap=None,
):
    return Facts(
        channel=Channel(channel),
        kind=MessageKind(kind),
        standing=Standing(standing),
        now=NOW,
        entry_id=IN_FORCE if since is not None else None,
        standing_since=NOW - timedelta(minutes=since) if since is not None else None,
        held=held,
        caused_by={None: None, True: IN_FORCE, False: EARLIER}[confirms],
        written_at=NOW - timedelta(minutes=written),
        opens=NOW + timedelta(minutes=opens) if opens is not None else None,
        had=had,
        cap=cap,
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_gate_decides_as_the_table_says(case):
    verdict = judge(facts(**case["given"]))

    assert (verdict.reason.value if verdict.reason else "allowed") == case["then"]
    assert verdict.allowed == (case["then"] == "allowed")


def test_what_comes_outside_its_hours_may_be_judged_again_when_they_begin_and_nothing_else_may():
    asleep = facts("broadcast", "subscribed", opens=480)

    assert judge(asleep).until == asleep.opens
    assert judge(facts("broadcast", "unsubscribed", since=10, opens=480)).until is None
    assert judge(facts("broadcast", "subscribed", had=3, cap=3, opens=480)).until is None


def test_a_refusal_names_the_deciding_entry_and_when_it_looked():
    verdict = judge(facts("reply", "unsubscribed", since=10))

    assert (verdict.entry_id, verdict.checked_at) == (IN_FORCE, NOW)


@given(
    kind=st.sampled_from(OUTBOUND),
    channel=st.sampled_from(CONSENT_CHANNELS),
    age=st.timedeltas(timedelta(0), timedelta(days=400)),
    written=st.timedeltas(timedelta(0), timedelta(days=400)),
    held=st.booleans(),
    confirms=st.sampled_from([None, IN_FORCE, EARLIER]),
)
def test_an_unsubscribed_address_gets_nothing_but_what_is_owed_to_it_within_five_minutes(
    kind, channel, age, written, held, confirms
):
    verdict = judge(
        Facts(channel, kind, Standing.UNSUBSCRIBED, NOW, IN_FORCE, NOW - age, held, confirms, NOW - written)
    )

    owed_confirmation = (
        kind is MessageKind.OPT_OUT_CONFIRMATION and confirms == IN_FORCE and age <= CONFIRMATION_WINDOW
    )
    owed_help = kind is MessageKind.HELP and written <= CONFIRMATION_WINDOW
    assert verdict.allowed == (owed_confirmation or owed_help)


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_says_what_to_do_next(refusal):
    assert len(refusal.label.split(". ")) >= 2
