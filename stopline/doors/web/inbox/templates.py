"""The composer where only approved messages are taken: which there are, and one of them being filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from stopline.apps.inbox.models import Conversation
from stopline.apps.sending import connections, templates, window
from stopline.apps.sending.models import Connection, MessageTemplate
from stopline.apps.sending.routes import Ways
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.providers.templates import PLACE
from stopline.rules.words import Channel, MessageKind

FIELD = "value:"  # in front of a variable's key, the name of its field


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a template's text; `key` where it is the place of a variable."""

    text: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Blank:
    """A variable to fill in."""

    key: str
    label: str
    example: str
    value: str

    @property
    def name(self) -> str:
        return f"{FIELD}{self.key}"


@dataclass(frozen=True, slots=True)
class Filling:
    """A template being filled in, with what was typed so far."""

    template: MessageTemplate
    values: Mapping[str, str]

    @property
    def blanks(self) -> list[Blank]:
        return [
            Blank(each["key"], each["label"], each["example"], self.values.get(each["key"], ""))
            for each in self.template.variables
        ]

    @property
    def header(self) -> list[Piece]:
        return self._pieces(self.template.header, "header")

    @property
    def body(self) -> list[Piece]:
        return self._pieces(self.template.text, "body")

    def _pieces(self, text: str, part: str) -> list[Piece]:
        """`PLACE.split` gives text and name in turns."""
        pieces = []
        for place, piece in enumerate(PLACE.split(text)):
            key = f"{part}:{piece}" if place % 2 else ""
            shown = (self.values.get(key) or f"{{{{{piece}}}}}") if key else piece
            pieces.append(Piece(shown, key))
        return [piece for piece in pieces if piece.text]


def shown(conversation: Conversation, channel: str, address: str, query: Mapping[str, str]) -> dict[str, Any]:
    """What the composer needs on a channel with a window; nothing of it on any other."""
    if channel != Channel.WHATSAPP:
        return {}
    connection = Ways.of(conversation.account_id).to(channel, address)
    found = window.of(connection, conversation.contact_id, channel, address) if connection else window.NONE
    if connection is None or found.length is None:
        return {}
    closed = not found.takes(MessageKind.REPLY, template=False, now=timezone.now())
    return {
        "window": found,
        "window_closed": closed,
        **(_offered(connection, query) if closed else {}),
    }


def _offered(connection: Connection, query: Mapping[str, str]) -> dict[str, Any]:
    offered = list(templates.offered(connection))
    chosen = next((each for each in offered if str(each.id) == query.get("template")), None)
    return {
        "templates_of": connection,
        "templates": offered,
        "filling": Filling(chosen, values(query)) if chosen else None,
    }


def values(sent: Mapping[str, str]) -> dict[str, str]:
    """The variables of a request, by their keys."""
    return {name.removeprefix(FIELD): sent[name] for name in sent if name.startswith(FIELD)}


def facts(page: Mapping[str, Any]) -> tuple[object, ...]:
    """Everything that, changed, makes the composer another one."""
    offered = page.get("templates", [])
    return page.get("window_closed"), *((each.id, each.text, each.variables) for each in offered)


@signed_in
@require_POST
def refresh(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """Asks the provider now, for whoever waits for a template that was approved just now."""
    connection = connections.find(request.member.account_id, connection_id)

    count = templates.refresh(connection)

    usable = templates.offered(connection).count()
    text = f"{count} template{'' if count == 1 else 's'} fetched, {usable} of them can be sent."
    if not request.htmx:
        messages.success(request, text)
        return redirect(_back(request.POST.get("conversation", "")))
    response = trigger_client_event(HttpResponse(status=204), "toast", {"text": text})
    return trigger_client_event(response, "live:templates")


def _back(conversation_id: str) -> str:
    """The conversation it was asked from."""
    try:
        page = reverse("conversation", args=[UUID(conversation_id)])
    except ValueError:
        return reverse("inbox")
    return f"{page}?channel={Channel.WHATSAPP}"
