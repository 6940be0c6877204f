"""The dialog Unsubscribe contact."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from stopline.apps.consent import subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.contacts import standing
from stopline.doors.web.contacts import badges, channels, chosen
from stopline.doors.web.contacts.answer import done
from stopline.doors.web.contacts.chosen import Chosen
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.rules.errors import InvalidInput

LONGEST_REASON = 500


@signed_in
def unsubscribe(request: MemberRequest) -> HttpResponse:
    actor = Actor.member(request.member)
    subscription.require_right(request.member.account_id, actor, "unsubscribe")
    sent = request.POST if request.method == "POST" else request.GET
    who = chosen.read(request.member.account, sent)

    if request.method == "POST" and not channels.still_choosing(sent):
        try:
            return _unsubscribe(request, who, actor)
        except InvalidInput as refusal:
            return _dialog(request, who, refusal)

    return _dialog(request, who)


def _unsubscribe(request: MemberRequest, who: Chosen, actor: Actor) -> HttpResponse:
    named = request.POST.getlist("channels")
    reason = channels.typed(request, "reason")[:LONGEST_REASON]
    if not who.count:
        raise InvalidInput("Nobody is chosen.", "Find a contact and add it")
    changes = [
        change
        for batch in who.batches()
        for change in standing.unsubscribe(who.account.id, batch, named, actor=actor, reason=reason)
    ]
    news = channels.news(who, changes, "unsubscribed from")
    return done(request, news, channels.back(who), "contacts", "standing")


def _dialog(request: MemberRequest, who: Chosen, refusal: InvalidInput | None = None) -> HttpResponse:
    sent = request.POST or request.GET
    shown = badges.of(who.account.id, who.contacts)
    context: dict[str, Any] = {
        "who": who,
        "options": channels.options(who, shown, sent.getlist("channels"), wanted=False),
        "reason": sent.get("reason", ""),
        "find": sent.get("find", ""),
        "found": chosen.suggestions(who.account, sent.get("find", ""), who.contacts),
        "refusal": channels.said(refusal),
        "action": reverse("unsubscribe"),
        "cancel_url": channels.back(who),
        "submit_label": "Mark unsubscribed",
        "submit_kind": "danger",
    }
    return render(request, "contacts/unsubscribe.html", context, status=422 if refusal else 200)
