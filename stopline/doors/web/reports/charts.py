"""Charts, drawn by pygal on the server as SVG inside the page.

pygal places the shapes. How they look is our style sheet's (components/chart.css), so that they follow the theme; its
own styles, scripts and comments are left out, which the Content-Security-Policy would refuse. A chart has one series
and its heading names it, so nothing is told by colour; a bar says its number when it is pointed at.
"""

from __future__ import annotations

import sys
from math import floor, log10
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import pygal
from django.utils.safestring import SafeString, mark_safe
from pygal.style import Style

from stopline.apps.reports.shapes import Chart, Unit
from stopline.doors.web.reports.figures import shown

# pygal hangs a finder for its map plugins into every import of the process, in a protocol that Python 3.12 has given up
# and pytest's imports fail at. There are no maps here.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]

WIDTH, HEIGHT = 280, 130
LINE = 26  # height of a bar that lies
LABELS = 4  # at most so many on the axis of time
SHARED: dict[str, Any] = {
    "width": WIDTH,
    # For the room that letters take; the style sheet has the same sizes.
    "style": Style(
        font_family="sans-serif", label_font_size=12, major_label_font_size=12, value_font_size=12
    ),
    "show_legend": False,
    "js": (),
    "margin": 4,
    "spacing": 4,
    "no_prefix": True,
    "truncate_label": -1,
}


def drawn(chart: Chart) -> SafeString:
    """The drawing, or nothing where there is nothing to draw."""
    if not any(chart.values):
        return SafeString()
    root = (_across(chart) if chart.across else _upright(chart)).render_tree()
    _leave_out(root)
    _name_bars(root, chart)
    root.attrib.pop("id", None)
    root.attrib |= {"class": "chart__drawing", "role": "img", "aria-label": told(chart)}
    # Written by an XML library, which escapes every word in it.
    return mark_safe(tostring(root, encoding="unicode"))  # noqa: S308


def told(chart: Chart) -> str:
    """What there is to see, for those who can't; the table below has every number."""
    most = max(chart.values)
    where = chart.labels[list(chart.values).index(most)]
    bars = f"{len(chart.values)} bar{'' if len(chart.values) == 1 else 's'}"
    return f"{chart.title}, {bars}; the longest is {where} with {shown(most, chart.unit)}"


def _upright(chart: Chart) -> pygal.Bar:
    top = _ceiling(max(chart.values), chart.unit)
    bars = pygal.Bar(
        height=HEIGHT,
        x_labels_major_every=max(1, -(-len(chart.labels) // LABELS)),
        show_minor_x_labels=False,
        range=(0, top),
        value_formatter=lambda value: shown(value, chart.unit),
        **SHARED,
    )
    bars.x_labels = list(chart.ticks)
    bars.y_labels = [0, top / 2, top] if chart.unit is Unit.SECONDS or top % 2 == 0 else [0, top]
    bars.add(chart.title, list(chart.values))
    return bars


def _across(chart: Chart) -> pygal.HorizontalBar:
    bars = pygal.HorizontalBar(
        height=len(chart.values) * LINE + 16,
        show_x_labels=False,
        print_values=True,
        print_values_position="top",
        value_formatter=lambda value: shown(value, chart.unit),
        range=(0, max(chart.values) * 1.2),  # the longest bar leaves room for its number
        **SHARED,
    )
    # It begins at the bottom.
    bars.x_labels = list(reversed(chart.labels))
    bars.add(chart.title, list(reversed(chart.values)))
    return bars


def _ceiling(most: float, unit: Unit) -> float:
    """The next of 1, 2, 4, 6, 10, 20, 40 … from which an axis is easily read."""
    size = 10 ** floor(log10(most))
    top = next(step * size for step in (1, 2, 4, 6, 10) if step * size >= most)
    return top if unit is Unit.SECONDS else max(1, round(top))


def _leave_out(node: Element) -> None:
    """What only pygal's own script and style would use, and its comments (whose tag is no text)."""
    for child in list(node):
        tag: object = child.tag
        if tag not in ("g", "rect", "path", "text") or "tooltip-overlay" in child.get("class", ""):
            node.remove(child)
        else:
            child.attrib.pop("style", None)
            _leave_out(child)


def _name_bars(root: Element, chart: Chart) -> None:
    named = list(zip(chart.labels, chart.values, strict=True))
    bars = [node for node in root.iter() if node.get("class") == "bar"]
    for bar, (label, value) in zip(bars, reversed(named) if chart.across else named, strict=True):
        SubElement(bar, "title").text = f"{label}: {shown(value, chart.unit)}"
