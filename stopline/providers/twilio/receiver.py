"""Reads Twilio's webhooks: messages (twilio.com/docs/messaging/guides/webhook-request) and status callbacks
(twilio.com/docs/messaging/guides/track-outbound-message-status), both forms, told apart by their fields.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import orjson

from stopline.providers import documents, http
from stopline.providers.base import (
    Event,
    InboundMedia,
    OptOut,
    Progress,
    Received,
    Reply,
    Request,
    Unknown,
    Way,
)
from stopline.providers.errors import Misconfigured, OptedOutAtProvider, TryLater
from stopline.providers.twilio import account, codes, signature
from stopline.rules.errors import InvalidInput, NotAllowed, NotFound
from stopline.rules.keywords import Intent
from stopline.rules.words import Channel, MessageState, Source

STATES = {
    "accepted": MessageState.SENT,
    "scheduled": MessageState.SENT,
    "queued": MessageState.SENT,
    "sending": MessageState.SENT,
    "sent": MessageState.SENT,
    "partially_delivered": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "undelivered": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}
ARRIVING = ("received", "receiving")
INTENTS = {"STOP": Intent.OPT_OUT, "START": Intent.OPT_IN, "HELP": Intent.HELP}
CHANNELS = {"whatsapp": Channel.WHATSAPP, "rcs": Channel.RCS}
MOST_FIELDS, MOST_MEDIA = 500, 10
LARGEST_MEDIA = 25_000_000  # bytes
LONGEST_SID = 64


class TwilioReceiver:
    def verify(self, request: Request, way: Way) -> None:
        token, given = way.credentials.get("auth_token", ""), request.headers.get("x-twilio-signature", "")
        url = f"{way.webhook_url}?{request.query}" if request.query else way.webhook_url
        fields = _pairs(request) if _is_form(request) else None
        if not token or not signature.fits(given, token, url, fields, request.body):
            raise NotAllowed(
                "The signature is not Twilio's",
                "Check the Auth token under Settings, Channels, and that Twilio has the webhook's address exactly",
            )

    def read(self, request: Request) -> list[Event]:
        raw = _raw(request)
        fields = {name: value for name, value in raw.items() if isinstance(value, str)}
        state = (fields.get("MessageStatus") or fields.get("SmsStatus") or "").lower()
        sid = (fields.get("MessageSid") or fields.get("SmsSid") or "").strip()
        if not 0 < len(sid) <= LONGEST_SID:
            return [_unknown(raw)]
        if state in STATES:
            return _status(sid, state, fields, raw)
        if state in ARRIVING or (not state and "Body" in fields):
            return [_received(sid, fields, raw)]
        return [_unknown(raw)]

    def handshake(self, request: Request, way: Way) -> Reply | None:
        return None

    async def fetch(self, way: Way, media: InboundMedia) -> InboundMedia:
        """Twilio keeps it behind the account's sign-in, and redirects to where it is."""
        if not media.url.startswith(f"{account.API}/"):
            raise NotFound("This is not one of Twilio's files", "Ask the contact to send it again")
        try:
            async with (
                http.client() as session,
                session.get(media.url, headers=account.sign_in(way)) as got,
            ):
                return await _fetched(got, media)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TryLater from error


async def _fetched(got: aiohttp.ClientResponse, media: InboundMedia) -> InboundMedia:
    match got.status:
        case 200:
            content = bytearray()
            async for part in got.content.iter_chunked(65_536):
                content += part
                if len(content) > LARGEST_MEDIA:
                    raise NotFound(
                        f"The file is larger than {LARGEST_MEDIA // 1_000_000} MB", "Ask for a smaller one"
                    )
            return InboundMedia(media.content_type or got.content_type, media.name, media.url, bytes(content))
        case 401 | 403:
            raise Misconfigured(codes.SIGN_IN.words)
        case 404 | 410:
            raise NotFound("Twilio no longer has this file", "Ask the contact to send it again")
        case _:
            raise TryLater


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded")


def _pairs(request: Request) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            request.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise InvalidInput(f"The form has more than {MOST_FIELDS} fields", "Send fewer") from error


def _raw(request: Request) -> dict[str, Any]:
    """The event as we keep it: the form's fields, or what we kept of them earlier (JSON)."""
    if _is_form(request):
        found: dict[str, str] = documents.storable(dict(_pairs(request)))
        return found
    return documents.document(request.body)


def _received(sid: str, fields: Mapping[str, str], raw: Mapping[str, Any]) -> Event:
    media = _media(fields)
    channel, sender = _address(fields.get("From", ""), media=bool(media))
    if channel is None or not sender:
        return _unknown(raw)
    return Received(
        event_id=sid,
        channel=channel,
        sender=sender,
        text=fields.get("Body", ""),
        raw=raw,
        intent=INTENTS.get(fields.get("OptOutType", "").upper()),
        name=fields.get("ProfileName", "")[:200],
        reply_to=fields.get("OriginalRepliedMessageSid", "")[:LONGEST_SID],
        media=media,
    )


def _media(fields: Mapping[str, str]) -> tuple[InboundMedia, ...]:
    found = []
    for number in range(MOST_MEDIA):
        if url := fields.get(f"MediaUrl{number}", ""):
            found.append(InboundMedia(fields.get(f"MediaContentType{number}", "")[:100], url=url))
    return tuple(found)


def _address(told: str, *, media: bool) -> tuple[Channel | None, str]:
    """Channel and number of `+1…`, `whatsapp:+1…`, `rcs:+1…`; no channel for one we don't know."""
    prefix, colon, number = told.strip().rpartition(":")
    if not colon:
        return (Channel.MMS if media else Channel.SMS), number
    return CHANNELS.get(prefix.lower()), number


def _status(sid: str, state: str, fields: Mapping[str, str], raw: Mapping[str, Any]) -> list[Event]:
    known = codes.number(fields.get("ErrorCode", ""))
    failed = STATES[state] is MessageState.FAILED
    failure = codes.words(known, fields.get("ErrorMessage", "")) if failed else ""
    events: list[Event] = [Progress(f"{sid}:{state}", sid, STATES[state], raw, failure)]
    channel, address = _address(fields.get("To", ""), media=sid.startswith("MM"))
    if channel and address and codes.meaning(known).error is OptedOutAtProvider:
        reason = codes.words(known)
        events.append(
            OptOut(f"{sid}:opt-out", channel, address, Source.PROVIDER, reason, raw, provider_id=sid)
        )
    return events


def _unknown(raw: Mapping[str, Any]) -> Unknown:
    told = orjson.dumps(dict(raw), option=orjson.OPT_SORT_KEYS)
    return Unknown(hashlib.sha256(told).hexdigest(), raw)
