"""What a report is asked about: whose, when, on which channels; and the words and parameters that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from stopline.apps.accounts import sql
from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import first_uuid7
from stopline.apps.reports import queries
from stopline.apps.reports.span import Span, Step
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CONSENT_CHANNELS, Channel

# Messages are looked at that were written so long before the range: they may have left in it (a retry gives up after
# three days).
EARLIER = timedelta(days=7)
SLACK = timedelta(hours=1)  # between a row's id and its time, which are taken in one breath
# How a step is named, and how where there is little room.
NAMES = {
    Step.HOUR: ("%a %-d %b %H:%M", "%H:%M"),
    Step.DAY: ("%a %-d %b %Y", "%-d %b"),
    Step.WEEK: ("Week of %-d %b %Y", "%-d %b"),
    Step.MONTH: ("%B %Y", "%b %Y"),
}


class Counted(NamedTuple):
    """A row of queries.MESSAGES."""

    step: int
    channel: str
    broadcast: UUID | None
    sent: int
    delivered: int
    read: int
    failed: int
    refused: int
    unknown: int
    inbound: int
    behind: int
    nearest: Decimal | None


class Changed(NamedTuple):
    """A row of queries.STANDINGS."""

    step: int
    channel: str
    standing: str
    source: str
    number: int


@dataclass(frozen=True)
class Asked:
    account: Account
    span: Span
    channel: Channel | None = None  # None: all

    @property
    def channels(self) -> list[Channel]:
        return [self.channel] if self.channel else list(CONSENT_CHANNELS)

    @property
    def labels(self) -> list[str]:
        """The name of each step."""
        return [start.strftime(NAMES[self.span.step][0]) for start in self.span.starts]

    @property
    def ticks(self) -> list[str]:
        """Their short names, for an axis."""
        return [start.strftime(NAMES[self.span.step][1]) for start in self.span.starts]

    @property
    def by_step(self) -> str:
        return f"By {self.span.step.value}"

    @cached_property
    def messages(self) -> list[Counted]:
        """One pass over the messages, for every section that counts some of them."""
        return [Counted(*row) for row in self.rows(queries.MESSAGES)]

    @cached_property
    def standings(self) -> list[Changed]:
        return [Changed(*row) for row in self.rows(queries.STANDINGS)]

    def rows(self, query: str, **more: Any) -> list[tuple[Any, ...]]:
        """Planned for these parameters: a plan for any range would read a day as it reads a year."""
        span = self.span
        parameters = {
            "account": self.account.id,
            "first": first_uuid7(span.start - SLACK),
            "written": first_uuid7(span.start - EARLIER),
            "last": first_uuid7(span.end + SLACK),
            "start": span.start,
            "end": span.end,
            "edges": span.edges,
            "channels": [channel.value for channel in self.channels],
            **more,
        }
        return sql.rows(query, parameters, prepare=False)


def channel_of(query: Mapping[str, str]) -> Channel | None:
    """The channel a URL asks for. Raises InvalidInput."""
    text = query.get("channel", "")
    found = next((channel for channel in CONSENT_CHANNELS if channel == text), None)
    if text and found is None:
        names = ", ".join(CONSENT_CHANNELS)
        raise InvalidInput(f"There is no channel “{text[:40]}”", f"Choose one of {names}")
    return found
