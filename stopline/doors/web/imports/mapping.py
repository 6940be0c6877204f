"""Saying what each column of a file is."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from stopline.apps.accounts import members
from stopline.apps.contacts import lists
from stopline.apps.contacts.csv_sniffing import DELIMITERS, ENCODINGS
from stopline.apps.contacts.importing import columns, uploads
from stopline.apps.contacts.models import Import
from stopline.doors.web.guard import signed_in
from stopline.doors.web.imports.progress import find
from stopline.doors.web.request import MemberRequest
from stopline.rules import consent
from stopline.rules.errors import Conflict, InvalidInput, NotFound, StoplineError


@dataclass(frozen=True, slots=True)
class Column:
    """A row of the page."""

    index: int
    name: str
    samples: list[str]
    chosen: str  # a target's key, or ""


@signed_in
@require_http_methods(["GET", "POST"])
def mapping(request: MemberRequest, import_id: UUID) -> HttpResponse:
    waiting = find(request.member, import_id, content=True)
    if waiting.state != Import.State.MAPPING:
        return HttpResponseRedirect(reverse("import_progress", args=[import_id]))
    if request.method == "GET":
        return _page(request, waiting, waiting.mapping)

    try:
        _do(request, waiting)
    except (InvalidInput, Conflict, NotFound) as refusal:
        return _page(request, waiting, _chosen(request, waiting), refusal)
    return HttpResponseRedirect(
        request.path if "read" in request.POST else reverse("import_progress", args=[import_id])
    )


def _do(request: MemberRequest, waiting: Import) -> None:
    if "read" in request.POST:
        uploads.read_again(waiting, request.POST.get("encoding", ""), request.POST.get("delimiter", ""))
    else:
        chosen, new = _list(request)
        uploads.start(waiting, request.member, _chosen(request, waiting), chosen, new)


def _chosen(request: MemberRequest, waiting: Import) -> dict[str, str]:
    given = {str(index): request.POST.get(f"column-{index}", "") for index in range(len(waiting.header))}
    return {index: target for index, target in given.items() if target}


def _list(request: MemberRequest) -> tuple[UUID | None, str]:
    text = request.POST.get("list", "")
    if text == "new":
        name = request.POST.get("new_list", "").strip()
        if not name:
            raise InvalidInput("The new list has no name.", "Write one, or choose another list")
        return None, name
    try:
        return (UUID(text) if text else None), ""
    except ValueError as error:
        raise InvalidInput("The chosen list doesn't exist.", "Choose one of the menu") from error


def _page(
    request: MemberRequest, waiting: Import, chosen: dict[str, str], refusal: StoplineError | None = None
) -> HttpResponse:
    locked = "" if request.member.is_admin else consent.admins_only(members.admin_names(waiting.account_id))
    if locked:
        chosen = {index: target for index, target in chosen.items() if not columns.marks({index: target})}
    context = {
        "waiting": waiting,
        "columns": _columns(waiting, chosen),
        "groups": _groups(request),
        "locked": locked,
        "subscription_group": columns.OPT_OUTS[0].group,
        "lists": lists.everything(waiting.account),
        "list": request.POST.get("list", ""),
        "new_list": request.POST.get("new_list", ""),
        "encodings": ENCODINGS.items(),
        "delimiters": DELIMITERS.items(),
        "refusal": refusal,
    }
    return render(request, "imports/mapping.html", context, status=refusal.status if refusal else 200)


def _columns(waiting: Import, chosen: dict[str, str]) -> list[Column]:
    rows = uploads.samples(waiting)
    return [
        Column(
            index,
            name or f"Column {index + 1}",
            [row[index][:120] for row in rows if row[index].strip()][:3],
            chosen.get(str(index), ""),
        )
        for index, name in enumerate(waiting.header)
    ]


def _groups(request: MemberRequest) -> list[tuple[str, list[columns.Target]]]:
    known = uploads.targets(request.member.account)
    return [(group, list(some)) for group, some in itertools.groupby(known, key=lambda target: target.group)]
