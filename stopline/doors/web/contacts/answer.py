"""What a page answers once something is done, with htmx and without."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from stopline.doors.web.request import MemberRequest


def done(request: MemberRequest, text: str, to: str, *changed: str) -> HttpResponse:
    """The dialog closes, the news is told, and what shows a `changed` live topic refreshes at once.

    `to`: the URL to go to where there is no dialog to close.
    """
    if not request.htmx:
        messages.success(request, text)
        return HttpResponseRedirect(to)
    response = HttpResponse(status=204)
    for name in ("close-dialog", "clear-selection", *(f"live:{topic}" for topic in changed)):
        trigger_client_event(response, name, {})
    return trigger_client_event(response, "toast", {"text": text})


def gone(request: MemberRequest, text: str, page: str, to: str, *changed: str) -> HttpResponse:
    """`done` for what has been deleted: whoever looks at its `page` is led `to` another."""
    if request.htmx and (request.htmx.current_url_abs_path or "").partition("?")[0] == page:
        messages.success(request, text)
        return HttpResponseClientRedirect(to)
    return done(request, text, to, *changed)
