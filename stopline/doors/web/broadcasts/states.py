"""A broadcast's state as an icon, a word and a kind of badge."""

from __future__ import annotations

from dataclasses import dataclass

from stopline.apps.broadcasts.models import Broadcast

LOOKS = {
    Broadcast.State.DRAFT: ("pencil", "plain"),
    Broadcast.State.SCHEDULED: ("clock", "accent"),
    Broadcast.State.SENDING: ("send", "accent"),
    Broadcast.State.PAUSED: ("pause", "warning"),
    Broadcast.State.CANCELLED: ("ban", "negative"),
    Broadcast.State.DONE: ("circle-check", "positive"),
}
GOING = (Broadcast.State.SENDING, Broadcast.State.PAUSED)
OVER = (Broadcast.State.DONE, Broadcast.State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Look:
    icon: str
    kind: str
    word: str


def look(broadcast: Broadcast) -> Look:
    return Look(*LOOKS[Broadcast.State(broadcast.state)], Broadcast.State(broadcast.state).label)
