"""What the frame around every page needs to know."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from stopline.apps.inbox import support
from stopline.apps.sending import health


def frame(request: HttpRequest) -> dict[str, Any]:
    """`support` and `paused` are looked up where they are shown: on whole pages, not in the parts that htmx fetches."""
    member = getattr(request, "member", None)
    return {
        "member": member,
        "sandbox_enabled": settings.SANDBOX,
        "theme": request.COOKIES.get("theme", "system"),
        "support": SimpleLazyObject(partial(support.entrance, member)) if member else None,
        "paused": health.paused_by_stopline(member.account_id) if member and member.is_admin else None,
    }
