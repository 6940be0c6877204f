"""How often a network may guess, and how often a link may be used.

Counted in the shared cache, so for all processes together. Neither limit ever stands in the way of an unsubscribe:
mail services send the clicks of thousands of people from a few addresses, so a network is counted by its misses
only, and a link's own counter doesn't hold back a stop.
"""

from __future__ import annotations

import hashlib
import ipaddress
import time

from django.core.cache import cache

WINDOW = 600  # seconds
MISSES = 30  # of one network; a code has 62 ** 10 values
USES = 120  # looks and resubscribes of one address


def missed(network: str) -> bool:
    """Counts one wrong link; whether it was one too many."""
    return _count(f"missed:{network_of(network)}") > MISSES


def guesses_too_much(network: str) -> bool:
    return int(cache.get(_key(f"missed:{network_of(network)}"), 0)) > MISSES


def used(name: str) -> bool:
    """Counts one use of a link by the name of what it opens; whether it was one too many."""
    return _count(f"used:{name}") > USES


def network_of(address: str) -> str:
    """Who is counted together: an IPv4 address, the /64 of an IPv6 one, which its owner can vary at will."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((found, 64), strict=False))


def _count(what: str) -> int:
    key = _key(what)
    if cache.add(key, 1, WINDOW):
        return 1
    try:
        return int(cache.incr(key))
    except ValueError:  # it ran out between the two
        return 1


def _key(what: str) -> str:
    window = int(time.time()) // WINDOW
    return f"preferences:{window}:{hashlib.sha256(what.encode()).hexdigest()}"
