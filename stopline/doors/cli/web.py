"""`stopline web`: Granian serves pages and static files."""

import os
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from stopline.doors.cli.installation import Installation
from stopline.project import lifeline

STOP_SECONDS = 3  # open event streams never end by themselves; browsers come back by themselves
A_YEAR = 31_536_000  # static names carry the content's hash


def web(installation: Installation) -> None:
    server = Granian(
        "stopline.project.asgi:application",
        address=installation.host,
        port=installation.port,
        interface=Interfaces.ASGI,
        workers=int(os.environ.get("STOPLINE_WEB_WORKERS") or 1),
        workers_kill_timeout=STOP_SECONDS,
        websockets=False,
        log_level=LogLevels.warning,
        static_path_route=["/static"],
        static_path_mount=[Path(installation.data / "static")],
        static_path_expires=A_YEAR,
    )
    server.serve(target_loader=load)


def load(_target: str) -> Any:
    """Runs in each of Granian's own children, which must not outlive it and keep the port."""
    lifeline.end_without_parent()
    from stopline.project.asgi import application

    return application
