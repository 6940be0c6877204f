"""`stopline mail`: the mail door as a process.

STOPLINE_MAIL_PORT      where it listens; `stopline up` starts it where this is set
STOPLINE_MAIL_HOST      default 127.0.0.1: a mail server on this machine hands over
STOPLINE_MAIL_PROTOCOL  smtp (default) or lmtp
STOPLINE_MAIL_CERT, STOPLINE_MAIL_KEY  files of a certificate and its key: STARTTLS is offered
"""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from stopline.doors.mail.door import protocol
from stopline.rules.errors import InvalidInput

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    host: str
    port: int
    lmtp: bool
    tls: ssl.SSLContext | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Place:
        """Raises InvalidInput."""
        port = environment.get("STOPLINE_MAIL_PORT", "")
        spoken = environment.get("STOPLINE_MAIL_PROTOCOL") or "smtp"
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise InvalidInput(
                f"STOPLINE_MAIL_PORT is {port!r}", "Set it to a number from 1 to 65535, like 2525"
            )
        if spoken not in ("smtp", "lmtp"):
            raise InvalidInput(f"STOPLINE_MAIL_PROTOCOL is {spoken!r}", "Set it to smtp or lmtp")
        return cls(
            environment.get("STOPLINE_MAIL_HOST") or "127.0.0.1",
            int(port),
            spoken == "lmtp",
            _tls(environment),
        )


def _tls(environment: Mapping[str, str]) -> ssl.SSLContext | None:
    certificate, key = environment.get("STOPLINE_MAIL_CERT"), environment.get("STOPLINE_MAIL_KEY")
    if not certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key or None)
    except (OSError, ssl.SSLError) as error:
        raise InvalidInput(
            f"The certificate of the mail door can't be read: {error}", "Check STOPLINE_MAIL_CERT and _KEY"
        ) from error
    return context


async def serve(place: Place) -> None:
    """Until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wanted, stopping.set)
    try:
        server = await loop.create_server(
            lambda: protocol(lmtp=place.lmtp, tls=place.tls), place.host, place.port
        )
    except OSError as error:
        raise InvalidInput(
            f"The mail door can't listen on {place.host} port {place.port} ({error.strerror})",
            "Stop what uses it, or choose another STOPLINE_MAIL_PORT",
        ) from error
    log.info("mail.listening", host=place.host, port=place.port, lmtp=place.lmtp)
    async with server:
        await stopping.wait()


def run() -> None:
    asyncio.run(serve(Place.of(os.environ)))
