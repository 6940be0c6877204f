"""Messages: sent, delivered, failed, inbound. Each counts in the step in which it was written."""

from __future__ import annotations

from stopline.apps.reports.asked import Asked
from stopline.apps.reports.counts import Counts, Numbers, share
from stopline.apps.reports.shapes import Column, Figure, Section, Unit, Value

SENT, DELIVERED, READ, FAILED, REFUSED, UNKNOWN, INBOUND = range(7)
COLUMNS = (
    Column("Sent"),
    Column("Delivered"),
    Column("Delivery rate", Unit.SHARE),
    Column("Read"),
    Column("Failed"),
    Column("Refused"),
    Column("Outcome unknown"),
    Column("Inbound"),
)
NOTE = (
    "A message counts when it was written, with what has come of it by now. Sent: a provider took it, and hasn’t "
    "said that it failed. "
    "Refused: the gate didn’t let it leave."
)


def section(asked: Asked) -> Section:
    found: dict[tuple[int, str], Numbers] = {}
    for row in asked.messages:
        if row.step >= 0:
            key, numbers = (row.step, row.channel), (row.sent, row.delivered, row.read, *row[6:10])
            before = found.get(key, (0,) * 7)
            found[key] = tuple(map(sum, zip(before, numbers, strict=True)))
    counts = Counts(asked, found, 7)
    total = counts.total
    return Section(
        "messages",
        "Messages",
        NOTE,
        figures=[
            Figure("Delivery rate", share(total[DELIVERED], total[SENT]), Unit.SHARE),
            Figure("Failure rate", share(total[FAILED], total[SENT] + total[FAILED]), Unit.SHARE),
            Figure("Refused by the gate", total[REFUSED]),
        ],
        charts=[
            counts.chart("Sent", SENT),
            counts.chart("Delivered", DELIVERED),
            counts.chart("Failed", FAILED),
            counts.chart("Inbound", INBOUND),
        ],
        tables=counts.tables("messages", COLUMNS, _cells),
    )


def _cells(numbers: Numbers) -> list[Value]:
    sent, delivered, *others = numbers
    return [sent, delivered, share(delivered, sent), *others]
