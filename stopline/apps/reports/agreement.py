"""Where providers and Stopline disagree about who has opted out."""

from __future__ import annotations

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


def section(asked: Asked) -> Section:
    rows: list[list[Value]] = []
    for name, provider, compared, ours, theirs, taken, added, removed in asked.rows(queries.DISAGREEMENT):
        label = PROVIDERS[provider].label if provider in PROVIDERS else provider
        when = compared.astimezone(asked.span.zone).strftime("%-d %b %Y %H:%M") if compared else "Not yet"
        rows.append([name, label, when, theirs, ours, taken, added, removed])
    now = sum(row[3] + row[4] for row in rows)
    settled = sum(sum(row[5:]) for row in rows)
    return Section(
        "agreement",
        "Provider disagreement",
        NOTE,
        figures=[
            Figure("Differences now", now, good=now == 0 if rows else None),
            Figure("Settled in the range", settled),
        ],
        tables=[Table("provider-disagreement", "By connection", COLUMNS, rows)],
    )
