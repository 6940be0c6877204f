"""Numbers as people read them."""

from __future__ import annotations

from stopline.apps.reports.shapes import Unit, Value

NOTHING = "–"


def shown(value: Value, unit: Unit) -> str:
    """1,234; 97.3 %; 48 ms, 1.3 s, 2 min 5 s. A dash where there is nothing to tell."""
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return value
    if unit is Unit.SHARE:
        return f"{value * 100:.1f}\u00a0%"
    return _lasting(value) if unit is Unit.SECONDS else f"{value:,.0f}"


def _lasting(seconds: float) -> str:
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days {hours % 24} h"
