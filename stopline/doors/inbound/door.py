"""Providers' webhooks: POST /inbound/<provider>/<token>.

201 something new was taken, 200 everything in it was seen before or needed no answer (or what the provider wants to
hear instead, `Provider.thanks`), 4xx a problem document (RFC 9457). Answers only after what it was given is stored; an
opt-out is in force by then, unless the answer counts it as `waiting` for a hand-off that hangs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog

from stopline.apps.inbox import receive as inbox
from stopline.apps.inbox import stored
from stopline.apps.sending import connections
from stopline.apps.sending.models import Connection
from stopline.doors.asgi import (
    Gone,
    Receive,
    Scope,
    Send,
    TooLarge,
    answer,
    headers,
    in_thread,
    problem,
    read_body,
    reply,
)
from stopline.providers.base import Event, OptOut, Progress, Received, Reply, Request
from stopline.providers.registry import PROVIDERS
from stopline.rules.errors import InvalidInput, NotFound, StoplineError

LARGEST_BODY = 1_000_000  # bytes
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    status: int
    body: dict[str, Any]


class InboundDoor:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts = scope["path"].strip("/").split("/")
        provider = PROVIDERS.get(parts[1]) if len(parts) > 1 else None
        largest = provider.largest_body if provider else LARGEST_BODY
        try:
            body = await read_body(receive, largest)
            query = scope["query_string"].decode("latin-1")
            request = Request(body, headers(scope), scope["method"], query)
            done = await in_thread(take, parts[1:], request)
            if isinstance(done, Reply):
                await reply(send, done.status, done.body, done.content_type.encode())
            else:
                await answer(send, done.status, done.body)
        except Gone:
            return  # nobody is there to hear anything; the provider comes again
        except TooLarge:
            await problem(send, 413, "The body is too large", f"At most {largest} bytes are taken.")
        except StoplineError as error:
            told = ". ".join(part for part in (error.detail, error.next_step) if part)
            await problem(send, error.status, error.title, told)
        except Exception:  # the provider must learn that it has to come again, and we that something is wrong
            log.exception("inbound.failed", provider=parts[1] if len(parts) > 1 else "")
            await problem(send, 503, "Not taken", "Stopline could not store this just now. Send it again.")


async def knows_sandbox(token: str) -> bool:
    """Whether a sandbox connection has this token: nobody else may fill the sandbox's log."""
    try:
        await in_thread(_connection, ["sandbox", token])
    except NotFound:
        return False
    return True


def take(path: list[str], request: Request) -> Done | Reply:
    connection = _connection(path)
    provider = PROVIDERS[connection.provider]
    receiver = provider.receiver()
    way = connections.way(connection)
    if told := receiver.handshake(request, way):
        return told
    if request.method != "POST":
        raise InvalidInput("Only POST is taken here", "Send the event as the body of a POST request")
    receiver.verify(request, way)
    done = settle(connection, receiver.read(request))
    return provider.thanks or done


def settle(connection: Connection, events: list[Event]) -> Done:
    """Stores and applies what was read, by whichever door it came."""
    stored.progress(connection, [event for event in events if isinstance(event, Progress)])
    taken = [_take_one(connection, event, alone=len(events) == 1) for event in events]
    new = sum(each.new for each in taken)
    # What waits is stored and will be applied; everything else is in force when the answer leaves.
    waiting = sum(not each.applied for each in taken)
    return Done(201 if new else 200, {"new": new, "events": len(events), "waiting": waiting})


def _take_one(connection: Connection, event: Event, *, alone: bool) -> inbox.Taken:
    """One bad message never sinks a batch: it is kept with what is wrong with it."""
    match event:
        case Progress():
            pass
        case Received():
            try:
                return inbox.take(connection, event)
            except InvalidInput as error:
                if alone:
                    raise
                stored.keep(connection, event, str(error))
        case OptOut():
            return stored.opt_out(connection, event)
        case _:
            stored.keep(connection, event)
    return inbox.Taken(new=False)


def _connection(path: list[str]) -> Connection:
    if len(path) != 2 or path[0] not in PROVIDERS:
        raise NotFound("No connection has this address", "Copy it again from Settings, Channels")
    return connections.of_token(*path)
