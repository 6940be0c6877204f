"""Numbers of a report as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template

from stopline.apps.reports.shapes import Unit, Value
from stopline.doors.web.reports.figures import shown

register = template.Library()


@register.filter
def figure(value: Value, unit: Unit) -> str:
    return shown(value, unit)


@register.filter
def nth(row: Sequence[Any], place: int) -> Any:
    return row[place]
