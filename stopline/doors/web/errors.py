"""Pages for what goes wrong outside our own verbs, in the same form as the refusals of the verbs."""
# ruff: noqa: ARG001  Django passes request and exception by name

from __future__ import annotations

from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from stopline.rules.errors import NotAllowed, NotFound, StoplineError

log = structlog.get_logger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    said = StoplineError(
        "The browser sent something that this page can't read",
        "Go back, reload the page and try again",
        title="This request can't be understood",
    )
    return HttpResponse(render_to_string("error.html", {"error": said}), status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(
        request, NotAllowed("Your sign-in doesn't open this page", "Ask an admin of your account"), 403
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    said = NotFound(
        "It may have been deleted, belong to another account, or the address is mistyped",
        "Check the address, or look for it from the start page",
        title="There is nothing here",
    )
    return _page(request, said, 404)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The CSRF check failed: nearly always a page left open over a sign-in or sign-out."""
    log.info("web.csrf_refused", reason=reason)
    said = NotAllowed(
        "The page was opened before the last sign-in, or the browser keeps no cookies for this site",
        "Reload the page and send it again. Nothing was changed",
        title="This form is out of date",
    )
    return _page(request, said, 403)


def too_many(request: HttpRequest, exception: Any = None) -> HttpResponse:
    said = StoplineError(
        "Too many requests came from your network in a short time",
        "Wait one minute, then try again",
        title="Not so fast",
    )
    response = _page(request, said, 429)
    response["Retry-After"] = "60"
    return response


def broken(request: HttpRequest) -> HttpResponse:
    """A fault of ours. Rendered without the request: whatever failed must not fail again here."""
    said = StoplineError(
        "Something went wrong inside Stopline. What happened is in its log",
        "Try again; if it stays, tell the person who runs this installation",
        title="This didn't work",
    )
    return HttpResponse(render_to_string("error.html", {"error": said}), status=500)


def _page(request: HttpRequest, error: StoplineError, status: int) -> HttpResponse:
    return render(request, "error.html", {"error": error}, status=status)
