"""What the frame around every page needs to know."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    return {
        "member": getattr(request, "member", None),
        "sandbox_enabled": settings.SANDBOX,
        "theme": request.COOKIES.get("theme", "system"),
    }
