"""The sandbox phone: plays any contact on any channel, through the endpoint that providers use."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from stopline.apps.inbox.models import Conversation
from stopline.apps.sending.models import Connection, Message
from stopline.doors.web.guard import View, signed_in
from stopline.doors.web.request import MemberRequest
from stopline.doors.web.sandbox import people
from stopline.doors.web.sandbox.people import Owner
from stopline.providers.sandbox.phone import Phone
from stopline.rules.errors import InvalidInput, NotFound
from stopline.rules.words import CONSENT_CHANNELS, Channel, MessageKind

MOST_SHOWN = 50
QUICK_REPLIES = ("STOP", "START", "HELP")


@dataclass(frozen=True, slots=True)
class Bubble:
    """`mine`: the person wrote it."""

    text: str
    at: datetime
    mine: bool
    files: list[dict[str, str]] = field(default_factory=list)

    @property
    def on(self) -> date:
        return timezone.localtime(self.at).date()


def only_with_sandbox(view: View) -> View:
    def guarded(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.SANDBOX:
            raise Http404
        return view(request, *args, **kwargs)

    return signed_in(guarded)


@only_with_sandbox
@require_http_methods(["GET", "HEAD", "POST"])
def sandbox(request: MemberRequest) -> HttpResponse:
    if request.method == "POST":
        return _send(request)
    page = _page(request, request.GET.get("contact", ""), _channel(request.GET.get("channel")))
    return render(request, "sandbox/phone.html" if request.htmx else "sandbox/sandbox.html", page)


@only_with_sandbox
@require_safe
def contacts(request: MemberRequest) -> HttpResponse:
    """What the Contact field offers for what is typed so far."""
    offered = people.offered(request.member.account, request.GET.get("contact", ""))
    return render(request, "sandbox/contacts.html", {"offered": offered})


def _send(request: MemberRequest) -> HttpResponse:
    typed, channel = request.POST.get("contact", ""), _channel(request.POST.get("channel"))
    text = request.POST.get("quick") or request.POST.get("message", "")
    problem = _play(request, typed, channel, text)
    if not problem and not request.htmx:
        return redirect(_address(typed, channel))
    page = _page(request, typed, channel) | {"sent": not problem}
    if problem:
        page |= {"problem": problem, "text": text}
    template = "sandbox/played.html" if request.htmx else "sandbox/sandbox.html"
    return render(request, template, page, status=422 if problem else 200)


def _play(request: MemberRequest, typed: str, channel: Channel, text: str) -> str:
    """Sends it as the contact; why it was not taken, or nothing."""
    try:
        if not text.strip():
            raise InvalidInput("Write something, or press STOP, START or HELP", title="The message is empty")
        owner = people.owner(request.member.account, typed, channel)
        answer = _phone(request, owner, channel).write(text)
    except (InvalidInput, NotFound) as refusal:
        return str(refusal)
    return f"The endpoint answered {answer.status or 'nothing'}: {answer.problem}" if answer.problem else ""


def _page(request: MemberRequest, typed: str, channel: Channel) -> dict[str, Any]:
    account = request.member.account
    page = {
        "typed": typed,
        "channel": channel,
        "channels": CONSENT_CHANNELS,
        "offered": people.offered(account, ""),
        "quick_replies": QUICK_REPLIES,
        "address": _address(typed, channel),
    }
    if not typed.strip():
        return page
    try:
        owner = people.owner(account, typed, channel)
        phone = _phone(request, owner, channel)
    except (InvalidInput, NotFound) as refusal:
        return page | {"nobody": str(refusal)}
    return page | {
        "owner": owner,
        "phone": phone,
        "bubbles": _bubbles(request, owner, phone),
        "conversation": owner.contact
        and Conversation.objects.filter(account_id=account.id, contact_id=owner.contact.id).first(),
    }


def _phone(request: MemberRequest, owner: Owner, channel: Channel) -> Phone:
    ways = Connection.objects.filter(
        account_id=request.member.account_id, provider="sandbox", channels__contains=[channel]
    ).order_by("created_at")
    way = ways.filter(state=Connection.State.ACTIVE).first() or ways.first()
    if way is None:
        raise NotFound(
            f"No sandbox connection of this account carries {channel.label}",
            "An admin can see the connections under Settings, Channels",
        )
    return Phone(way.token, way.sender, channel, owner.address)


def _bubbles(request: MemberRequest, owner: Owner, phone: Phone) -> list[Bubble]:
    """What the sandbox has received for them, and what they wrote, oldest first."""
    received = [
        Bubble(
            receipt.text,
            datetime.fromtimestamp(receipt.received_ns / 1e9, UTC),
            mine=False,
            files=orjson.loads(receipt.media),
        )
        for receipt in phone.received(settings.STOPLINE_DATA, MOST_SHOWN)
    ]
    written = Message.objects.none()
    if owner.contact:
        written = Message.objects.filter(
            account_id=request.member.account_id,
            contact_id=owner.contact.id,
            kind=MessageKind.INBOUND,
            channel=phone.channel,
            address=owner.address,
        ).order_by("-id")[:MOST_SHOWN]
    mine = [Bubble(message.text, message.created_at, mine=True) for message in written]
    return sorted(received + mine, key=lambda bubble: bubble.at)[-MOST_SHOWN:]


def _address(typed: str, channel: Channel) -> str:
    return f"{resolve_url('sandbox')}?{urlencode({'contact': typed, 'channel': channel.value})}"


def _channel(given: str | None) -> Channel:
    return Channel(given) if given in CONSENT_CHANNELS else Channel.SMS
