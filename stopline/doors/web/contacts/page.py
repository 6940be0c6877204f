"""The contact page: addresses with their standing, lists, fields, history, messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from stopline.apps.broadcasts import lookup
from stopline.apps.contacts import custom, fields, lists
from stopline.apps.inbox.models import Conversation
from stopline.apps.sending.models import Message
from stopline.doors.web.contacts import badges, find, history, listing
from stopline.doors.web.contacts.answer import done
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.rules import addresses, consent
from stopline.rules.words import CHANNELS, AddressKind

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account
    from stopline.apps.contacts.models import Contact
    from stopline.doors.web.contacts.badges import Badge

MESSAGES = 10
KINDS = {AddressKind.PHONE: "Phone", AddressKind.EMAIL: "E-mail"}


@signed_in
def contact(request: MemberRequest, contact_id: UUID) -> HttpResponse:
    found = find.contact(request.member, contact_id)
    account = request.member.account
    shown = badges.of(account.id, [found])[found.id]
    asks = listing.whom_to_ask(request.member)

    context: dict[str, Any] = {
        "contact": found,
        "addresses": _addresses(found, shown),
        "actions": listing.standing_items(found, shown, asks),
        "forget_asks": consent.admins_only(asks, "forget") if asks else "",
        "facts": _facts(account, found),
        "history": history.read(found, everything="history" in request.GET),
        **_messages(found),
        **_lists(account, found),
    }
    return render(request, "contacts/contact_body.html" if request.htmx else "contacts/contact.html", context)


@require_POST
@signed_in
def add_list(request: MemberRequest, contact_id: UUID) -> HttpResponse:
    return _change_list(request, contact_id, lists.add, "added to")


@require_POST
@signed_in
def remove_list(request: MemberRequest, contact_id: UUID) -> HttpResponse:
    return _change_list(request, contact_id, lists.remove, "removed from")


def _change_list(request: MemberRequest, contact_id: UUID, verb: Any, what: str) -> HttpResponse:
    found = find.contact(request.member, contact_id)
    chosen = find.contact_list(request.member, find.uuid(request.POST.get("list", ""), "list"))
    verb(chosen, [found])
    return done(
        request, f"{found.name} {what} {chosen.name}.", f"/contacts/{found.id}/", f"contact:{found.id}"
    )


def _addresses(contact: Contact, shown: list[Badge]) -> list[tuple[str, str, list[Badge]]]:
    return [
        (
            KINDS[kind],
            addresses.display(address),
            [badge for badge in shown if CHANNELS[badge.channel].address_kind == kind],
        )
        for kind, address in contact.addresses.items()
        if kind in KINDS
    ]


def _facts(account: Account, contact: Contact) -> list[tuple[str, str]]:
    return [
        (field.label, custom.show(contact.custom[field.key]))
        for field in fields.everything(account)
        if contact.custom.get(field.key) is not None
    ]


def _messages(contact: Contact) -> dict[str, Any]:
    """The latest, each with the name of its broadcast where it is of one, and the conversation they belong to."""
    mine = Message.objects.filter(account_id=contact.account_id, contact_id=contact.id)
    found = list(mine.order_by("-id")[:MESSAGES])
    named = lookup.names(
        contact.account_id, [message.broadcast_id for message in found if message.broadcast_id]
    )
    conversation = Conversation.objects.filter(account_id=contact.account_id, contact_id=contact.id).first()
    return {
        "messages_shown": [
            (each, named.get(each.broadcast_id) if each.broadcast_id else "") for each in found
        ],
        "conversation_id": conversation.id if conversation else None,
    }


def _lists(account: Account, contact: Contact) -> dict[str, Any]:
    everything = list(lists.everything(account))
    joined = set(contact.memberships.filter(account_id=account.id).values_list("contact_list_id", flat=True))
    return {
        "joined": [each for each in everything if each.id in joined],
        "joinable": [each for each in everything if each.id not in joined],
    }
