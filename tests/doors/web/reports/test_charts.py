"""Charts: what is drawn can be read without colour, script and style of its own."""

import sys
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.apps.reports.shapes import Chart, Unit
from stopline.doors.web.reports.charts import drawn
from stopline.doors.web.reports.figures import shown

SVG = "{http://www.w3.org/2000/svg}"
DAYS = ("Mon 4 May 2026", "Tue 5 May 2026", "Wed 6 May 2026")
SENT = Chart("Sent", DAYS, (3, 0, 1234), ticks=("4 May", "5 May", "6 May"))
SOURCES = Chart("By source", ("Replied by message", "<Bounced> & gone"), (7, 2), across=True)


def parts(chart):
    return list(fromstring(drawn(chart)).iter())


def words(chart, tag="text"):
    return [node.text for node in parts(chart) if node.tag == SVG + tag]


@pytest.mark.parametrize("chart", [SENT, SOURCES], ids=["upright", "across"])
def test_nothing_is_left_that_the_content_security_policy_would_refuse(chart):
    for node in parts(chart):
        assert node.tag in {SVG + tag for tag in ("svg", "g", "rect", "path", "text", "title")}
        assert not {name for name in node.attrib if name == "style" or name.startswith("on")}
        assert node.get("id") is None  # several charts share a page


def test_a_chart_says_what_it_shows_and_each_bar_its_number():
    root = fromstring(drawn(SENT))

    assert root.get("role") == "img"
    assert root.get("aria-label") == "Sent, 3 bars; the longest is Wed 6 May 2026 with 1,234"
    assert words(SENT, "title") == ["Mon 4 May 2026: 3", "Tue 5 May 2026: 0", "Wed 6 May 2026: 1,234"]


def test_the_axes_are_labelled_in_round_numbers():
    assert words(SENT) == ["0", "1,000", "2,000", "4 May", "5 May", "6 May"]
    assert words(Chart("Failed", DAYS, (0, 1, 0), ticks=DAYS))[:2] == ["0", "1"]
    slowest = Chart("Longest", DAYS, (0.0, 0.0045, 0.0), Unit.SECONDS, ticks=DAYS)
    assert words(slowest)[:3] == ["0 ms", "3 ms", "6 ms"]


def test_many_steps_have_few_labels():
    days = [f"{number} May" for number in range(1, 91)]

    assert len(words(Chart("Sent", days, [1] * 90, ticks=days))) <= 4 + 2


def test_lying_bars_have_label_and_number_beside_them_the_most_on_top():
    label, number = words(SOURCES)[:2], words(SOURCES)[2:]

    assert (label, number) == (["<Bounced> & gone", "Replied by message"], ["2", "7"])
    assert words(SOURCES, "title")[-1] == "Replied by message: 7"
    assert "<Bounced>" not in drawn(SOURCES)


def test_the_librarys_hook_is_out_of_every_import():
    assert all(hasattr(finder, "find_spec") for finder in sys.meta_path)


def test_nothing_is_drawn_of_nothing():
    assert drawn(Chart("Sent", DAYS, (0, 0, 0), ticks=DAYS)) == ""
    assert drawn(Chart("By source", (), (), across=True)) == ""


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=60), st.sampled_from(Unit))
def test_any_numbers_are_drawn_inside_the_frame(values, unit):
    names = [str(number) for number in range(len(values))]
    if drawing := drawn(Chart("Any", names, values, unit, ticks=names)):
        bars = [
            node for node in fromstring(drawing).iter() if node.get("class", "").startswith("rect reactive")
        ]
        assert len(bars) == len(values)
        assert all(-0.01 <= float(bar.attrib["y"]) <= 130 for bar in bars)
        assert all(0 <= float(bar.attrib["height"]) <= 130 for bar in bars)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (None, Unit.COUNT, "–"),
        ("SMS", Unit.TEXT, "SMS"),
        (1234567, Unit.COUNT, "1,234,567"),
        (0.9868, Unit.SHARE, "98.7\u00a0%"),
        (0.0042, Unit.SECONDS, "4 ms"),
        (0.9996, Unit.SECONDS, "1.0 s"),
        (12.34, Unit.SECONDS, "12.3 s"),
        (59.97, Unit.SECONDS, "1 min 0 s"),
        (125.4, Unit.SECONDS, "2 min 5 s"),
        (7 * 3600 + 61, Unit.SECONDS, "7 h 1 min"),
        (50 * 3600, Unit.SECONDS, "2 days 2 h"),
    ],
)
def test_numbers_are_shown_as_people_read_them(value, unit, said):
    assert shown(value, unit) == said
