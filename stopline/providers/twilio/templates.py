"""The account's content templates and their approval by WhatsApp: GET /v1/ContentAndApprovals of Twilio's Content API
(OpenAPI description of 14 April 2026; twilio.com/docs/content/content-types-overview).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from functools import cached_property
from typing import Any

import aiohttp
import orjson

from stopline.providers import documents, http
from stopline.providers.base import Way
from stopline.providers.errors import TryLater
from stopline.providers.templates import FoundTemplate, Variable, places
from stopline.providers.twilio import account, codes
from stopline.rules.errors import InvalidInput

A_PAGE = 500
MOST_PAGES = 20
KINDS = (
    "twilio/text",
    "twilio/media",
    "twilio/quick-reply",
    "twilio/call-to-action",
    "twilio/card",
    "whatsapp/card",
)
LABELS = {"header": "Header", "body": "Text", "other": "Link or file"}


class TwilioTemplates:
    @cached_property
    def session(self) -> aiohttp.ClientSession:
        return http.client()

    async def listed(self, way: Way) -> AsyncIterator[FoundTemplate]:
        url = f"{account.CONTENT}/v1/ContentAndApprovals?PageSize={A_PAGE}"
        for _ in range(MOST_PAGES):
            page = await self._page(way, url)
            for each in page.get("contents") or []:
                if found := read(each):
                    yield found
            url = _next(page)
            if not url:
                return

    async def close(self) -> None:
        if "session" in self.__dict__:
            await self.session.close()

    async def _page(self, way: Way, url: str) -> dict[str, Any]:
        try:
            async with self.session.get(url, headers=account.sign_in(way), allow_redirects=False) as got:
                answer = http.Answer(got.status, await got.read(), got.headers)
            if answer.status == 200:
                return documents.document(answer.body)
        except (aiohttp.ClientError, TimeoutError, InvalidInput) as error:
            raise TryLater("Twilio can't be reached. Try again in a few minutes.") from error
        if answer.status >= 500:
            raise TryLater
        raise codes.of_answer(answer)


def _next(page: Mapping[str, Any]) -> str:
    """The next page's address, followed only where it is Twilio's: our sign-in goes with it."""
    meta = page.get("meta")
    found = meta.get("next_page_url") if isinstance(meta, dict) else None
    return found if isinstance(found, str) and found.startswith(f"{account.CONTENT}/") else ""


def read(each: object) -> FoundTemplate | None:
    """One template; None for what is none. Its name ends in the Content SID, which is what a message is sent with."""
    if not isinstance(each, dict):
        return None
    match each:
        case {"sid": str(sid), "language": str(language), "types": dict(types)} if types and len(sid) == 34:
            kind, content = next(iter(types.items()))
            approval = each.get("approval_requests")
            about = approval if isinstance(approval, dict) else {}
            title = " ".join(_text(each, "friendly_name").split())[:200]
            content = content if isinstance(content, dict) else {}
            return FoundTemplate(
                name=f"{title} {sid}".strip(),
                language=language[:20],
                category=_text(about, "category").lower()[:30],
                approved=_text(about, "status") == "approved",
                text=_text(content, "body") or _text(content, "title"),
                header=_text(content, "header_text"),
                footer=_text(content, "footer") or _text(content, "subtitle"),
                buttons=tuple(_text(one, "title") for one in _dicts(content.get("actions"))),
                variables=tuple(_variables(content, each.get("variables"))),
                hindrance="" if kind in KINDS else f"Templates of kind {kind[:50]} can't be filled in here.",
            )
    return None


def _variables(content: Mapping[str, Any], examples: object) -> list[Variable]:
    """Every {{place}} of the template, whatever part it is in: Twilio numbers them through."""
    known = examples if isinstance(examples, dict) else {}
    parts = {
        "body": places(_text(content, "body") or _text(content, "title")),
        "header": places(_text(content, "header_text")),
        "other": places(orjson.dumps(content).decode()),
    }
    found: dict[str, Variable] = {}
    for part, names in parts.items():
        for name in names:
            label = f"{LABELS[part]} {name}" if name.isdecimal() else name.replace("_", " ").capitalize()
            found.setdefault(name, Variable(f"{part}:{name}", label, _text(known, name)[:200]))
    return list(found.values())


def _text(of: Mapping[str, Any], name: str) -> str:
    found = of.get(name)
    return found if isinstance(found, str) else ""


def _dicts(found: object) -> list[dict[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
