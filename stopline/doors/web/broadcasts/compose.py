"""Writing a draft: one form for who, where, what and when. What can't be used is named beside it, and stays typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from stopline.apps.broadcasts import audience as audiences
from stopline.apps.broadcasts import broadcast as verbs
from stopline.apps.broadcasts import composing
from stopline.doors.web.attempt import attempt
from stopline.doors.web.broadcasts import contents, find, previewing, states
from stopline.doors.web.broadcasts.form import Draft, typed
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.rules import files
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CONSENT_CHANNELS, Channel

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from stopline.apps.broadcasts.models import Broadcast

NEXT = {"preview": "preview_broadcast", "review": "review_broadcast"}  # where a button leads once it is saved


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    found = find.broadcast(request.member, broadcast_id)
    if request.method != "POST":
        if not found.is_draft:
            return redirect("broadcast", found.id)
        return _page(request, found, Draft(found))
    form = Draft(found, request.POST)
    if request.POST.get("then") == "template":  # chosen, not filled in yet: there is nothing to save
        return _page(request, found, form)

    problems = _save(request, found, form)

    if form.errors or problems:
        return _page(request, found, form, problems)
    return _next(request, found)


@signed_in
@require_POST
def audience(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    """How many are meant by what is chosen in the form, saved or not."""
    found = find.draft(request.member, broadcast_id)
    page: dict[str, Any] = {}

    try:
        page["reach"] = audiences.reach(typed(found, request.POST))
    except InvalidInput as problem:
        page["problem"] = str(problem)

    return render(request, "broadcasts/audience_count.html", page)


@signed_in
@require_POST
def template(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    """The part of the form for a channel that takes only templates, once another one is chosen."""
    found = find.draft(request.member, broadcast_id)

    card = next(each for each in contents.cards(found, request.POST) if each.channel is Channel.WHATSAPP)

    return render(request, "broadcasts/template.html", {"card": card, "broadcast": found})


def _save(request: MemberRequest, broadcast: Broadcast, form: Draft) -> dict[str, str]:
    if form.is_valid():
        attempt(form, lambda: verbs.change(broadcast, **form.values))
    if form.errors:
        broadcast.channels = form.channels
    return contents.write(broadcast, request.POST, _chosen(request, form)) if not form.errors else {}


def _chosen(request: MemberRequest, form: Draft) -> dict[str, list[UploadedFile]]:
    largest = settings.FILE_UPLOAD_MAX_MEMORY_SIZE
    if (
        int(request.META.get("CONTENT_LENGTH") or 0) > largest
    ):  # Django would leave the files out and say nothing
        form.add_error(None, f"The files have more than {files.size(largest)} together. Choose smaller ones.")
    return {channel: request.FILES.getlist(f"{channel}-files") for channel in CONSENT_CHANNELS}


def _next(request: MemberRequest, broadcast: Broadcast) -> HttpResponse:
    then = request.POST.get("then", "")
    if then in NEXT:
        return redirect(NEXT[then], broadcast.id)
    here = reverse("edit_broadcast", args=[broadcast.id])
    if request.POST.get("move"):
        return redirect(f"{here}#channels")
    if request.POST.get("added_filter"):
        return redirect(f"{here}#audience")
    messages.success(request, "Draft saved.")
    return redirect(here)


def _page(
    request: MemberRequest, broadcast: Broadcast, form: Draft, problems: dict[str, str] | None = None
) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    page = {
        "broadcast": broadcast,
        "look": states.look(broadcast),
        "form": form,
        "cards": contents.cards(broadcast, sent, problems),
        "fields": contents.inserts(broadcast.account),
        "problems": [f"{Channel(channel).label}: {words}" for channel, words in (problems or {}).items()],
        **previewing.shown(broadcast, composing.contents(broadcast), request),
    }
    return render(request, "broadcasts/compose.html", page, status=422 if form.errors or problems else 200)
