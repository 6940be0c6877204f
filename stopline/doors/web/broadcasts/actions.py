"""What one does with a broadcast: each is its verb, and the pages that show it follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from stopline.apps.broadcasts import broadcast as verbs
from stopline.apps.broadcasts import progress
from stopline.doors.web.broadcasts import find, review
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.rules.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from stopline.apps.broadcasts.models import Broadcast


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    found = find.draft(request.member, broadcast_id)
    refusal = None

    if request.method == "POST":
        try:
            verbs.send(request.member, found)
        except InvalidInput as problem:
            refusal = problem
        else:
            text = "Scheduled." if _later(found) else "On its way."
            return _moved(request, text, reverse("broadcast", args=[found.id]))

    page = review.summed(found)
    page |= {
        "refusal": refusal,
        "later": _later(found),
        "submit_label": "" if page["missing"] else "Schedule" if _later(found) else "Send",
        "cancel_url": reverse("review_broadcast", args=[found.id]),
    }
    return render(request, "broadcasts/send.html", page, status=422 if refusal else 200)


@signed_in
@require_POST
def pause(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    found = find.broadcast(request.member, broadcast_id)

    verbs.pause(found)

    return _done(request, found, "Paused: nothing leaves until it is resumed.")


@signed_in
@require_POST
def resume(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    found = find.broadcast(request.member, broadcast_id)

    verbs.resume(found)

    return _done(request, found, "Resumed: it goes on where it stopped.")


@signed_in
@require_POST
def unschedule(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    found = find.broadcast(request.member, broadcast_id)

    verbs.unschedule(found)

    return _moved(request, "It is a draft again.", reverse("edit_broadcast", args=[found.id]))


@signed_in
@require_POST
def copy(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    made = verbs.copy(request.member, find.broadcast(request.member, broadcast_id))

    return _moved(request, "Copied. This is the copy.", reverse("edit_broadcast", args=[made.id]))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    found = find.broadcast(request.member, broadcast_id)
    going = progress.of(found)

    page = {
        "waiting": going.messages - going.settled,
        "submit_label": "Cancel broadcast",
        "submit_kind": "danger",
    }
    return _ask(request, found, "broadcasts/cancel.html", page, lambda: verbs.cancel(found), "Cancelled.")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def retry(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    found = find.broadcast(request.member, broadcast_id)

    page = {"unknown": progress.of(found).count("unknown"), "submit_label": "Retry"}
    verb = lambda: verbs.retry_unknown(request.member, found)  # noqa: E731  as the others hand theirs over
    return _ask(request, found, "broadcasts/retry.html", page, verb, "They go out again.")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    found = find.broadcast(request.member, broadcast_id)

    if request.method == "POST":
        verbs.delete(found)
        return _moved(request, f"Draft {found.name} deleted.", reverse("broadcasts"))

    page = {
        "broadcast": found,
        "submit_label": "Delete draft",
        "submit_kind": "danger",
        "cancel_url": reverse("edit_broadcast", args=[found.id]),
    }
    return render(request, "broadcasts/delete.html", page)


def _ask(
    request: MemberRequest,
    broadcast: Broadcast,
    template: str,
    page: dict[str, Any],
    verb: Callable[[], object],
    text: str,
) -> HttpResponse:
    """A dialog that says what will happen, then the verb; a refusal stays in the dialog."""
    refusal = None
    if request.method == "POST":
        try:
            verb()
        except Conflict as problem:
            refusal = problem
        else:
            return _done(request, broadcast, text)
    page |= {
        "broadcast": broadcast,
        "refusal": refusal,
        "cancel_url": reverse("broadcast", args=[broadcast.id]),
    }
    return render(request, template, page, status=422 if refusal else 200)


def _done(request: MemberRequest, broadcast: Broadcast, text: str) -> HttpResponse:
    """The page of the broadcast follows by its live topic."""
    if not request.htmx:
        messages.success(request, text)
        return redirect("broadcast", broadcast.id)
    response = trigger_client_event(HttpResponse(status=204), "toast", {"text": text})
    trigger_client_event(response, "close-dialog")
    return trigger_client_event(response, f"live:broadcast:{broadcast.id}")


def _moved(request: MemberRequest, text: str, to: str) -> HttpResponse:
    messages.success(request, text)
    return HttpResponseClientRedirect(to) if request.htmx else redirect(to)


def _later(broadcast: Broadcast) -> bool:
    return verbs.begins_later(broadcast)
