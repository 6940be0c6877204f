"""What was decided about a broadcast, in words."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as formatted

from stopline.apps.broadcasts.models import Broadcast
from stopline.apps.contacts import lists
from stopline.rules.words import CHANNELS, Channel

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def filter_words(chosen: Mapping[str, str], named: Mapping[str, str]) -> str:
    """`named`: the lists' names by id."""
    parts = []
    if status := chosen.get("status"):
        parts.append(status)
    if channel := chosen.get("channel"):
        label = CHANNELS[Channel(channel)].label if channel in list(CHANNELS) else channel
        parts.append(f"on {label}" if status else f"reachable by {label}")
    if listed := chosen.get("list"):
        parts.append(f"on the list {named.get(listed, 'that was deleted')}")
    if text := chosen.get("q"):
        parts.append(f"found by “{text}”")
    words = ", ".join(parts)
    return words[:1].upper() + words[1:]


def audience(broadcast: Broadcast) -> list[str]:
    """Who is meant, a line each."""
    named = {str(each.id): each.name for each in lists.everything(broadcast.account)}
    if {} in broadcast.include:
        return ["Everybody"]
    return [
        f"The list {named.get(each['list'], 'that was deleted')}"
        if set(each) == {"list"}
        else f"Contacts who are {filter_words(each, named).lower()}"
        for each in broadcast.include
    ]


def excluded(broadcast: Broadcast) -> list[str]:
    named = {str(each.id): each.name for each in lists.everything(broadcast.account)}
    return [named[each] for each in broadcast.exclude if each in named]


def when(broadcast: Broadcast) -> str:
    if broadcast.starts_at is None:
        return "As soon as it is sent"
    zone = ZoneInfo(broadcast.account.time_zone)
    at = formatted(broadcast.starts_at.astimezone(zone), r"j F Y \a\t H:i")
    return f"{at} on each contact’s own clock" if broadcast.local_time else f"{at}, {zone.key}"


def hours(broadcast: Broadcast) -> str:
    """Its own sending hours; "" for any."""
    window = broadcast.window
    if not window:
        return ""
    days = "every day" if len(window["days"]) == 7 else ", ".join(DAYS[day - 1] for day in window["days"])
    return f"{window['start']} to {window['end']}, {days}, on each contact’s clock"


def speed(broadcast: Broadcast) -> str:
    return f"At most {broadcast.rate:g} messages a second" if broadcast.rate else "As fast as the channels go"
