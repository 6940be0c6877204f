"""Where providers and Stopline disagree about who has opted out."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from stopline.apps.reports import queries
from stopline.apps.reports.asked import Asked
from stopline.apps.reports.counts import text
from stopline.apps.reports.shapes import Column, Figure, Section, Table, Value
from stopline.providers.registry import PROVIDERS

COLUMNS = (
    text("Connection"),
    text("Provider"),
    text("Last compared"),
    Column("Opted out there only"),
    Column("Unsubscribed here only"),
    Column("Unsubscribed here since"),
    Column("Added there"),
    Column("Taken off there"),
)
NOTE = (
    "Both differences are as of now; what was settled, in the range. An opt-out there always becomes ours; "
    "Settings, Channels, Agreement names each address."
)


class _Found(NamedTuple):
    """A row of queries.DISAGREEMENT."""

    name: str
    provider: str
    compared_at: datetime | None
    here_only: int
    there_only: int
    taken: int
    added: int
    removed: int


def section(asked: Asked) -> Section:
    found = [_Found(*row) for row in asked.rows(queries.DISAGREEMENT)]
    now = sum(each.here_only + each.there_only for each in found)
    settled = sum(each.taken + each.added + each.removed for each in found)
    return Section(
        "agreement",
        "Provider disagreement",
        NOTE,
        figures=[
            Figure("Differences now", now, good=now == 0 if found else None),
            Figure("Settled in the range", settled),
        ],
        tables=[
            Table("provider-disagreement", "By connection", COLUMNS, [_row(asked, each) for each in found])
        ],
    )


def _row(asked: Asked, of: _Found) -> list[Value]:
    provider = PROVIDERS[of.provider].label if of.provider in PROVIDERS else of.provider
    compared = of.compared_at and of.compared_at.astimezone(asked.span.zone).strftime("%-d %b %Y %H:%M")
    return [
        *(of.name, provider, compared or "Not yet"),
        *(of.there_only, of.here_only, of.taken, of.added, of.removed),
    ]
