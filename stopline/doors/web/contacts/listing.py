"""All contacts: filters, table, pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from stopline.apps.accounts import members
from stopline.apps.contacts import directory, lists
from stopline.apps.contacts.directory import Filters
from stopline.doors.web.contacts import badges
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.rules import consent
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CONSENT_CHANNELS

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Member
    from stopline.apps.contacts.directory import Page
    from stopline.apps.contacts.models import Contact
    from stopline.doors.web.contacts.badges import Badge

SIZE = 50
TOOLBAR = ("filters", "search-contacts")  # ids of what changes the filter; the URL then follows
Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    contact: Contact
    badges: list[Badge]
    lists: list[str]
    menu: list[Item]


@signed_in
def contacts(request: MemberRequest) -> HttpResponse:
    filters = Filters.read(request.GET)
    account = request.member.account
    after, before = _place(request, "after"), _place(request, "before")

    page = directory.page(directory.find(account, filters), SIZE, after=after, before=before)
    asks = whom_to_ask(request.member)
    context = {
        "rows": rows(request.member, page.contacts, asks),
        "asks": consent.admins_only(asks) if asks else "",
        "filters": filters,
        "total": _total(request.member, filters),
        **_links(filters, page),
    }

    if request.htmx and not request.htmx.history_restore_request:
        response = render(request, "contacts/rows.html", context)
        if request.htmx.trigger in TOOLBAR:
            response["HX-Push-Url"] = _url(filters)
        return response
    context |= {
        "channels": CONSENT_CHANNELS,
        "statuses": directory.STATUSES,
        "all_lists": lists.everything(account),
    }
    return render(request, "contacts/contacts.html", context)


def whom_to_ask(member: Member) -> list[str]:
    """The account's admins, where the member is none; nobody where they may do it themselves."""
    return [] if member.is_admin else members.admin_names(member.account_id)


def rows(member: Member, found: list[Contact], asks: list[str]) -> list[Row]:
    """Three queries, however many contacts."""
    shown, named = badges.of(member.account_id, found), lists.of_contacts(member.account_id, found)
    return [
        Row(contact, shown[contact.id], named[contact.id], menu(contact, shown[contact.id], asks))
        for contact in found
    ]


def menu(contact: Contact, shown: list[Badge], asks: list[str]) -> list[Item]:
    """What can be done with a contact; `asks` as `whom_to_ask` gives it."""
    at = {name: reverse(name, args=[contact.id]) for name in ("contact", "edit_contact", "delete_contact")}
    return [
        {"label": "View", "href": at["contact"], "icon": "eye"},
        {"label": "Edit", "href": at["edit_contact"], "dialog": True, "icon": "pencil"},
        *standing_items(contact, shown, asks),
        {
            "label": "Delete",
            "href": at["delete_contact"],
            "dialog": True,
            "icon": "trash-2",
            "danger": True,
            "line": True,
        },
    ]


def standing_items(contact: Contact, shown: list[Badge], asks: list[str]) -> list[Item]:
    """Unsubscribe while a channel is subscribed, Resubscribe while one isn't; for agents both, locked."""
    possible = {
        "unsubscribe": any(not badge.unsubscribed for badge in shown),
        "resubscribe": any(badge.unsubscribed for badge in shown),
    }
    return [
        {
            "label": what.capitalize(),
            "href": f"{reverse(what)}?contact={contact.id}",
            "dialog": True,
            "icon": "bell-off" if what == "unsubscribe" else "bell-ring",
            "disabled": consent.admins_only(asks, what) if asks else "",
        }
        for what, can in possible.items()
        if can or asks
    ]


def _links(filters: Filters, page: Page) -> dict[str, Any]:
    return {
        "newer": _url(filters, before=page.newer) if page.newer else "",
        "older": _url(filters, after=page.older) if page.older else "",
        "export": _optional("export", filters),
        "import": _optional("import", Filters()),
    }


def _url(filters: Filters, **place: UUID) -> str:
    query = urlencode({**filters.query, **{name: str(value) for name, value in place.items()}})
    return reverse("contacts") + (f"?{query}" if query else "")


def _optional(name: str, filters: Filters) -> str:
    try:
        return reverse(name) + (f"?{urlencode(filters.query)}" if filters.query else "")
    except NoReverseMatch:
        return ""


def _total(member: Member, filters: Filters) -> str:
    number, exact = directory.count(member.account, filters)
    return f"{'' if exact else 'about '}{number:,} contact{'' if number == 1 else 's'}"


def _place(request: MemberRequest, name: str) -> UUID | None:
    text = request.GET.get(name, "")
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise InvalidInput(f"“{text[:40]}” is no place in the list.", "Start at the first page") from error
