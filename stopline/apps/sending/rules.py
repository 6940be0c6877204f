"""What an account has decided for everything it sends to many: its hours, how often, and how a text says stop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import TYPE_CHECKING
from uuid import UUID

from stopline.apps.accounts import live
from stopline.apps.accounts.members import require_admin
from stopline.apps.sending.models import SendingRules
from stopline.apps.sending.models.stream import HINTS
from stopline.rules.errors import InvalidInput
from stopline.rules.words import Channel

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Member

LONGEST_HINT = 160  # characters
MOST, MOST_DAYS = 1_000, 90  # of a cap


def of(account_id: UUID) -> SendingRules:
    """As every new account's where nothing was decided yet."""
    return SendingRules.objects.filter(account_id=account_id).first() or SendingRules(account_id=account_id)


def change(
    by: Member,
    *,
    keeps_hours: bool,
    hours_start: time,
    hours_end: time,
    cap: int | None,
    cap_days: int,
    hints: Mapping[str, str],
) -> SendingRules:
    """Raises NotAllowed for agents, InvalidInput naming what can't be used.

    Broadcasts that were sent keep the words they were sent with; hours and caps hold for what still waits, too.
    """
    require_admin(by, "change the rules for broadcasts")
    if keeps_hours and hours_start == hours_end:
        raise InvalidInput("The hours begin and end at the same time.", "Choose two times, or turn them off")
    if cap is not None and not (1 <= cap <= MOST and 1 <= cap_days <= MOST_DAYS):
        raise InvalidInput(
            f"The frequency is 1 to {MOST:,} messages in 1 to {MOST_DAYS} days.",
            "Leave it empty for no limit",
        )
    changed, _ = SendingRules.objects.update_or_create(
        account_id=by.account_id,
        defaults={
            "keeps_hours": keeps_hours,
            "hours_start": hours_start,
            "hours_end": hours_end,
            "cap": cap,
            "cap_days": cap_days,
            "hints": {channel.value: _hint(channel, hints.get(channel, "")) for channel in HINTS},
        },
    )
    live.announce(by.account_id, "settings")
    return changed


def _hint(channel: Channel, text: str) -> str:
    """Marketing must say how to stop (CTIA for texts, CAN-SPAM for e-mail), so it can be worded, not left out."""
    text = " ".join(text.replace("\x00", "").split())
    if not text:
        raise InvalidInput(
            f"The words that say how to stop are empty for {channel.label}, and marketing needs them.",
            f"Write some, for instance: {HINTS[channel]}",
        )
    if len(text) > LONGEST_HINT:
        raise InvalidInput(
            f"The words for {channel.label} have {len(text)} characters.", f"Shorten them to {LONGEST_HINT}"
        )
    return text
