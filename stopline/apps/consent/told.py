"""Ledger entries in the words people use: what happened, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stopline.apps.consent.models import Entry
from stopline.rules.words import Channel, ResubscribeReason, Source, Standing

MOST_SAID = 60  # characters of a person's own words inside a sentence


def why(entry: Entry) -> str:
    """How it came to be, to follow "since 3 May 2026:", for instance: replied “STOP”."""
    said = quoted(entry)
    match Source(entry.source):
        case Source.KEYWORD:
            return f"replied {said}" if said else "replied by message"
        case Source.ADMIN:
            return f"marked by {entry.actor_name}{_because(entry)}"
        case Source.IMPORT:
            return f"imported from {_file(entry) or 'a file'}"
        case Source.LINK:
            return str(entry.evidence.get("how") or entry.source_label).lower()
    return f"{entry.source_label.lower()}{_because(entry)}"


def line(entries: Sequence[Entry]) -> str:
    """Entries of one moment as one sentence: Replied “STOP”: unsubscribed from SMS, MMS, RCS."""
    first, where = entries[0], channels(entries)
    gone = first.standing == Standing.UNSUBSCRIBED
    if first.source == Source.ADMIN:
        done = "unsubscribed" if gone else "resubscribed"
        return f"{first.actor_name} {done} {where}{_because(first)}"
    done = f"unsubscribed from {where}" if gone else f"subscribed again to {where}"
    cause = why(first)
    return f"{cause[0].upper()}{cause[1:]}: {done}"


def channels(entries: Iterable[Entry]) -> str:
    """Their channels' labels in the order of the channels."""
    named = {entry.channel for entry in entries}
    return ", ".join(channel.label for channel in Channel if channel in named)


def quoted(entry: Entry) -> str:
    """The person's own words, where the entry has them as evidence."""
    text = " ".join(str(entry.evidence.get("text") or "").split())
    short = text if len(text) <= MOST_SAID else f"{text[: MOST_SAID - 1]}…"
    return f"“{short}”" if short else ""


def _file(entry: Entry) -> str:
    file = entry.evidence.get("file")
    return str(file.get("name", "")) if isinstance(file, dict) else str(file or "")


def _because(entry: Entry) -> str:
    reason = entry.reason.strip().rstrip(".")
    if entry.standing == Standing.SUBSCRIBED and reason in set(ResubscribeReason):
        reason = ResubscribeReason(reason).label
    return f" ({reason})" if reason else ""
