"""Adding, changing, deleting and forgetting a contact."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from stopline.apps.consent import subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.contacts import contact as verbs
from stopline.doors.web.contacts import find
from stopline.doors.web.contacts.answer import done, gone
from stopline.doors.web.contacts.forms import ContactForm
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.rules.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from stopline.apps.contacts.models import Contact


@signed_in
def add(request: MemberRequest) -> HttpResponse:
    member = request.member
    form = ContactForm(member.account, data=request.POST if request.method == "POST" else None)

    if form.is_valid():
        added = _tried(form, partial(verbs.add, member.account, Actor.member(member), **form.values))
        if added:
            return done(request, f"{added.name} added.", reverse("contact", args=[added.id]), "contacts")

    return _dialog(request, form, "Add contact", reverse("contacts"))


@signed_in
def edit(request: MemberRequest, contact_id: UUID) -> HttpResponse:
    contact = find.contact(request.member, contact_id)
    here = reverse("contact", args=[contact.id])
    form = ContactForm(request.member.account, contact, request.POST if request.method == "POST" else None)

    if form.is_valid():
        changed = _tried(form, partial(verbs.change, contact, Actor.member(request.member), **form.values))
        if changed:
            return done(request, f"{changed.name} saved.", here, "contacts", f"contact:{contact.id}")

    return _dialog(request, form, "Edit contact", here)


@signed_in
def delete(request: MemberRequest, contact_id: UUID) -> HttpResponse:
    contact = find.contact(request.member, contact_id)
    here, everybody = reverse("contact", args=[contact.id]), reverse("contacts")

    if request.method == "POST":
        verbs.delete(contact)
        return gone(request, f"{contact.name} deleted.", here, everybody, "contacts")

    context = {
        "contact": contact,
        "cancel_url": here,
        "submit_label": "Delete contact",
        "submit_kind": "danger",
    }
    return render(request, "contacts/delete.html", context)


@signed_in
def forget(request: MemberRequest, contact_id: UUID) -> HttpResponse:
    actor = Actor.member(request.member)
    subscription.require_right(request.member.account_id, actor, "forget")
    contact = find.contact(request.member, contact_id)
    here, everybody = reverse("contact", args=[contact.id]), reverse("contacts")

    if request.method == "POST":
        verbs.forget(contact, actor)
        return gone(request, "The contact is forgotten.", here, everybody, "contacts")

    context = {
        "contact": contact,
        "former": sorted(verbs.former_addresses(contact) - set(contact.addresses.values())),
        "cancel_url": here,
        "submit_label": "Forget this contact",
        "submit_kind": "danger",
    }
    return render(request, "contacts/forget.html", context)


def _tried(form: ContactForm, verb: Callable[[], Contact]) -> Contact | None:
    """The contact as saved; None where the verb refuses: the form then says why, and who has the address."""
    try:
        return verb()
    except verbs.AddressTaken as refusal:
        form.owner = refusal.owner
    except InvalidInput as refusal:
        form.add_error(None, str(refusal))
    return None


def _dialog(request: MemberRequest, form: ContactForm, title: str, cancel_url: str) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "title": title,
        "cancel_url": cancel_url,
        "submit_label": "Save" if title == "Edit contact" else "Add contact",
        "names": [form["first_name"], form["last_name"]],
        "ways": [form["phone"], form["email"]],
        "rest": [form["notes"], *(form[f"custom_{field.key}"] for field in form.custom)],
    }
    return render(request, "contacts/edit.html", context, status=422 if form.errors or form.owner else 200)
