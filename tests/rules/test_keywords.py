"""What people write is understood as a reasonable person would understand it. The tables are in `cases`."""

import tomllib
from pathlib import Path

import pytest

from stopline.rules.keywords import ExtraWords, Intent, read

CASES = Path(__file__).parent / "cases"


def told(intent=None):
    for file in sorted(CASES.glob("keywords_*.toml")):
        for case in tomllib.loads(file.read_text())["case"]:
            if intent is None or case["intent"] == intent:
                for text in case["texts"]:
                    yield pytest.param(case, text, id=f"{case['intent']}: {text[:40]!r}")


@pytest.mark.parametrize(("case", "text"), list(told()))
def test_a_message_means_what_the_tables_say(case, text):
    reading = read(text, case["channel"], case.get("hint"))

    assert reading.intent == case["intent"], f"{case['because']}, not {reading}"
