import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stopline.rules.window import Window
from stopline.rules.words import MessageKind

NOW = datetime(2026, 5, 3, 14, 2, tzinfo=UTC)
CASES = tomllib.loads((Path(__file__).parent / "cases/window.toml").read_text())["case"]


def window(given):
    hours, wrote = given.get("hours", 24), given.get("wrote")
    return Window(
        timedelta(hours=hours) if hours else None,
        None if wrote is None else NOW - timedelta(hours=wrote),
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_window_decides_as_the_table_says(case):
    given = case["given"]
    kind = MessageKind(given.get("kind", "reply"))

    assert window(given).takes(kind, template=given.get("template", False), now=NOW) is case["then"]


def test_it_says_until_when_it_is_open():
    assert window({"wrote": 20}).open_until == NOW + timedelta(hours=4)
    assert window({}).open_until is None
    assert window({"wrote": 20, "hours": 0}).open_until is None
