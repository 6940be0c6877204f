"""Reads what Meta posts to the webhook: messages, delivery states, and whether people want marketing messages.

A body holds several entries, each several changes, each several things that happened: {"object":
"whatsapp_business_account", "entry": [{"id", "changes": [{"field", "value": {"messages", "statuses", …}}]}]}
(Webhooks reference, read 23 November 2026).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson

from stopline.providers.base import (
    Event,
    InboundMedia,
    OptOut,
    Progress,
    Reply,
    Request,
    Unknown,
    Way,
)
from stopline.providers.documents import document
from stopline.providers.whatsapp_cloud import failures, graph, media, messages
from stopline.rules.errors import NotAllowed
from stopline.rules.words import Channel, MessageState, Source

OBJECT = "whatsapp_business_account"
STATES = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "played": MessageState.READ,  # a voice message
    "failed": MessageState.FAILED,
}
SIGNED = "x-hub-signature-256"
LISTS = ("messages", "statuses", "user_preferences", "errors")
PREFERENCES = {
    "stop": "Stopped marketing messages in WhatsApp.",
    "resume": "Resumed marketing messages in WhatsApp.",
}


class WhatsAppReceiver:
    def verify(self, request: Request, way: Way) -> None:
        """HMAC-SHA-256 of the body as it came, under the app's secret."""
        secret = way.credentials.get("app_secret", "").strip()
        if not secret:
            raise NotAllowed(
                "The connection has no app secret, so nothing can prove that this comes from Meta",
                "Enter it under Settings, Channels",
            )
        expected = f"sha256={hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()}"
        given = request.headers.get(SIGNED, "")
        if not hmac.compare_digest(expected.encode(), given.strip().lower().encode("utf-8", "replace")):
            raise NotAllowed(
                "The signature doesn't fit the body",
                "Compare the app secret with the one in Meta's app dashboard",
            )

    def handshake(self, request: Request, way: Way) -> Reply | None:
        """Meta asks once, when the webhook is set up, to hear its challenge again. Raises NotAllowed."""
        if request.method != "GET":
            return None
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        if query.get("hub.mode") != "subscribe":
            return None
        expected = way.credentials.get("verify_token") or way.token
        given = query.get("hub.verify_token", "")
        if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
            raise NotAllowed("The verify token is another", "Copy it from the connection's settings")
        return Reply(200, query.get("hub.challenge", "")[:200].encode("utf-8", "replace"))

    def read(self, request: Request) -> list[Event]:
        body = document(request.body)
        events = list(_events(body)) if body.get("object") == OBJECT else []
        return events or [_unknown(body)]

    async def fetch(self, way: Way, media_file: InboundMedia) -> InboundMedia:
        return await media.fetch(way, media_file)


def _events(body: Mapping[str, Any]) -> Iterator[Event]:
    for entry in _dicts(body.get("entry")):
        for change in _dicts(entry.get("changes")):
            yield from _of_change(entry, change)


def _of_change(entry: Mapping[str, Any], change: Mapping[str, Any]) -> Iterator[Event]:
    given = change.get("value")
    value = given if isinstance(given, dict) else {}
    happened = [(kind, each) for kind in LISTS for each in _dicts(value.get(kind))]
    about = {key: kept for key, kept in value.items() if key not in LISTS}
    for kind, each in happened:
        raw = _alone(entry, {**change, "value": {**about, kind: [each]}})
        yield from _read(kind, each, value, raw)
    if not happened:
        yield _unknown(_alone(entry, change))


def _alone(entry: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """One change as a body of its own, which `read` reads again."""
    rest = {key: kept for key, kept in entry.items() if key != "changes"}
    return {"object": OBJECT, "entry": [{**rest, "changes": [dict(change)]}]}


def _read(
    kind: str, each: dict[str, Any], value: Mapping[str, Any], raw: Mapping[str, Any]
) -> Iterator[Event]:
    match kind:
        case "messages" if each.get("type") == "system":
            yield _system(each, raw)
        case "messages":
            yield messages.read(each, _name(value, each), raw) or _unknown(raw)
        case "statuses":
            yield from _status(each, raw)
        case "user_preferences":
            yield _preference(each.get("wa_id"), each, each.get("value"), raw)
        case _:
            yield _unknown(raw)


def _name(value: Mapping[str, Any], message: Mapping[str, Any]) -> str:
    """As the person calls themselves."""
    for contact in _dicts(value.get("contacts")):
        if contact.get("wa_id") == message.get("from"):
            profile = contact.get("profile")
            name = profile.get("name") if isinstance(profile, dict) else ""
            return name if isinstance(name, str) else ""
    return ""


def _status(each: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[Event]:
    known, provider_id = STATES.get(str(each.get("status"))), each.get("id")
    if known is None or not isinstance(provider_id, str) or not provider_id:
        yield _unknown(raw)
        return
    provider_id = graph.kept(provider_id)
    why, stopped = failures.in_status(each.get("errors")) if known is MessageState.FAILED else ("", False)
    yield Progress(f"{provider_id}:{known.value}", provider_id, known, raw, why)
    recipient = each.get("recipient_id")
    if stopped and _is_phone(recipient):
        yield OptOut(
            f"{provider_id}:stop",
            Channel.WHATSAPP,
            graph.phone(str(recipient)),
            Source.PROVIDER,
            "WhatsApp refused a message: the contact has stopped this business's marketing messages.",
            raw,
            provider_id=provider_id,
        )


def _system(each: Mapping[str, Any], raw: Mapping[str, Any]) -> Event:
    """A change of preference, where it comes as a message; a change of number is kept for people."""
    system = each.get("system")
    wanted = system.get("marketing") if isinstance(system, dict) else None
    return _preference(each.get("from"), each, wanted, raw)


def _preference(wa_id: object, each: Mapping[str, Any], wanted: object, raw: Mapping[str, Any]) -> Event:
    category = each.get("category", "marketing_messages")
    words = PREFERENCES.get(wanted) if isinstance(wanted, str) else None
    if not _is_phone(wa_id) or words is None or category != "marketing_messages":
        return _unknown(raw)
    # A later change of mind is another event; the same one told again is not.
    timestamp = str(each.get("timestamp", ""))[:20]
    return OptOut(
        f"preference:{wa_id}:{timestamp}:{wanted}",
        Channel.WHATSAPP,
        graph.phone(str(wa_id)),
        Source.PROVIDER,
        words,
        raw,
        stop=wanted == "stop",
        at=_time(timestamp),
    )


def _time(seconds: str) -> datetime | None:
    known = seconds.isascii() and seconds.isdecimal() and len(seconds) <= 10
    return datetime.fromtimestamp(int(seconds), UTC) if known else None


def _is_phone(found: object) -> bool:
    return (
        isinstance(found, str)
        and found.isascii()
        and found.removeprefix("+").isdecimal()
        and len(found) <= 16
    )


def _unknown(raw: Mapping[str, Any]) -> Unknown:
    """The same content has the same id, however often it comes."""
    return Unknown(hashlib.sha256(orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)).hexdigest(), raw)


def _dicts(found: object) -> list[dict[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
