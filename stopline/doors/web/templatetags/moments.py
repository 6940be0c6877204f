"""Times as people read them, in the account's time zone (the middleware has made it the current one)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.dateformat import format as formatted

register = template.Library()


@register.filter
def moment(at: datetime | None) -> str:
    """3 May 2026 at 14:02."""
    return formatted(timezone.localtime(at), r"j F Y \a\t H:i") if at else ""


@register.filter
def clock(at: datetime) -> str:
    """14:02."""
    return formatted(timezone.localtime(at), "H:i")


@register.filter
def short(at: datetime) -> str:
    """As little as says when: 14:02 today, else Yesterday, Mon, 3 May, or 3 May 2025."""
    local, today = timezone.localtime(at), timezone.localdate()
    age = (today - local.date()).days
    if age <= 0:
        return formatted(local, "H:i")
    if age == 1:
        return "Yesterday"
    if age < 7:
        return formatted(local, "D")
    return formatted(local, "j M" if local.year == today.year else "j M Y")


@register.filter
def day(of: date) -> str:
    """Today, Yesterday, Sunday 3 May, or 3 May 2025."""
    today = timezone.localdate()
    if of == today:
        return "Today"
    if of == today - timedelta(days=1):
        return "Yesterday"
    return formatted(of, "l j F" if of.year == today.year else "j F Y")
