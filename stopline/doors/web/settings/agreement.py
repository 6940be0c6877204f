"""Settings → Channels → Agreement: where Stopline and the providers differ about who has opted out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from stopline.apps.accounts import members
from stopline.apps.accounts.models import Account
from stopline.apps.contacts.models import Contact
from stopline.apps.sending.agreement import differences, run
from stopline.apps.sending.agreement.differences import Compared, State
from stopline.apps.sending.models import ProviderOptOut
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.doors.web.settings.page import done
from stopline.rules.words import Channel

FEW = 20  # differences of each connection, before somebody asks for all of one
MANY = 100
LATELY = 20  # settled ones
TONES = {State.DONE: "positive", State.BROKEN: "negative", State.RUNNING: "accent", State.WAITING: "accent"}


@signed_in
@require_safe
def agreement(request: MemberRequest) -> HttpResponse:
    account = request.member.account
    every = differences.of(account)
    one = next((each for each in every if str(each.connection.id) == request.GET.get("connection")), None)

    page = {
        "compared": [_shown(request, each, whole=each is one) for each in ([one] if one else every)],
        "one": one,
        "settled": [] if one else _settled(account),
        "can_compare": any(each.abilities.any for each in every),
        "asks": members.whom_to_ask(request.member, "compare opt-outs"),
        "here": request.get_full_path(),
    }
    return render(
        request, "settings/agreement_list.html" if request.htmx else "settings/agreement.html", page
    )


@require_POST
@signed_in
def compare(request: MemberRequest) -> HttpResponse:
    asked = run.compare_now(request.member)
    text = f"Comparing {asked} connection{'' if asked == 1 else 's'}; this page follows."
    return done(request, text, "agreement", run.AGREEMENT)


def _shown(request: MemberRequest, each: Compared, *, whole: bool) -> dict[str, Any]:
    size = MANY if whole else FEW
    after = (request.GET.get("channel", ""), request.GET.get("after", "")) if whole else None
    found = differences.page(each.connection, size + 1, after if after and after[0] else None)
    rows, more = found[:size], len(found) > size
    names = _names(request.member.account_id, {row.row.address for row in rows})
    return {
        "each": each,
        "told": each.abilities.told(each.label),
        "tone": TONES.get(each.state, ""),
        "rows": [(row, Channel(row.row.channel).label, names.get(row.row.address)) for row in rows],
        "all": _link(each.connection.id) if more and not whole else "",
        "next": _link(each.connection.id, channel=rows[-1].row.channel, after=rows[-1].row.address)
        if more and whole
        else "",
    }


def _settled(account: Account) -> list[tuple[ProviderOptOut, str, Contact | None]]:
    rows = list(differences.settled(account, LATELY))
    names = _names(account.id, {row.address for row in rows})
    return [(row, Channel(row.channel).label, names.get(row.address)) for row in rows]


def _names(account_id: UUID, addresses: set[str]) -> dict[str, Contact]:
    mine = Contact.objects.filter(account_id=account_id).only(
        "account_id", "id", "first_name", "last_name", "phone", "email"
    )
    found = {str(each.phone): each for each in mine.filter(phone__in=addresses)}
    return found | {str(each.email): each for each in mine.filter(email__in=addresses)}


def _link(connection_id: UUID, **more: str) -> str:
    return f"{reverse('agreement')}?{urlencode({'connection': connection_id, **more})}"
