"""Custom fields: what people type becomes text, a number or an ISO date, and back."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from stopline.apps.contacts.models import CustomField
from stopline.rules.errors import InvalidInput

NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,10})?")
# 1,234 is a thousand in London and one and a quarter in Berlin: a guess would be wrong by a factor of 1,000.
AMBIGUOUS = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")
DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})([T ].*)?")
LONGEST = 1000  # characters


def read(field: CustomField, text: str) -> Any:
    """The value as `Contact.custom` keeps it: text, int or float, or "2026-05-03". Raises InvalidInput."""
    return READERS[CustomField.Kind(field.kind)](field.label, text.strip())


def show(value: Any) -> str:
    """The value as people write it; `read` takes it back."""
    if isinstance(value, float):
        plain = format(Decimal(repr(value)), "f")
        return f"{plain}0" if AMBIGUOUS.fullmatch(plain) else plain
    return str(value)


def _text(label: str, text: str) -> str:
    if len(text) > LONGEST:
        raise InvalidInput(
            f"{label} has {len(text):,} characters, and at most {LONGEST:,} are kept.", "Shorten it"
        )
    return text


def _number(label: str, text: str) -> int | float:
    if not NUMBER.fullmatch(text):
        raise InvalidInput(
            f"“{text[:60]}” in {label} isn't a number.", "Write only its digits, for example 1234.5"
        )
    if AMBIGUOUS.fullmatch(text) and not text.lstrip("+-").startswith("0"):
        raise InvalidInput(
            f"“{text}” in {label} could be two numbers, depending on the country.",
            "Write thousands without a separator, and decimals with two digits",
        )
    plain = text.replace(",", ".")
    return float(plain) if "." in plain else int(plain)


def _date(label: str, text: str) -> str:
    found = DATE.fullmatch(text)
    try:
        return (
            date(*(int(part) for part in found.groups()[:3])).isoformat() if found else _no_date(label, text)
        )
    except ValueError:
        return _no_date(label, text)


def _no_date(label: str, text: str) -> str:
    raise InvalidInput(
        f"“{text[:60]}” in {label} isn't a date.", "Write year, month, day, for example 2026-05-03"
    )


READERS = {CustomField.Kind.TEXT: _text, CustomField.Kind.NUMBER: _number, CustomField.Kind.DATE: _date}
