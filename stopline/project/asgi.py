"""The ASGI application: a few raw doors in front, Django for everything that has pages.

Raw, because providers and open browsers outnumber people by far: these paths need no session, no CSRF token and
no template, and Django's middleware would be most of their cost.
"""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stopline.project.settings")

from django.core.asgi import get_asgi_application

django = get_asgi_application()

from django.conf import settings

from stopline.doors import garbage
from stopline.doors.inbound.door import InboundDoor, knows_sandbox
from stopline.doors.inbound.health import healthz
from stopline.doors.live.door import LiveDoor
from stopline.providers.sandbox import gateway

inbound = InboundDoor()
live = LiveDoor()
sandbox = gateway.from_environment(settings.STOPLINE_DATA, knows_sandbox) if settings.SANDBOX else None


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    path = scope.get("path", "")
    if scope["type"] != "http":
        await _lifespan(receive, send)
    elif path.startswith("/inbound/"):
        await inbound(scope, receive, send)
    elif sandbox and path.startswith(gateway.PATHS):
        await sandbox(scope, receive, send)
    elif path == "/live/":
        await live(scope, receive, send)
    elif path == "/healthz":
        await healthz(scope, receive, send)
    else:
        await django(scope, receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            garbage.look_seldom()
            await send({"type": "lifespan.startup.complete"})
        elif event["type"] == "lifespan.shutdown":
            await live.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        else:
            return
