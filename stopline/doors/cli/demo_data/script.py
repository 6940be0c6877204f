"""Reads `talks.toml`: who wrote what, when, and what came of it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from stopline.rules.words import Channel, MessageState

SCRIPT = Path(__file__).with_name("talks.toml")
HEAD = re.compile(r"(?P<who>\w+)(?P<words>(?: [\w,]+)*)(?: \+(?P<pause>\d+[mhd]))?: (?P<text>.+)", re.DOTALL)
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
USUAL_PAUSE = timedelta(minutes=4)


@dataclass(frozen=True, slots=True)
class Line:
    """`what` is what the person meant, what came of ours, or what a member did; `channels` where."""

    who: str
    what: frozenset[str]
    channels: tuple[Channel, ...]
    pause: timedelta
    text: str

    @property
    def inbound(self) -> bool:
        return self.who == "them"

    @property
    def deed(self) -> bool:
        return bool(self.what & {"unsubscribes", "resubscribes"})


@dataclass(frozen=True, slots=True)
class Talk:
    who: str
    country: str
    language: str
    lines: tuple[Line, ...]
    ended: str
    assigned: str = ""
    closed: bool = False
    unread: int = 0

    def times(self, now: datetime, zone: ZoneInfo) -> list[datetime]:
        """When each line was written, counted back from the last one."""
        found = [_moment(self.ended, now, zone)]
        for line in reversed(self.lines[1:]):
            found.append(found[-1] - line.pause)
        return found[::-1]


def read() -> list[Talk]:
    with SCRIPT.open("rb") as file:
        return [_talk(found) for found in tomllib.load(file)["talk"]]


def _talk(found: dict[str, Any]) -> Talk:
    usual = Channel(found.pop("channel"))
    script = re.sub(r"\n {2}", "\v", found.pop("lines").strip())
    lines = tuple(_line(line.replace("\v", "\n"), usual) for line in script.split("\n"))
    return Talk(lines=lines, **found)


def _line(text: str, usual: Channel) -> Line:
    found = HEAD.fullmatch(text)
    if found is None:
        raise ValueError(f"talks.toml: “{text}” is no line")
    words = {word for part in found["words"].split() for word in part.split(",")}
    channels = tuple(channel for channel in Channel if channel.value in words) or (usual,)
    pause = _span(found["pause"]) if found["pause"] else USUAL_PAUSE
    return Line(found["who"], frozenset(words) - set(channels), channels, pause, found["text"])


def _moment(ended: str, now: datetime, zone: ZoneInfo) -> datetime:
    days, _, clock = ended.partition(" ")
    moment = now - _span(days)
    if not clock:
        return moment
    hour, minute = (int(part) for part in clock.split(":"))
    return moment.astimezone(zone).replace(hour=hour, minute=minute)


def _span(text: str) -> timedelta:
    return timedelta(**{UNITS[text[-1]]: int(text[:-1])})


def state_of(line: Line) -> MessageState:
    """What came of one of our messages; where nothing is said, the best its channel can report."""
    told = {
        "sent": MessageState.SENT,
        "failed": MessageState.FAILED,
        "unknown": MessageState.UNKNOWN,
        "refused": MessageState.REFUSED,
        "held": MessageState.REFUSED,
        "scheduled": MessageState.QUEUED,
    }
    reports_reading = line.channels[0] in (Channel.WHATSAPP, Channel.RCS)
    usual = MessageState.READ if reports_reading else MessageState.DELIVERED
    return next((state for word, state in told.items() if word in line.what), usual)
