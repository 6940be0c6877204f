"""An e-mail's HTML, in a frame of its own that runs nothing and fetches nothing until it is asked to.

Three walls: only harmless elements are left of it, the page's own policy forbids all but styles (and images when they
are asked for), and the frame is sandboxed with an origin that is nobody's.
"""

from __future__ import annotations

from uuid import UUID

import nh3
from csp.decorators import csp
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from stopline.doors.web.guard import signed_in
from stopline.doors.web.inbox.find import find, message_in
from stopline.doors.web.request import MemberRequest

TAGS = nh3.ALLOWED_TAGS | {
    "font",
    "center",
    "big",
    "col",
    "colgroup",
    "caption",
    "section",
    "article",
    "header",
    "footer",
}
STYLING = {
    *(
        "style",
        "align",
        "valign",
        "width",
        "height",
        "bgcolor",
        "color",
        "border",
        "cellpadding",
        "cellspacing",
    ),
    *("face", "size", "dir", "lang", "title"),
}
ATTRIBUTES = {
    "*": STYLING,
    "a": {"href", "hreflang"},
    "img": {"src", "alt", *STYLING},
    "td": {"colspan", "rowspan", "nowrap", *STYLING},
    "th": {"colspan", "rowspan", "nowrap", "scope", *STYLING},
}
PICTURES = ("data:image/png", "data:image/jpeg", "data:image/gif", "data:image/webp")
POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'self'"],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}

PICTURES_POLICY = {**POLICY, "img-src": ["data:", "https:", "http:"]}


@signed_in
@require_safe
@xframe_options_sameorigin
def formatted(request: MemberRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Alone in its frame; `images=1` lets the frame fetch pictures, which tells their sender that it was read."""
    message = message_in(find(request.member, conversation_id), message_id)
    html = message.parts.get("html", "")
    if not html:
        raise Http404

    return framed(request, html, images=request.GET.get("images") == "1")


def framed(request: HttpRequest, html: str, *, images: bool) -> HttpResponse:
    """What is left of it, as a page of its own that a frame shows."""
    page = {"html": clean(html, images=images), "ask": not images and has_remote_images(html)}

    response = render(request, "inbox/formatted.html", page)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return _under(PICTURES_POLICY if images else POLICY, request, response)


def _under(policy: dict[str, list[str]], request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """In the place of the application's own policy."""

    def show(_request: HttpRequest) -> HttpResponse:
        return response

    csp(policy)(show)(request)
    return response


def clean(html: str, *, images: bool = False) -> str:
    """What is left of it can be shown: no scripts, forms, frames, addresses of other kinds, and no pictures from
    elsewhere unless `images`."""

    def attribute(_tag: str, name: str, value: str) -> str | None:
        address = "".join(value.split()).lower()
        if name == "src":
            return (
                value
                if address.startswith(PICTURES) or (images and address.startswith(("https:", "http:")))
                else None
            )
        if name == "href":
            return value if address.startswith(("https:", "http:", "mailto:", "tel:")) else None
        if name == "style":  # the only other way to fetch something
            return (
                None if any(word in address for word in ("url(", "image(", "image-set", "@", "\\")) else value
            )
        return value

    return nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags={
            "script",
            "style",
            "title",
            "head",
            "noscript",
            "template",
            "svg",
            "math",
            "object",
        },
        attributes=ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes={"https", "http", "mailto", "tel", "data"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer nofollow",
    )


def has_remote_images(html: str) -> bool:
    return clean(html, images=True) != clean(html)
