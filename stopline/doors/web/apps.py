from __future__ import annotations

import sys
from typing import Any

from django.apps import AppConfig
from django.core.signals import got_request_exception
from django.db.utils import InterfaceError, OperationalError


class WebConfig(AppConfig):
    name = "stopline.doors.web"

    def ready(self) -> None:
        got_request_exception.connect(_look_at_connections)


def _look_at_connections(**_: Any) -> None:
    """A page that failed on a dead connection is the last to: the others of the pool are looked at."""
    from stopline.doors.asgi import renew_pool

    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        renew_pool()
