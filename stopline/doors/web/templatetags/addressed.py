"""Addresses as people read them."""

from __future__ import annotations

from django import template

from stopline.rules import addresses

register = template.Library()


@register.filter
def readable(address: str | None) -> str:
    """+1 415-555-0123; an e-mail address as it is; nothing for none."""
    return addresses.display(address) if address else ""
