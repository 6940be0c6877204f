"""A contact's history: the ledger as a timeline, decisions of one moment told together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import UUID

from stopline.apps.consent import ledger, told
from stopline.apps.consent.models import Entry
from stopline.rules import addresses
from stopline.rules.words import CHANNELS, Channel, ResubscribeReason, Standing

if TYPE_CHECKING:
    from stopline.apps.contacts.models import Contact

SHOWN = 50  # entries, before somebody asks for all
MOST = 1000
DONE = {
    Standing.UNSUBSCRIBED: "Unsubscribed from",
    Standing.SUBSCRIBED: "Subscribed again to",
    Standing.PENDING: "Confirmation awaited for",
}
PROOF = {  # what evidence is called, in the order in which it is shown
    "channel": "Channel",
    "received_at": "Received",
    "provider": "Provider",
    "provider_message": "Provider's message",
    "file": "File",
    "file_name": "File",
    "line": "Line",
    "row": "Row",
    "former_address": "Former address",
    "form": "Form",
    "how": "How",
    "wording": "Wording shown",
    "ip": "IP address",
    "user_agent": "Browser",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """Entries made together. `proof` is what can be opened: name, value, and the id where it is a file."""

    first: Entry
    what: str
    address: str
    former: bool
    reason: str
    text: str
    proof: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class History:
    decisions: list[Decision]
    more: bool


def read(contact: Contact, *, everything: bool = False) -> History:
    """Newest first."""
    limit = MOST if everything else SHOWN
    entries = list(ledger.history(contact.account_id, contact.channels, contact.id)[: limit + 1])
    now = set(contact.addresses.values())
    decisions = [_decision(list(those), now) for _, those in groupby(entries[:limit], key=_moment)]
    return History(decisions, len(entries) > limit)


def _moment(entry: Entry) -> tuple[object, ...]:
    return (
        entry.at,
        entry.standing,
        entry.source,
        entry.actor_id,
        entry.actor_name,
        entry.address,
        entry.reason,
    )


def _decision(entries: list[Entry], now: set[str]) -> Decision:
    first = entries[0]
    return Decision(
        first,
        f"{DONE[Standing(first.standing)]} {told.channels(entries)}",
        addresses.display(first.address),
        first.address not in now,
        _reason(first),
        str(first.evidence.get("text") or ""),
        list(_proof(first.evidence)),
    )


def _reason(entry: Entry) -> str:
    return ResubscribeReason(entry.reason).label if entry.reason in set(ResubscribeReason) else entry.reason


def _proof(evidence: dict[str, Any]) -> Iterable[tuple[str, str, str]]:
    for key, label in PROOF.items():
        value = evidence.get(key)
        if isinstance(value, dict):
            yield label, str(value.get("name", "")), _id(value.get("id"))
        elif key == "channel" and value in set(CHANNELS):
            yield label, Channel(value).label, ""
        elif value not in (None, ""):
            yield label, str(value), ""


def _id(text: Any) -> str:
    try:
        return str(UUID(str(text)))
    except ValueError:
        return ""
