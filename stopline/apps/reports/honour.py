"""Time to honour an opt-out, and whether anything was handed over behind one."""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import Any

from stopline.apps.reports import queries
from stopline.apps.reports.asked import Asked
from stopline.apps.reports.counts import text
from stopline.apps.reports.shapes import Chart, Column, Figure, Section, Table, Unit, Value
from stopline.rules.words import Source, Standing

# Somebody asked for these: the person, or an admin, a provider or a system on their behalf.
SOURCES = (Source.KEYWORD, Source.LINK, Source.COMPLAINT, Source.PROVIDER, Source.ADMIN, Source.API)
TIMES = (
    Column("Opt-outs"),
    Column("p50", Unit.SECONDS),
    Column("p99", Unit.SECONDS),
    Column("Longest", Unit.SECONDS),
)
PROOF = (
    Column("Unsubscribes"),
    Column("Hand-offs after one"),
    Column("Nearest hand-off before one", Unit.SECONDS),
)
NOTE = (
    "From the moment an opt-out reached Stopline to the moment it was in force. From then on nothing may be handed "
    "to a provider for that address on that channel; to see that nothing was, every message is held against the "
    "ledger each time this page is opened."
)
Times = tuple[int, float | None, float | None, float | None]  # number, p50, p99, longest
NEVER: Times = (0, None, None, None)


def section(asked: Asked) -> Section:
    of_all, of_channel, of_step = _times(asked)
    proof = _held_against(asked)
    number, p50, p99, longest = of_all
    return Section(
        "opt-outs",
        "Time to honour an opt-out",
        NOTE,
        figures=[
            Figure("Half within", p50, Unit.SECONDS, note="p50"),
            Figure("99 of 100 within", p99, Unit.SECONDS, note="p99"),
            Figure(
                "Longest", longest, Unit.SECONDS, note=f"of {number:,} opt-out{'' if number == 1 else 's'}"
            ),
            _verdict(proof),
        ],
        charts=[_longest(asked, of_step)],
        tables=[
            _by_channel(asked, of_all, of_channel),
            _by_step(asked, of_step),
            _proof(asked, proof),
        ],
    )


def _times(asked: Asked) -> tuple[Times, dict[str, Times], dict[int, Times]]:
    of_all, of_channel, of_step = NEVER, {}, {}
    sources = [source.value for source in SOURCES]
    for step, channel, *found in asked.rows(queries.HONOURED, sources=sources):
        times: Any = (found[0], *(None if each is None else float(each) for each in found[1:]))
        if channel is not None:
            of_channel[channel] = times
        elif step is not None:
            of_step[step] = times
        else:
            of_all = times
    return of_all, of_channel, of_step


def _held_against(asked: Asked) -> dict[str, list[Value]]:
    """By channel: unsubscribes, hand-offs behind one, and the nearest before one (seconds)."""
    number: Counter[str] = Counter()
    for change in asked.standings:
        number[change.channel] += change.number if change.standing == Standing.UNSUBSCRIBED else 0
    behind: Counter[str] = Counter()
    before: dict[str, float] = {}
    for row in asked.messages:
        behind[row.channel] += row.behind
        if row.nearest is not None:
            before[row.channel] = min(-float(row.nearest), before.get(row.channel, inf))
    return {each: [number[each], behind[each], before.get(each)] for each in number if number[each]}


def _verdict(proof: dict[str, list[Any]]) -> Figure:
    number, behind = (sum(row[place] for row in proof.values()) for place in (0, 1))
    looked = f"{number:,} unsubscribe{'' if number == 1 else 's'} looked at"
    return Figure("Hand-offs after an opt-out", behind, note=looked, good=behind == 0)


def _longest(asked: Asked, of_step: dict[int, Times]) -> Chart:
    values = [of_step.get(step, NEVER)[3] or 0.0 for step in range(len(asked.labels))]
    longest = max(values, default=0.0) or None
    return Chart("Longest time to honour", asked.labels, values, Unit.SECONDS, longest, asked.ticks)


def _by_channel(asked: Asked, of_all: Times, of_channel: dict[str, Times]) -> Table:
    rows: list[list[Value]] = [
        [each.label, *of_channel[each]] for each in asked.channels if each in of_channel
    ]
    if rows and not asked.channel:
        rows.append(["All channels", *of_all])
    return Table("opt-outs-by-channel", "By channel", (text("Channel"), *TIMES), rows)


def _by_step(asked: Asked, of_step: dict[int, Times]) -> Table:
    step = text(asked.span.step.value.capitalize())
    rows = [[label, *of_step.get(place, NEVER)] for place, label in enumerate(asked.labels)]
    return Table("opt-outs-over-time", asked.by_step, (step, *TIMES), rows, open=False)


def _proof(asked: Asked, proof: dict[str, list[Value]]) -> Table:
    return Table(
        "hand-offs-after-opt-outs",
        "Hand-offs after an opt-out",
        (text("Channel"), *PROOF),
        [[each.label, *proof[each]] for each in asked.channels if each in proof],
        note="The confirmation of an opt-out and the answer to HELP are owed to the person and aren’t counted.",
    )
