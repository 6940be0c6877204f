"""When one of many may leave: the hours people are left in peace by, and the broadcast's own (rules.hours)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from stopline.rules import hours
from stopline.rules.hours import Schedule, Window
from stopline.rules.words import CHANNELS, AddressKind, Channel, MessageKind

if TYPE_CHECKING:
    from stopline.apps.sending.gate import Claimed

STATE_DIGITS = 5  # "+1" and an area code: all that a US state's rules look at


def opens(message: Claimed, now: datetime) -> datetime | None:
    """When the message may leave, None where it may now. On the clock of whoever gets it, as far as their number tells
    it; else the account's. What isn't one of many may leave at any hour: somebody waits for it."""
    law = _law(message)
    schedule = _schedule(message.window)
    if not law and not schedule:
        return None
    zones = hours.zones(message.phone or message.address) or (message.time_zone,)
    wanted = tuple(each for each in (law, schedule) if each)
    # To the second, so that a batch to one region is worked out once.
    return _opens(now.replace(microsecond=0), zones, wanted, message.address[:STATE_DIGITS] if law else "")


def _law(message: Claimed) -> Window | None:
    """Marketing by phone only; e-mail rings nobody out of bed."""
    by_phone = CHANNELS[Channel(message.channel)].address_kind is AddressKind.PHONE
    if not message.broadcast_id or not message.keeps_hours or not by_phone:
        return None
    if not MessageKind(message.kind).marketing:
        return None
    return Window(message.hours_start or hours.DAYTIME.start, message.hours_end or hours.DAYTIME.end)


def _schedule(window: Mapping[str, Any] | None) -> Schedule | None:
    if not window:
        return None
    start, end = (time.fromisoformat(window[name]) for name in ("start", "end"))
    return Schedule(Window(start, end), frozenset(window["days"]))


@lru_cache(maxsize=10_000)
def _opens(
    now: datetime, zones: tuple[str, ...], wanted: tuple[Window | Schedule, ...], state: str
) -> datetime | None:
    return hours.opens(now, zones, *wanted, address=state)
