"""The dialog Resubscribe contact: how it came to be, why it may be lifted, and the proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from stopline.apps.consent import evidence, subscription, told
from stopline.apps.consent.actors import Actor
from stopline.apps.contacts import standing
from stopline.apps.sending.agreement import differences
from stopline.doors.web.contacts import badges, channels, chosen
from stopline.doors.web.contacts.answer import done
from stopline.doors.web.contacts.chosen import Chosen
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.rules.errors import InvalidInput
from stopline.rules.lasting import still_refused
from stopline.rules.words import ResubscribeReason, Source

if TYPE_CHECKING:
    from stopline.apps.consent.models import Entry
    from stopline.apps.consent.subscription import Key
    from stopline.apps.contacts.models import Contact
    from stopline.doors.web.contacts.badges import Badge

LONGEST_EVIDENCE = 4000  # characters
TOLD = 20  # contacts whose story is told; the rest is counted


@dataclass(frozen=True, slots=True)
class Story:
    """How a contact came to be unsubscribed: by one decision, on the channels it reached."""

    contact: Contact
    entry: Entry
    channels: str
    why: str
    text: str  # the person's own words
    warnings: list[str]  # where a provider will go on refusing, and what the contact must do


@signed_in
def resubscribe(request: MemberRequest) -> HttpResponse:
    actor = Actor.member(request.member)
    subscription.require_right(request.member.account_id, actor, "resubscribe")
    sent = request.POST if request.method == "POST" else request.GET
    who = chosen.read(request.member.account, sent)

    if request.method == "POST" and not channels.still_choosing(sent):
        try:
            return _resubscribe(request, who, actor)
        except InvalidInput as refusal:
            return _dialog(request, who, refusal)

    return _dialog(request, who)


def _resubscribe(request: MemberRequest, who: Chosen, actor: Actor) -> HttpResponse:
    named = request.POST.getlist("channels")
    if not who.count:
        raise InvalidInput("Nobody is chosen.", "Find a contact and add it")
    with transaction.atomic():
        reason, proof = sent_proof(request)
        changes = [
            change
            for batch in who.batches()
            for change in standing.resubscribe(
                who.account.id, batch, named, actor=actor, reason=reason, evidence=proof
            )
        ]
    news = channels.news(who, changes, "subscribed again to")
    return done(request, news, channels.back(who), "contacts", "standing")


def _dialog(request: MemberRequest, who: Chosen, refusal: InvalidInput | None = None) -> HttpResponse:
    sent = request.POST or request.GET
    shown = badges.of(who.account.id, who.contacts)
    context: dict[str, Any] = {
        "who": who,
        "options": channels.options(who, shown, sent.getlist("channels"), wanted=True),
        "stories": [story for contact in who.contacts[:TOLD] for story in stories(contact, shown)],
        "untold": who.count - min(len(who.contacts), TOLD),
        "reasons": reasons(sent),
        "find": sent.get("find", ""),
        "found": chosen.suggestions(who.account, sent.get("find", ""), who.contacts),
        "refusal": channels.said(refusal),
        "action": reverse("resubscribe"),
        "cancel_url": channels.back(who),
        "submit_label": "Resubscribe",
        "wide": True,
    }
    return render(request, "contacts/resubscribe.html", context, status=422 if refusal else 200)


def reasons(sent: Mapping[str, str]) -> dict[str, Any]:
    """For contacts/reasons.html: the choices, each with whether it is chosen, and the evidence, as sent."""
    chosen_one = sent.get("reason")
    return {
        "choices": [(reason, reason == chosen_one) for reason in ResubscribeReason],
        "evidence": sent.get("evidence", ""),
    }


def sent_proof(request: MemberRequest) -> tuple[str, dict[str, Any]]:
    """The reason chosen in contacts/reasons.html, and its evidence; keeps a file. Raises InvalidInput."""
    reason = request.POST.get("reason", "")
    proof: dict[str, Any] = {"text": channels.typed(request, "evidence")[:LONGEST_EVIDENCE]}
    if file := request.FILES.get("file"):
        proof["file"] = evidence.reference(evidence.keep(request.member.account_id, file))
    return reason, proof


def stories(contact: Contact, shown: Mapping[UUID, list[Badge]]) -> list[Story]:
    """One for each decision that is in force, in the order of the channels."""
    held = differences.after_resubscribe(contact.account_id, contact.channels)
    decided: dict[tuple[object, ...], list[Badge]] = {}
    for badge in shown[contact.id]:
        if badge.unsubscribed and badge.entry:
            entry = badge.entry
            decided.setdefault((entry.at, entry.source, entry.actor_name, entry.reason), []).append(badge)
    return [_story(contact, those, held) for those in decided.values()]


def _story(contact: Contact, those: list[Badge], held: Mapping[Key, list[str]]) -> Story:
    entry = those[0].entry
    assert entry is not None  # `stories` takes no other
    labels = ", ".join(badge.channel.label for badge in those)
    why = told.why(entry)
    return Story(
        contact, entry, labels, why, str(entry.evidence.get("text") or ""), _warnings(those, entry, held)
    )


def _warnings(those: Iterable[Badge], entry: Entry, held: Mapping[Key, list[str]]) -> list[str]:
    """Where a provider will go on refusing: by what its kind does, and by its list where we have read that."""
    notes: list[str] = []
    for badge in those:
        notes += [
            still_refused(badge.channel, Source(entry.source)),
            *held.get((badge.channel, badge.address), []),
        ]
    return [note for note in dict.fromkeys(notes) if note]
