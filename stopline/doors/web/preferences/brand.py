"""The account's logo and colour on its preference page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from stopline.doors.web.preferences.page import find, missing

if TYPE_CHECKING:
    from stopline.apps.consent.models import PreferencePage

POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


@require_http_methods(["GET", "HEAD"])
def logo(request: HttpRequest, token: str) -> HttpResponse:
    held = find(request, token)
    return picture(held.page) if held and held.page.logo else missing(request)


@require_http_methods(["GET", "HEAD"])
def colour(request: HttpRequest, token: str) -> HttpResponse:
    held = find(request, token)
    return style(held.page) if held else missing(request)


def picture(page: PreferencePage) -> HttpResponse:
    """Named as the kind its first bytes showed it to be, whatever it was sent as; browsers don't guess (nosniff)."""
    response = HttpResponse(bytes(page.logo), content_type=page.logo_type)
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "private, max-age=86400"
    return response


def style(page: PreferencePage) -> HttpResponse:
    """A style sheet of its own: the page's policy allows none inside it."""
    own = f"{{ --accent: {page.colour}; --accent-hover: color-mix(in oklab, {page.colour} 86%, black); }}"
    response = HttpResponse(f":root {own}" if page.colour else "", content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "private, max-age=600"
    return response
