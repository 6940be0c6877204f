"""A request as the middleware hands it to a view: for annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from stopline.apps.accounts.models import Member


class Request(HttpRequest):
    """Anybody's. `member` is who asks, None before sign-in and for users without an account."""

    member: Member | None
    htmx: HtmxDetails


class MemberRequest(Request):
    """A member's, behind `guard.signed_in`. The view reaches rows through `member.account` only."""

    member: Member
