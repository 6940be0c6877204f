"""An event in the form it is kept in until it is applied, and back again."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from stopline.providers.base import InboundMedia, Progress, Received
from stopline.rules.keywords import Intent
from stopline.rules.words import Channel, MessageState

KEY = "stopline_mail"  # no provider's event has it
TEXTS = ("event_id", "sender", "text", "name", "subject", "html", "reply_to", "mail_id")


def received(**fields: Any) -> Received:
    """A Received whose `raw` is itself, so that nothing of the mail has to be read a second time."""
    fields.setdefault("channel", Channel.EMAIL)
    media: tuple[InboundMedia, ...] = fields.get("media", ())
    raw = {name: fields[name] for name in TEXTS if fields.get(name)}
    raw |= {"automatic": fields.get("automatic", False)}
    raw |= {"intent": fields["intent"].value} if fields.get("intent") else {}
    raw |= {"media": [_packed(each) for each in media]} if media else {}
    return Received(**{"text": "", **fields}, raw={KEY: "received", **raw})


def progress(
    event_id: str,
    provider_id: str,
    state: MessageState,
    failure: str = "",
    about: Mapping[str, Any] | None = None,
) -> Progress:
    raw: dict[str, Any] = {
        KEY: "progress",
        "event_id": event_id,
        "provider_id": provider_id,
        "state": state.value,
    }
    raw |= {"failure": failure} if failure else {}
    raw |= {"about": dict(about)} if about else {}
    return Progress(event_id, provider_id, state, raw, failure)


def read(raw: Any) -> Received | Progress | None:
    """The inverse; None for anything else."""
    if not isinstance(raw, dict) or raw.get(KEY) not in ("received", "progress"):
        return None
    try:
        if raw[KEY] == "progress":
            event_id, provider_id = str(raw["event_id"])[:160], str(raw["provider_id"])[:120]
            state, failure = MessageState(raw["state"]), str(raw.get("failure", ""))
            return progress(event_id, provider_id, state, failure, raw.get("about"))
        fields = {name: str(raw.get(name, "")) for name in TEXTS}
        return received(
            **fields,
            automatic=bool(raw.get("automatic")),
            intent=Intent(raw["intent"]) if raw.get("intent") else None,
            media=tuple(_unpacked(each) for each in raw.get("media", [])),
        )
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
        return None  # not ours after all


def _packed(media: InboundMedia) -> dict[str, str]:
    return {
        "content_type": media.content_type,
        "name": media.name,
        "content": base64.b64encode(media.content).decode(),
    }


def _unpacked(raw: Mapping[str, str]) -> InboundMedia:
    return InboundMedia(raw["content_type"], raw["name"], content=base64.b64decode(raw["content"]))
