"""Lists: which there are, their members, and adding contacts to one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from stopline.apps.contacts import lists as verbs
from stopline.doors.web.attempt import attempt
from stopline.doors.web.contacts import channels, chosen, find
from stopline.doors.web.contacts.answer import done
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.rules.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from stopline.apps.contacts.models import ContactList
    from stopline.doors.web.contacts.chosen import Chosen


class ListForm(forms.Form):
    name = forms.CharField(max_length=verbs.LONGEST, widget=forms.TextInput(attrs={"autocomplete": "off"}))


@signed_in
def lists(request: MemberRequest) -> HttpResponse:
    rows = [(each, size, _menu(each)) for each, size in verbs.with_sizes(request.member.account)]
    return render(
        request, "contacts/lists_table.html" if request.htmx else "contacts/lists.html", {"rows": rows}
    )


@signed_in
def create(request: MemberRequest) -> HttpResponse:
    form = ListForm(request.POST if request.method == "POST" else None)

    if form.is_valid():
        made = attempt(form, partial(verbs.create, request.member.account, form.cleaned_data["name"]))
        if made:
            return done(request, f"List {made.name} created.", reverse("lists"), "contacts")

    return _dialog(request, form, "Create list")


@signed_in
def rename(request: MemberRequest, list_id: UUID) -> HttpResponse:
    found = find.contact_list(request.member, list_id)
    form = ListForm(request.POST if request.method == "POST" else None, initial={"name": found.name})

    if form.is_valid():
        attempt(form, partial(verbs.rename, found, form.cleaned_data["name"]))
        if not form.errors:
            return done(request, f"List renamed to {found.name}.", reverse("lists"), "contacts")

    return _dialog(request, form, "Rename list")


@signed_in
def delete(request: MemberRequest, list_id: UUID) -> HttpResponse:
    found = find.contact_list(request.member, list_id)

    if request.method == "POST":
        verbs.delete(found)
        return done(request, f"List {found.name} deleted.", reverse("lists"), "contacts")

    context = {
        "list": found,
        "size": found.memberships.filter(account_id=found.account_id).count(),
        "cancel_url": reverse("lists"),
        "submit_label": "Delete list",
        "submit_kind": "danger",
    }
    return render(request, "contacts/delete_list.html", context)


@signed_in
def add_contacts(request: MemberRequest) -> HttpResponse:
    sent = request.POST if request.method == "POST" else request.GET
    who = chosen.read(request.member.account, sent)

    if request.method == "POST":
        try:
            return _add(request, who)
        except (InvalidInput, Conflict) as refusal:
            return _choose_list(request, who, refusal)

    return _choose_list(request, who)


def _add(request: MemberRequest, who: Chosen) -> HttpResponse:
    if not who.count:
        raise InvalidInput("Nobody is chosen.", "Tick the contacts in All contacts")
    new, member = channels.typed(request, "name"), request.member
    into = (
        verbs.create(member.account, new)
        if new
        else find.contact_list(member, find.uuid(request.POST.get("into", ""), "list"))
    )
    added = sum(verbs.add(into, batch) for batch in who.batches())
    news = f"{added:,} contact{'' if added == 1 else 's'} added to {into.name}."
    return done(request, news, f"{reverse('contacts')}?list={into.id}", "contacts")


def _choose_list(
    request: MemberRequest, who: Chosen, refusal: InvalidInput | Conflict | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "who": who,
        "all_lists": verbs.everything(request.member.account),
        "refusal": channels.said(refusal),
        "action": reverse("add_to_list"),
        "cancel_url": reverse("contacts"),
        "submit_label": "Add to list",
    }
    return render(request, "contacts/add_to_list.html", context, status=422 if refusal else 200)


def _dialog(request: MemberRequest, form: ListForm, title: str) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "cancel_url": reverse("lists"),
        "submit_label": title.split(maxsplit=1)[0],
    }
    return render(request, "contacts/name.html", context, status=422 if form.errors else 200)


def _menu(each: ContactList) -> list[dict[str, Any]]:
    return [
        {"label": "View members", "href": f"{reverse('contacts')}?list={each.id}", "icon": "users"},
        {"label": "Rename", "href": reverse("rename_list", args=[each.id]), "dialog": True, "icon": "pencil"},
        {
            "label": "Delete",
            "href": reverse("delete_list", args=[each.id]),
            "dialog": True,
            "icon": "trash-2",
            "danger": True,
            "line": True,
        },
    ]
