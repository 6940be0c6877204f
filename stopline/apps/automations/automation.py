"""The verbs of an automation: what an account answers by itself, to whom, and whether it does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Count, QuerySet

from stopline.apps.accounts.live import announce
from stopline.apps.accounts.members import deciding
from stopline.apps.accounts.models import Account
from stopline.apps.automations import keywords, text
from stopline.apps.automations.models import Automation, Run
from stopline.apps.contacts.models import ContactList
from stopline.rules.automations import AutomationKind
from stopline.rules.errors import Conflict, InvalidInput, NotFound
from stopline.rules.words import CONSENT_CHANNELS, Channel

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Member

WEEK = frozenset(range(1, 8))
MOST = 100  # of one account: each inbound message that may be answered is held against all of them


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an automation shall be; the fields of other kinds are ignored."""

    text: str
    channels: Iterable[str]
    enabled: bool = True
    words: Iterable[str] = ()
    list_id: UUID | None = None
    days: Iterable[int] = ()
    opens: time | None = None
    closes: time | None = None


def everything(account: Account) -> list[tuple[Automation, int]]:
    """Every automation with how often it was used, in the order of kinds, then oldest first."""
    used = dict(
        Run.objects.filter(account_id=account.id, automation_id__isnull=False)
        .values_list("automation_id")
        .annotate(times=Count("id"))
    )
    order = list(AutomationKind)
    mine = account.automations.select_related("contact_list").order_by("created_at", "id")
    return [(each, used.get(each.id, 0)) for each in sorted(mine, key=lambda it: order.index(it.what))]


def find(account_id: UUID, automation_id: UUID) -> Automation:
    found = Automation.objects.filter(account_id=account_id, id=automation_id).first()
    if found is None:
        raise NotFound("This automation doesn't exist (any more)", "Reload the list of automations")
    return found


def add(by: Member, kind: AutomationKind, wanted: Wanted) -> Automation:
    """Raises NotAllowed for agents, InvalidInput, and Conflict where another one answers the same."""
    with deciding(by, "change automations"):
        if Automation.objects.filter(account_id=by.account_id).count() >= MOST:
            raise Conflict(f"The account has {MOST} automations, and no more are kept", "Delete one first")
        return _save(Automation(account_id=by.account_id, kind=kind.value), by.account, wanted)


def change(by: Member, automation_id: UUID, wanted: Wanted) -> Automation:
    """Raises as `add` does, and NotFound."""
    with deciding(by, "change automations"):
        return _save(find(by.account_id, automation_id), by.account, wanted)


def switch(by: Member, automation_id: UUID, *, on: bool) -> Automation:
    """Raises NotAllowed for agents, NotFound, and Conflict where another one answers the same by now."""
    with deciding(by, "change automations"):
        found = find(by.account_id, automation_id)
        found.enabled = on
        _check_alone(found)
        found.save(update_fields=["enabled"])
        _changed(by.account_id)
    return found


def remove(by: Member, automation_id: UUID) -> Automation:
    """What it has sent stays. Raises NotAllowed for agents, NotFound."""
    with deciding(by, "change automations"):
        found = find(by.account_id, automation_id)
        Automation.objects.filter(account_id=by.account_id, id=found.id).delete()
        _changed(by.account_id)
    return found


def _save(automation: Automation, account: Account, wanted: Wanted) -> Automation:
    automation.text = text.checked(account, wanted.text)
    automation.channels = _channels(wanted.channels)
    automation.enabled = wanted.enabled
    match automation.what:
        case AutomationKind.KEYWORD:
            automation.words = keywords.checked(account, wanted.words, automation.channels)
            automation.list_id = _list(account.id, wanted.list_id)
        case AutomationKind.OUT_OF_HOURS:
            automation.days, automation.opens, automation.closes = _hours(wanted)
    _check_alone(automation)
    automation.save()
    _changed(account.id)
    return automation


def _channels(names: Iterable[str]) -> list[str]:
    names = set(names)
    if unknown := names - set(CONSENT_CHANNELS):
        raise InvalidInput(
            f"There is no channel “{min(unknown)[:40]}” that answers by itself", "Choose others"
        )
    if not names:
        raise InvalidInput("No channel is chosen, so nobody would be answered", "Choose at least one channel")
    return [channel.value for channel in CONSENT_CHANNELS if channel in names]


def _list(account_id: UUID, list_id: UUID | None) -> UUID | None:
    if list_id and not ContactList.objects.filter(account_id=account_id, id=list_id).exists():
        raise InvalidInput("This list doesn't exist (any more)", "Choose another list, or none")
    return list_id


def _hours(wanted: Wanted) -> tuple[list[int], time, time]:
    days = set(wanted.days)
    if wanted.opens is None or wanted.closes is None:
        raise InvalidInput("The hours need a beginning and an end", "Say from when until when you are there")
    if not days <= WEEK:
        raise InvalidInput("There is no such day of the week", "Choose days from Monday to Sunday")
    return sorted(days), wanted.opens, wanted.closes


def _check_alone(automation: Automation) -> None:
    """One message has one answer: two that are on may not wait for the same."""
    if not automation.enabled:
        return
    others = _on(automation.account_id).filter(
        kind=automation.kind, channels__overlap=list(automation.channels)
    )
    for other in others.exclude(id=automation.id):
        channel = next(each for each in other.channels if automation.covers(each))
        label = Channel(channel).label
        if automation.what is not AutomationKind.KEYWORD:
            raise Conflict(
                f"Another {other.what.label.lower()} is on for {label} already",
                "Change that one, or leave the channel out",
            )
        if word := keywords.shared(automation.words, other.words):
            raise Conflict(
                f"“{word}” is answered on {label} by another keyword reply already",
                "Take the word out, or change that one",
            )


def _on(account_id: UUID) -> QuerySet[Automation]:
    return Automation.objects.filter(account_id=account_id, enabled=True)


def _changed(account_id: UUID) -> None:
    kinds = sorted(set(_on(account_id).values_list("kind", flat=True)))
    Account.objects.filter(id=account_id).update(automated=kinds)
    announce(account_id, "automations")
