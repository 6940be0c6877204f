"""Cells can't become formulas, and come back as they went."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.apps.contacts import csv_cells


@pytest.mark.parametrize(
    "text",
    ["=1+1", '=HYPERLINK("x")', "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1", "+1 (415)"],
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert csv_cells.neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["+14155550123", "-5", "-5.25", "Jo", "a=b", "'quoted'", ""])
def test_phone_numbers_plain_numbers_and_words_stay_as_they_are(text):
    assert csv_cells.neutral(text) == text


@given(st.text(alphabet="'=+-@\t\ra1.") | st.text())
def test_every_cell_comes_back_as_it_went(text):
    assert csv_cells.restored(csv_cells.neutral(text)) == text


@given(st.lists(st.text(alphabet='a;" b', min_size=1).map(str.strip).filter(bool), unique=True))
def test_names_in_one_cell_come_back_as_they_went(names):
    assert csv_cells.split(csv_cells.joined(names)) == names


@pytest.mark.parametrize(
    "cell",
    [
        "yes",
        "TRUE",
        " 1 ",
        "x",
        "Unsubscribed",
        "STOP",
        "opted-out",
        "Opt Out",
        "Sí",
        "ja",
        "oui",
        "✓",
        "pending",
        "2024-05-03 10:00",
        "03/05/2024",
        "désabonné",
        "do not contact",
    ],
)
def test_words_and_dates_that_say_unsubscribed(cell):
    assert csv_cells.says_unsubscribed(cell) is True


@pytest.mark.parametrize(
    "cell", ["", " ", "no", "FALSE", "0", "subscribed", "-", "nein", "não", "0000-00-00", "Active"]
)
def test_words_that_say_nobody_unsubscribed(cell):
    assert csv_cells.says_unsubscribed(cell) is False


@pytest.mark.parametrize("cell", ["maybe", "2", "SMS", "jo@example.com"])
def test_what_says_neither_is_not_guessed(cell):
    assert csv_cells.says_unsubscribed(cell) is None
