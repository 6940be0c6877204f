"""The gate: may this message leave now? One list of rules, read in the order we would explain them.

The gate judges facts that were read under the lock of the subscription row, so the verdict stays true until
that lock is given back. It never looks anything up and never asks the time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from stopline.rules.words import CHANNELS, Channel, MessageKind, Refusal, Standing

# 47 CFR 64.1200(a)(12): a confirmation within five minutes is presumed to be covered by the prior consent.
CONFIRMATION_WINDOW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one message and its address at the moment of hand-over.

    `entry_id` is the ledger entry that decided the standing, None where nobody ever decided.
    `caused_by` is the ledger entry a confirmation confirms; `written_at` is when the message was queued. `opens` is
    when it may leave by the hours (rules.hours), None where it may now. `had` counts the marketing messages the contact
    has had lately on this channel, `cap` is how many those may be. All times are aware datetimes.
    """

    channel: Channel
    kind: MessageKind
    standing: Standing
    now: datetime
    entry_id: UUID | None = None
    standing_since: datetime | None = None
    held: bool = False
    caused_by: UUID | None = None
    written_at: datetime | None = None
    opens: datetime | None = None
    had: int = 0
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Allowed or refused, why, which ledger entry decided, and when that was looked at.

    `until`: only not now; the same message may be judged again then.
    """

    allowed: bool
    reason: Refusal | None
    entry_id: UUID | None
    checked_at: datetime
    until: datetime | None = None


Rule = Callable[[Facts], Refusal | None]


def confirms_this_opt_out(facts: Facts) -> Refusal | None:
    """The confirmation belongs to the opt-out in force now; one lifted or replaced since is not confirmed."""
    if facts.kind is not MessageKind.OPT_OUT_CONFIRMATION:
        return None
    in_force = facts.standing is Standing.UNSUBSCRIBED and facts.entry_id == facts.caused_by
    return None if in_force and facts.caused_by else Refusal.NOT_PERMITTED


def confirms_in_time(facts: Facts) -> Refusal | None:
    if facts.kind is not MessageKind.OPT_OUT_CONFIRMATION:
        return None
    since = facts.standing_since
    return None if since and facts.now - since <= CONFIRMATION_WINDOW else Refusal.TOO_LATE


def owed(facts: Facts) -> bool:
    """Whether the person asked for exactly this message, just now.

    HELP is answered even for people who are unsubscribed or never subscribed (CTIA Messaging Principles,
    May 2023). An answer that comes late is no answer any more, so it has the confirmation's five minutes.
    """
    if facts.kind is MessageKind.HELP:
        return facts.written_at is not None and facts.now - facts.written_at <= CONFIRMATION_WINDOW
    return facts.kind is MessageKind.OPT_OUT_CONFIRMATION


def not_unsubscribed(facts: Facts) -> Refusal | None:
    """The promise. Only the confirmation of the opt-out itself and a prompt answer to HELP pass."""
    return Refusal.UNSUBSCRIBED if facts.standing is Standing.UNSUBSCRIBED and not owed(facts) else None


def not_pending(facts: Facts) -> Refusal | None:
    return Refusal.PENDING if facts.standing is Standing.PENDING and not owed(facts) else None


def not_held(facts: Facts) -> Refusal | None:
    """An unclear opt-out holds what nobody chose to send just now; a person may still answer it."""
    return Refusal.HELD if facts.held and facts.kind.automated else None


def under_cap(facts: Facts) -> Refusal | None:
    capped = facts.kind.marketing and facts.cap is not None and facts.had >= facts.cap
    return Refusal.CAPPED if capped else None


def within_hours(facts: Facts) -> Refusal | None:
    """Last, so that a message which may never leave is refused now instead of waiting for the morning."""
    return Refusal.HOURS if facts.opens and facts.opens > facts.now else None


RULES: tuple[Rule, ...] = (
    confirms_this_opt_out,
    confirms_in_time,
    not_unsubscribed,
    not_pending,
    not_held,
    under_cap,
    within_hours,
)


def judge(facts: Facts) -> Verdict:
    """First refusal wins; RULES is ordered as we would explain it to the person."""
    if not CHANNELS[facts.channel].subscription:
        return Verdict(True, None, None, facts.now)
    for rule in RULES:
        if reason := rule(facts):
            until = facts.opens if reason is Refusal.HOURS else None
            return Verdict(False, reason, facts.entry_id, facts.now, until)
    return Verdict(True, None, facts.entry_id, facts.now)
