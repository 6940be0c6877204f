"""What Stopline answers by itself, and how often one person is answered."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum


class AutomationKind(StrEnum):
    """What makes an automation write."""

    WELCOME = "welcome"  # the person subscribed by themselves, for the first time
    OUT_OF_HOURS = "out_of_hours"  # an ordinary message came while nobody is there
    KEYWORD = "keyword"  # the whole message is one of the account's own words

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    AutomationKind.WELCOME: "Welcome message",
    AutomationKind.OUT_OF_HOURS: "Out-of-hours reply",
    AutomationKind.KEYWORD: "Keyword reply",
}

# Two machines that answer each other stop here, whatever they say. No person gets so many answers by themselves.
MOST = ((timedelta(hours=1), 5), (timedelta(days=1), 20))
REMEMBERED = max(span for span, _ in MOST)
# Nobody needs to be told twice in one night that nobody is there, nor while somebody is answering.
QUIET = timedelta(hours=12)
ATTENDED = timedelta(minutes=30)

Answers = Sequence[tuple[AutomationKind, datetime]]  # what a person was answered automatically, and when


def may_answer(
    kind: AutomationKind, before: Answers, now: datetime, *, attended_at: datetime | None = None
) -> bool:
    """Whether one more automatic answer may be written. `before` goes back REMEMBERED; `attended_at` is when a member
    last wrote to the person.
    """
    if any(sum(at > now - span for _, at in before) >= most for span, most in MOST):
        return False
    if kind is not AutomationKind.OUT_OF_HOURS:
        return True
    told = any(each is kind and at > now - QUIET for each, at in before)
    return not told and not (attended_at and attended_at > now - ATTENDED)
