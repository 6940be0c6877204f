"""The account's templates: GET /<WhatsApp Business Account id>/message_templates (read 23 November 2026)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from functools import cached_property
from typing import Any

import aiohttp

from stopline.providers import http
from stopline.providers.base import Way
from stopline.providers.errors import Misconfigured, TryLater
from stopline.providers.templates import FoundTemplate, Variable, places
from stopline.providers.whatsapp_cloud import failures, graph

FIELDS = "name,language,status,category,components,parameter_format"
A_PAGE = 100
MOST_PAGES = 100  # an account has 6,000 templates at most
ACCOUNT_ID = re.compile(r"\d{1,30}")
FILES = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
PLAIN_BUTTONS = ("QUICK_REPLY", "PHONE_NUMBER", "URL", "COPY_CODE", "VOICE_CALL", "REQUEST_CONTACT_INFO")


class WhatsAppTemplates:
    @cached_property
    def session(self) -> aiohttp.ClientSession:
        return http.client()

    async def listed(self, way: Way) -> AsyncIterator[FoundTemplate]:
        account = str(way.settings.get("waba_id", "")).strip()
        if not ACCOUNT_ID.fullmatch(account):
            raise Misconfigured(
                "The WhatsApp Business Account ID is missing. It is a long number, in WhatsApp Manager."
            )
        query = {"fields": FIELDS, "limit": str(A_PAGE)}
        for _ in range(MOST_PAGES):
            answer = await graph.get(self.session, way, graph.url(f"{account}/message_templates"), query)
            page = _page(answer)
            for each in page["data"]:
                if found := read(each):
                    yield found
            after = _after(page)
            if not after or after == query.get("after"):
                return
            query["after"] = after

    async def close(self) -> None:
        if "session" in self.__dict__:
            await self.session.close()


def _page(answer: http.Answer) -> dict[str, Any]:
    if answer.status != 200:
        raise failures.of_answer(answer)
    page = graph.found(answer.body)
    if not isinstance(page.get("data"), list):
        raise TryLater("Meta's answer could not be read. Try again in a few minutes.")
    return page


def _after(page: Mapping[str, Any]) -> str:
    """The cursor of the next page. Followed with our own address: the one in `next` carries the token in its query."""
    match page.get("paging"):
        case {"next": str(), "cursors": {"after": str(after)}}:
            return after
    return ""


def read(each: object) -> FoundTemplate | None:
    """One template; None for what is none."""
    if not isinstance(each, dict):
        return None
    match each.get("name"), each.get("language"):
        case (str(name), str(language)) if len(name) <= 512 and len(language) <= 20:
            return _read(name, language, each)
    return None


def _read(name: str, language: str, each: Mapping[str, Any]) -> FoundTemplate:
    listed = each.get("components")
    components = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    by_kind = {str(one.get("type", "")).upper(): one for one in components}
    header, buttons = by_kind.get("HEADER", {}), _buttons(by_kind)
    return FoundTemplate(
        name=name,
        language=language,
        category=str(each.get("category", "")).lower()[:30],
        approved=each.get("status") == "APPROVED",
        text=_text(by_kind.get("BODY", {})),
        header=_text(header),
        footer=_text(by_kind.get("FOOTER", {})),
        buttons=tuple(_text(button) for button in buttons),
        variables=(*_of_header(header), *_of_body(by_kind.get("BODY", {})), *_of_buttons(buttons)),
        hindrance=_hindrance(by_kind, header, buttons),
    )


def _text(part: Mapping[str, Any]) -> str:
    text = part.get("text")
    return text if isinstance(text, str) else ""


def _buttons(by_kind: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    listed = by_kind.get("BUTTONS", {}).get("buttons")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _of_header(header: Mapping[str, Any]) -> list[Variable]:
    if kind := FILES.get(str(header.get("format", "")).upper()):
        return [Variable(f"header:{kind}", f"Web address of the {kind}", "https://")]
    examples = _examples(header, "header_text")
    return [_variable("header", "Header", name, examples) for name in places(_text(header))]


def _of_body(body: Mapping[str, Any]) -> list[Variable]:
    examples = _examples(body, "body_text")
    return [_variable("body", "Text", name, examples) for name in places(_text(body))]


def _variable(part: str, label: str, name: str, examples: Mapping[str, str]) -> Variable:
    shown = f"{label} {name}" if name.isdecimal() else name.replace("_", " ").capitalize()
    return Variable(f"{part}:{name}", shown, examples.get(name, ""))


def _of_buttons(buttons: list[dict[str, Any]]) -> list[Variable]:
    found = []
    for index, button in enumerate(buttons):
        label = _text(button) or f"Button {index + 1}"
        address = button.get("url")
        if isinstance(address, str) and places(address):
            found.append(Variable(f"button:{index}:1", f"End of the link “{label}”"))
        elif str(button.get("type", "")).upper() == "COPY_CODE":
            found.append(Variable(f"button:{index}:coupon_code", f"Code to copy with “{label}”"))
    return found


def _examples(part: Mapping[str, Any], kind: str) -> dict[str, str]:
    """By the variable's name: of a list of values, of a list of lists of them, or of named ones."""
    example = part.get("example")
    if not isinstance(example, dict):
        return {}
    named = example.get(f"{kind}_named_params")
    if isinstance(named, list):
        pairs = [one for one in named if isinstance(one, dict)]
        return {str(one.get("param_name", "")): str(one.get("example", "")) for one in pairs}
    values = example.get(kind)
    if isinstance(values, list) and values and isinstance(values[0], list):
        values = values[0]
    return {
        str(place): str(value) for place, value in enumerate(values if isinstance(values, list) else [], 1)
    }


def _hindrance(by_kind: Mapping[str, Any], header: Mapping[str, Any], buttons: list[dict[str, Any]]) -> str:
    odd = [kind for kind in by_kind if kind not in ("HEADER", "BODY", "FOOTER", "BUTTONS")]
    odd += [each for each in [str(header.get("format", "TEXT")).upper()] if each not in (*FILES, "TEXT")]
    odd += [
        each
        for each in (str(button.get("type", "")).upper() for button in buttons)
        if each not in PLAIN_BUTTONS
    ]
    shown = ", ".join(each.lower().replace("_", " ") for each in odd)
    return f"It has parts that can't be filled in here ({shown[:100]})." if odd else ""
