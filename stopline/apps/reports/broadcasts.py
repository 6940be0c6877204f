"""Broadcasts: what left, and how many people unsubscribed because of each."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from stopline.apps.broadcasts.progress import ATTRIBUTED_FOR
from stopline.apps.reports import queries
from stopline.apps.reports.asked import Asked
from stopline.apps.reports.counts import share, text
from stopline.apps.reports.shapes import Chart, Column, Section, Table, Unit, Value

MOST = 200
DRAWN = 8  # of them, the newest
LONGEST_NAME = 22  # characters beside a bar
COLUMNS = (
    text("Broadcast"),
    text("Began"),
    Column("Sent"),
    Column("Delivered"),
    Column("Unsubscribed"),
    Column("Unsubscribe rate", Unit.SHARE),
)
NOTE = (
    "Those that began in the range. Unsubscribed: people who did so by themselves, on the broadcast’s channel, within "
    f"{ATTRIBUTED_FOR.days} days of its message; who got several counts for the last. The rate is of the messages sent."
)


def section(asked: Asked) -> Section:
    begun = asked.rows(queries.BROADCASTS, days=ATTRIBUTED_FOR.days, most=MOST)
    gone: dict[UUID | None, list[int]] = defaultdict(lambda: [0, 0])
    for row in asked.messages if begun else ():
        gone[row.broadcast][0] += row.sent
        gone[row.broadcast][1] += row.delivered
    rows: list[list[Value]] = []
    for broadcast, name, began, people in begun:
        sent, delivered = gone[broadcast]
        when = began.astimezone(asked.span.zone).strftime("%-d %b %Y %H:%M")
        rows.append([name, when, sent, delivered, people, share(people, sent)])
    note = f"The newest {MOST}." if len(rows) == MOST else ""
    return Section(
        "broadcasts",
        "Broadcasts",
        NOTE,
        charts=[_rates(rows)] if rows else [],
        tables=[Table("unsubscribe-rate-by-broadcast", "By broadcast", COLUMNS, rows, note=note)],
    )


def _rates(rows: list[list[Value]]) -> Chart:
    newest = rows[:DRAWN]
    names = [str(row[0]) for row in newest]
    short = [name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…" for name in names]
    rates = [float(row[5] or 0) for row in newest]
    return Chart("Unsubscribe rate of the newest", short, rates, Unit.SHARE, across=True)
