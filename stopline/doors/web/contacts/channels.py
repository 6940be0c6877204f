"""What the dialogs Unsubscribe and Resubscribe contact have in common: their drop-down and their news."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse

from stopline.doors.web.request import MemberRequest
from stopline.rules.errors import StoplineError
from stopline.rules.words import CONSENT_CHANNELS, Channel

if TYPE_CHECKING:
    from stopline.apps.consent.subscription import Change
    from stopline.doors.web.contacts.badges import Badge
    from stopline.doors.web.contacts.chosen import Chosen


def still_choosing(sent: QueryDict) -> bool:
    """Whether the form came back only to add or take away contacts."""
    return any(name in sent for name in ("looking", "add", "remove"))


def typed(request: MemberRequest, name: str) -> str:
    """What somebody typed, without the NUL that PostgreSQL can't keep."""
    return request.POST.get(name, "").replace("\x00", "").strip()


def options(
    who: Chosen, shown: Mapping[UUID, list[Badge]], checked: Sequence[str], *, wanted: bool
) -> list[dict[str, Any]]:
    """The channels of these contacts. `wanted`: whether the unsubscribed ones are offered, or the others."""
    if who.filters:
        return [_option(channel, checked, "") for channel in CONSENT_CHANNELS]
    offered = []
    for channel in CONSENT_CHANNELS:
        held = [badge for those in shown.values() for badge in those if badge.channel == channel]
        able = sum(badge.unsubscribed == wanted for badge in held)
        if able or (held and not wanted):
            offered.append(_option(channel, checked, _note(able, who), disabled=not able))
    return offered


def news(who: Chosen, changes: Sequence[Change], what: str) -> str:
    """What changed, in a sentence: Ana Diaz is unsubscribed from SMS."""
    changed = {change.channel for change in changes}
    labels = ", ".join(channel.label for channel in CONSENT_CHANNELS if channel in changed)
    if not changes:
        return f"Nothing changed: {who.words} stood there already."
    if who.one:
        return f"{who.one.name} is {what} {labels}."
    addresses = len({change.address for change in changes})
    return f"{addresses:,} address{'' if addresses == 1 else 'es'} of {who.words} {what} {labels}."


def said(refusal: StoplineError | None) -> str:
    """Why the dialog came back, and what to do."""
    return " ".join(words for words in (refusal.detail, refusal.next_step) if words) if refusal else ""


def back(who: Chosen) -> str:
    """Where the person came from, most likely."""
    return reverse("contact", args=[who.one.id]) if who.one else reverse("contacts")


def _option(channel: Channel, checked: Sequence[str], note: str, *, disabled: bool = False) -> dict[str, Any]:
    return {
        "value": channel.value,
        "label": channel.label,
        "checked": channel in checked and not disabled,
        "disabled": disabled,
        "note": note,
    }


def _note(able: int, who: Chosen) -> str:
    if not able:
        return "Unsubscribed already"
    return "" if able == who.count else f"{able} of {who.count} contacts"
