"""Providers' webhooks: POST /inbound/<provider>/<token>.

201 something new was taken, 200 everything in it was seen before or needed no answer, 4xx a problem document
(RFC 9457). Answers only after what it was given is stored.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

import structlog

from stopline.apps.inbox import receive as inbox
from stopline.apps.inbox import stored
from stopline.apps.sending.models import Connection, account_of_token
from stopline.doors.asgi import Receive, Scope, Send, TooLarge, answer, headers, in_thread, problem, read_body
from stopline.providers.base import Progress, Received, Request
from stopline.providers.registry import PROVIDERS
from stopline.rules.errors import NotFound, StoplineError

LARGEST_BODY = 1_000_000  # bytes
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    status: int
    body: dict[str, Any]


class InboundDoor:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts = scope["path"].strip("/").split("/")
        if scope["method"] != "POST":
            await problem(
                send, 405, "Only POST is taken here", "Send the event as the body of a POST request."
            )
            return
        try:
            request = Request(await read_body(receive, LARGEST_BODY), headers(scope))
            done = await in_thread(take, parts[1:], request)
            await answer(send, done.status, done.body)
        except TooLarge:
            await problem(send, 413, "The body is too large", f"At most {LARGEST_BODY} bytes are taken.")
        except StoplineError as error:
            await problem(send, error.status, error.title, f"{error.detail} {error.next_step}".strip())
        except Exception:  # the provider must learn that it has to come again, and we that something is wrong
            log.exception("inbound.failed", provider=parts[1] if len(parts) > 1 else "")
            await problem(send, 503, "Not taken", "Stopline could not store this just now. Send it again.")


def take(path: list[str], request: Request) -> Done:
    connection = _connection(path)
    receiver = PROVIDERS[connection.provider].receiver()
    receiver.verify(request, connection.token)
    events = receiver.read(request)
    reports = [event for event in events if isinstance(event, Progress)]
    taken = [inbox.take(connection, event) for event in events if isinstance(event, Received)]
    if reports:
        stored.progress(connection, reports)
    for event in events:
        if not isinstance(event, Received | Progress):
            stored.keep(connection, event)
    new = any(each.new for each in taken)
    return Done(201 if new else 200, {"new": sum(each.new for each in taken), "events": len(events)})


def _connection(path: list[str]) -> Connection:
    """The connection an address names. The token is compared in constant time, and every miss looks the same."""
    unknown = NotFound("No connection has this address. Copy it again from Settings, Channels.")
    if len(path) != 2 or path[0] not in PROVIDERS:
        raise unknown
    account_id = account_of_token(path[1])
    if account_id is None:
        raise unknown
    own = Connection.objects.filter(account_id=account_id, provider=path[0]).select_related("account")
    found = next((each for each in own if hmac.compare_digest(each.token.encode(), path[1].encode())), None)
    if found is None:
        raise unknown
    return found
