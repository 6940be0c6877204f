"""Addresses as people read them."""

from __future__ import annotations

from django import template

from stopline.rules.addresses import display

register = template.Library()


@register.filter
def address(kept: str | None) -> str:
    """A phone number in groups, an e-mail address as it is, nothing for none."""
    return display(kept) if kept else ""
