"""Where members write; in its place an alert while the contact may not be written to on the channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from stopline.apps.accounts import members
from stopline.apps.consent import subscription, told
from stopline.apps.consent.models import Entry, Subscription
from stopline.apps.inbox.conversation import channels_of
from stopline.apps.inbox.models import Conversation, SavedReply
from stopline.apps.sending import mail
from stopline.apps.sending.models import Connection
from stopline.doors.web.guard import signed_in
from stopline.doors.web.inbox import templates
from stopline.doors.web.inbox.find import digest, find
from stopline.doors.web.request import MemberRequest
from stopline.rules import files
from stopline.rules.addresses import display
from stopline.rules.consent import admins_only
from stopline.rules.words import CHANNELS, Channel, Standing


@dataclass(frozen=True, slots=True)
class Option:
    """One way to write to the contact."""

    channel: Channel
    address: str
    standing: str  # blank where no subscription is kept
    connected: bool  # the account has a way out on this channel
    entry_id: UUID | None

    @property
    def label(self) -> str:
        return self.channel.label

    @property
    def address_shown(self) -> str:
        return display(self.address) if CHANNELS[self.channel].subscription else ""

    @property
    def note(self) -> str:
        if not self.connected:
            return "not connected"
        return self.standing

    @property
    def blocked(self) -> bool:
        return self.standing in (Standing.UNSUBSCRIBED, Standing.PENDING)


@signed_in
@require_safe
def composer(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    """Anew for another channel, or where the standing on the chosen one changed.

    Otherwise what somebody is writing is left alone, and only the switcher follows.
    """
    conversation = find(request.member, conversation_id)

    page = {"conversation": conversation, **shown(request, conversation)}
    known = request.GET.get("was", "")
    if known == page["composer_was"]:
        return HttpResponse(status=204)

    if known.partition(":")[0] != page["composer_was"].partition(":")[0]:
        return render(request, "inbox/composer.html", page)
    response = render(request, "inbox/switcher.html", {**page, "out_of_band": True})
    response["HX-Reswap"] = "none"
    return response


def shown(request: MemberRequest, conversation: Conversation) -> dict[str, Any]:
    options = _options(conversation)
    wanted = (request.GET.get("channel"), conversation.channel)
    chosen = next((option for want in wanted for option in options if option.channel == want), None)
    chosen = chosen or (options[0] if options else None)
    saved = SavedReply.objects.filter(account_id=conversation.account_id).order_by("name")
    approved = _approved(request, conversation, chosen)
    return {
        **approved,
        "options": options,
        "chosen": chosen,
        "texts": chosen and CHANNELS[chosen.channel].texts,
        "saved_replies": list(saved[:200]),
        **_files(options, chosen),
        "subject": _subject(conversation, chosen),
        "draft": _saved_text(conversation, request.GET.get("saved")),
        "composer_was": f"{digest(chosen, *templates.facts(approved))}:{digest(options)}",
        **(_blocked(request, chosen) if chosen and chosen.blocked else {}),
    }


def _approved(request: MemberRequest, conversation: Conversation, chosen: Option | None) -> dict[str, Any]:
    if chosen is None or chosen.blocked or not chosen.connected:
        return {}
    return templates.shown(conversation, chosen.channel, chosen.address, request.GET)


def _blocked(request: MemberRequest, chosen: Option) -> dict[str, Any]:
    account = request.member.account_id
    entry = Entry.objects.filter(account_id=account, id__in=[chosen.entry_id]).first()
    asks = "" if request.member.is_admin else admins_only(members.admin_names(account), "resubscribe")
    return {"blocked_by": entry, "blocked_why": told.why(entry) if entry else "", "blocked_asks": asks}


def _options(conversation: Conversation) -> list[Option]:
    ways = channels_of(conversation.contact)
    account = conversation.account_id
    standings = subscription.of(account, [(str(channel), address) for channel, address in ways])
    lists = Connection.objects.filter(account_id=account).values_list("channels", flat=True)
    connected = {channel for channels in lists for channel in channels}
    return [
        _option(channel, standings[channel, address], str(channel) in connected) for channel, address in ways
    ]


def _option(channel: Channel, row: Subscription, connected: bool) -> Option:
    kept = CHANNELS[channel].subscription
    return Option(
        channel, row.address, str(row.standing) if kept else "", connected or not kept, row.entry_id
    )


def _subject(conversation: Conversation, chosen: Option | None) -> str:
    """Of an answer by e-mail; it can be changed."""
    if chosen is None or chosen.blocked or chosen.channel != Channel.EMAIL:
        return ""
    return mail.last_subject(conversation.account_id, conversation.contact_id, chosen.address)


def _files(options: list[Option], chosen: Option | None) -> dict[str, Any]:
    """What may be attached on this channel, or which other one carries pictures."""
    if chosen is None or not CHANNELS[chosen.channel].subscription:
        return {}
    limit = files.LIMITS.get(chosen.channel)
    other = next((each for each in options if each.channel is Channel.MMS and each.connected), None)
    return {
        "attach": limit,
        "attach_most": files.size(limit.size) if limit else "",
        "attach_by": None if limit else other,
        "attach_why": not limit,
    }


def _saved_text(conversation: Conversation, reply_id: str | None) -> str:
    """Without JavaScript a saved reply is inserted by its link."""
    try:
        wanted = UUID(reply_id or "")
    except ValueError:
        return ""
    saved = SavedReply.objects.filter(account_id=conversation.account_id, id=wanted).first()
    return saved.text if saved else ""
