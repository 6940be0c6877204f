"""Changes of standing: subscribed, unsubscribed, and what decided. Each counts in the step in which it happened."""

from __future__ import annotations

from collections import Counter

from stopline.apps.reports import queries
from stopline.apps.reports.asked import Asked
from stopline.apps.reports.counts import Counts, Numbers, share, text
from stopline.apps.reports.shapes import Chart, Column, Section, Table, Unit
from stopline.rules.words import Source, Standing

MOST_REASONS = 100
COLUMNS = (Column("Subscribed"), Column("Unsubscribed"), Column("Difference"))
NOTE = (
    "From the consent ledger: one for each channel of an address whose standing changed. Subscribed: an unsubscribe "
    "was lifted, or a subscription confirmed; a new contact is subscribed without an entry and isn’t counted."
)


def section(asked: Asked) -> Section:
    found: dict[tuple[int, str], list[int]] = {}
    sources: Counter[str] = Counter()
    for step, channel, standing, source, number in asked.standings:
        place = int(standing == Standing.UNSUBSCRIBED)
        found.setdefault((step, channel), [0, 0])[place] += number
        if standing == Standing.UNSUBSCRIBED:
            sources[source] += number
    counts = Counts(asked, {key: tuple(numbers) for key, numbers in found.items()}, 2)
    return Section(
        "subscriptions",
        "Subscriptions",
        NOTE,
        charts=[
            counts.chart("Unsubscribed", 1),
            counts.chart("Subscribed", 0),
            _by_source(sources),
        ],
        tables=[_sources(sources), _reasons(asked), *counts.tables("subscriptions", COLUMNS, _cells)],
    )


def _cells(numbers: Numbers) -> list[int]:
    subscribed, unsubscribed = numbers
    return [subscribed, unsubscribed, subscribed - unsubscribed]


def _by_source(sources: Counter[str]) -> Chart:
    ranked = sources.most_common()
    labels = [Source(source).label for source, _ in ranked]
    return Chart("Unsubscribed by source", labels, [number for _, number in ranked], across=True)


def _sources(sources: Counter[str]) -> Table:
    every = sources.total()
    rows = [[Source(source).label, number, share(number, every)] for source, number in sources.most_common()]
    columns = (text("Source"), Column("Unsubscribed"), Column("Share", Unit.SHARE))
    return Table("unsubscribed-by-source", "Unsubscribed by source", columns, rows)


def _reasons(asked: Asked) -> Table:
    rows = [
        [Source(source).label, reason or "None given", number]
        for source, reason, number in asked.rows(queries.REASONS, most=MOST_REASONS)
    ]
    return Table(
        "unsubscribed-by-reason",
        "Unsubscribed by reason",
        (text("Source"), text("Reason"), Column("Unsubscribed")),
        rows,
        open=False,
        note=f"The {MOST_REASONS} most frequent reasons." if len(rows) == MOST_REASONS else "",
    )
