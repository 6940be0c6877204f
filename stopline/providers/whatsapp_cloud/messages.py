"""What a person sent, of whatever type, as words and files (messages webhook, read 23 November 2026)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stopline.providers.base import InboundMedia, Received
from stopline.providers.whatsapp_cloud import graph
from stopline.rules.keywords import Intent
from stopline.rules.words import Channel

FILES = ("image", "video", "audio", "document", "sticker")
LONGEST_NAME = 200


def read(message: Mapping[str, Any], name: str, raw: Mapping[str, Any]) -> Received | None:
    """None for a type this version doesn't know, and for a sender whose number WhatsApp withholds."""
    sender, known = _str(message, "from"), _str(message, "id")
    if not known or not sender.removeprefix("+").isdecimal() or not sender.isascii():
        return None
    kind = _str(message, "type")
    said = _words(kind, message)
    if said is None:
        return None
    return Received(
        event_id=graph.kept(known),
        channel=Channel.WHATSAPP,
        sender=graph.phone(sender),
        text=said,
        raw=raw,
        intent=None if _own_words(kind, message) else Intent.NONE,
        name=name,
        reply_to=graph.kept(_answered(kind, message)),
        media=_files(kind, message),
    )


def _own_words(kind: str, message: Mapping[str, Any]) -> bool:
    """Whether the person wrote or pressed the words themselves: only those can be a STOP."""
    return kind in ("text", "button", *FILES) or (
        kind == "interactive" and _dict(message, "interactive").get("type") in ("button_reply", "list_reply")
    )


def _words(kind: str, message: Mapping[str, Any]) -> str | None:
    about = _dict(message, kind)
    match kind:
        case "text":
            return _str(about, "body")
        case "button":
            return _str(about, "text")
        case "interactive":
            return _chosen(about)
        case "reaction":
            emoji = _str(about, "emoji")
            return f"Reacted with {emoji}" if emoji else "Took a reaction back"
        case "location":
            return _place(about)
        case "contacts":
            return _people(message.get("contacts"))
        case "order":
            items = about.get("product_items")
            return f"Ordered from the catalogue ({len(items) if isinstance(items, list) else 0} items)"
        case "unsupported":
            what = _str(about, "type").replace("_", " ")
            return (
                f"(A message that WhatsApp doesn't pass on to businesses{f': {what[:40]}' if what else ''}. Ask for "
                "it as text.)"
            )
    return _str(about, "caption") if kind in FILES else None


def _chosen(about: Mapping[str, Any]) -> str:
    """The button or the item of a list, or what a form gave."""
    reply = _dict(about, _str(about, "type"))
    return _str(reply, "title") or _str(reply, "body") or "Answered a form"


def _place(about: Mapping[str, Any]) -> str:
    named = ", ".join(each for each in (_str(about, "name"), _str(about, "address")) if each)
    at = [about.get("latitude"), about.get("longitude")]
    where = ", ".join(str(each) for each in at) if all(isinstance(each, int | float) for each in at) else ""
    return "Location: " + " ".join(each for each in (named, f"({where})" if where else "") if each)


def _people(listed: object) -> str:
    people = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return "\n".join(f"Contact: {_person(each)}" for each in people[:20]) or "Contact"


def _person(one: Mapping[str, Any]) -> str:
    phones = one.get("phones")
    numbers = (
        [_str(each, "phone") for each in phones if isinstance(each, dict)] if isinstance(phones, list) else []
    )
    return ", ".join(each for each in (_str(_dict(one, "name"), "formatted_name"), *numbers) if each)


def _files(kind: str, message: Mapping[str, Any]) -> tuple[InboundMedia, ...]:
    about = _dict(message, kind)
    known = _str(about, "id")
    if kind not in FILES or not known:
        return ()
    name = _str(about, "filename")[:LONGEST_NAME]
    return (InboundMedia(_str(about, "mime_type")[:100], name, url=graph.kept(known)),)


def _answered(kind: str, message: Mapping[str, Any]) -> str:
    """The id of our message that this answers."""
    if kind == "reaction":
        return _str(_dict(message, "reaction"), "message_id")
    return _str(_dict(message, "context"), "id")


def _dict(of: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = of.get(key)
    return found if isinstance(found, dict) else {}


def _str(of: Mapping[str, Any], key: str) -> str:
    found = of.get(key)
    return found if isinstance(found, str) else ""
