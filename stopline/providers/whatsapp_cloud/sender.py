"""Hands messages to WhatsApp: POST /<phone number id>/messages (Messages API, read 23 November 2026)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from stopline.providers import http
from stopline.providers.base import Media, Outgoing, Permit, Receipt, Template, Way
from stopline.providers.errors import MessageRefused, Misconfigured, OutcomeUnknown
from stopline.providers.whatsapp_cloud import failures, graph
from stopline.providers.wire import Wire
from stopline.rules.words import Channel

LONGEST_TEXT = 4096  # characters; of a caption:
LONGEST_CAPTION = 1024
NUMBER_ID = re.compile(r"\d{1,30}")
# What WhatsApp shows as such; every other file goes as a document.
SHOWN = {
    "image/jpeg": "image",
    "image/png": "image",
    "video/mp4": "video",
    "video/3gpp": "video",
    "audio/aac": "audio",
    "audio/amr": "audio",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/ogg": "audio",
}
# A variable's name says what kind of parameter it is, where it is no text.
LINKS = ("image", "video", "document")


class WhatsAppSender:
    can_be_asked = False  # Meta can't be asked what became of a message

    def __init__(self) -> None:
        self.wire = Wire()

    async def send(self, permit: Permit, message: Outgoing) -> Receipt:
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": message.address,
            **_content(message),
        }
        url = graph.url(f"{_number(message.way)}/messages")
        answer = await self.wire.hand_off(permit, url, body, graph.bearer(message.way))
        if not 200 <= answer.status < 300:
            raise failures.of_answer(answer)
        return _receipt(answer)

    async def find(self, message: Outgoing) -> Receipt | None:
        return None

    async def close(self) -> None:
        await self.wire.close()


def _number(way: Way) -> str:
    """The sender's id at Meta, which is not its phone number."""
    number = str(way.settings.get("phone_number_id", "")).strip()
    if not NUMBER_ID.fullmatch(number):
        raise Misconfigured("The phone number ID is missing. It is a long number, in WhatsApp Manager.")
    return number


def _content(message: Outgoing) -> dict[str, Any]:
    """Raises MessageRefused for what WhatsApp has no place for."""
    if message.channel is not Channel.WHATSAPP:
        raise MessageRefused("This connection sends WhatsApp messages only. Choose another channel.")
    if message.template:
        return {"type": "template", "template": _template(message.template)}
    if len(message.media) > 1:
        raise MessageRefused("WhatsApp takes one file in a message. Send the others one by one.")
    if message.media:
        return _media(message.media[0], message.text)
    if len(message.text) > LONGEST_TEXT:
        raise MessageRefused(f"WhatsApp takes at most {LONGEST_TEXT} characters. Shorten it.")
    return {"type": "text", "text": {"preview_url": False, "body": message.text}}


def _media(media: Media, caption: str) -> dict[str, Any]:
    kind = SHOWN.get(media.content_type.partition(";")[0].strip().lower(), "document")
    if caption and kind == "audio":
        raise MessageRefused(
            "WhatsApp shows no text with a sound file. Send the text as a message of its own."
        )
    if len(caption) > LONGEST_CAPTION:
        raise MessageRefused(
            f"WhatsApp takes at most {LONGEST_CAPTION} characters with a file. Shorten the text."
        )
    about: dict[str, Any] = {"link": media.url}
    if caption:
        about["caption"] = caption
    if kind == "document" and media.name:
        about["filename"] = media.name
    return {"type": kind, kind: about}


def _template(template: Template) -> dict[str, Any]:
    """`variables` are keyed as `templates.read` names them: "body:1", "header:image", "button:0:1"."""
    split = [(*key.rpartition(":")[::2], value) for key, value in template.variables.items()]
    split.sort(key=lambda one: (one[0], _order(one[1])))  # the database keeps no order of keys
    components = [
        _component(part, [(name, value) for _, name, value in group])
        for part, group in groupby(split, key=lambda one: one[0])
    ]
    found: dict[str, Any] = {"name": template.name, "language": {"code": template.language}}
    return {**found, "components": components} if components else found


def _order(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (0, name)


def _component(part: str, values: Iterable[tuple[str, str]]) -> dict[str, Any]:
    kind, _, index = (part or "body").partition(":")
    parameters = [_parameter(name, value) for name, value in values]
    if kind != "button":
        return {"type": kind, "parameters": parameters}
    copied = any(parameter["type"] == "coupon_code" for parameter in parameters)
    return {
        "type": "button",
        "sub_type": "copy_code" if copied else "url",
        "index": index,
        "parameters": parameters,
    }


def _parameter(name: str, value: str) -> Mapping[str, Any]:
    if name in LINKS:
        return {"type": name, name: {"link": value}}
    if name == "coupon_code":
        return {"type": "coupon_code", "coupon_code": value}
    text = {"type": "text", "text": value}
    return text if name.isdecimal() else {**text, "parameter_name": name}


def _receipt(answer: http.Answer) -> Receipt:
    """{"messages": [{"id": "wamid…"}]}: what a 2xx without an id means is unknown."""
    match graph.found(answer.body):
        case {"messages": [{"id": str(provider_id)}, *_]} if provider_id:
            return Receipt(graph.kept(provider_id))
    raise OutcomeUnknown
