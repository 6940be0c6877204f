"""Settings, Custom fields: what the account keeps about its contacts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from stopline.apps.accounts import members
from stopline.apps.contacts import fields as verbs
from stopline.apps.contacts.models import CustomField
from stopline.doors.web.attempt import attempt
from stopline.doors.web.contacts import find
from stopline.doors.web.contacts.answer import done
from stopline.doors.web.guard import admins, signed_in
from stopline.doors.web.request import MemberRequest

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Member


class FieldForm(forms.Form):
    label = forms.CharField(
        label="Name", max_length=verbs.LONGEST, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    kind = forms.ChoiceField(choices=CustomField.Kind.choices, help_text="It can't be changed later.")


class LabelForm(forms.Form):
    label = forms.CharField(
        label="Name", max_length=verbs.LONGEST, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


@signed_in
def custom_fields(request: MemberRequest) -> HttpResponse:
    me = request.member
    asks = "" if me.is_admin else members.whom_to_ask(me, "change custom fields")
    rows = [(field, [] if asks else _menu(field)) for field in verbs.everything(me.account)]
    template = "contacts/fields_table.html" if request.htmx else "contacts/fields.html"
    return render(request, template, {"rows": rows, "asks": asks})


@admins
def create(request: MemberRequest) -> HttpResponse:
    form = FieldForm(request.POST if request.method == "POST" else None)

    if form.is_valid():
        made = attempt(form, partial(verbs.create, request.member, **form.cleaned_data))
        if made:
            return done(request, f"Field {made.label} added.", reverse("custom_fields"), "contacts")

    return _dialog(request, form, "Add field")


@admins
def rename(request: MemberRequest, field_id: UUID) -> HttpResponse:
    field = find.custom_field(request.member, field_id)
    form = LabelForm(request.POST if request.method == "POST" else None, initial={"label": field.label})

    if form.is_valid():
        attempt(form, partial(verbs.rename, request.member, field, form.cleaned_data["label"]))
        if not form.errors:
            return done(request, f"Field renamed to {field.label}.", reverse("custom_fields"), "contacts")

    return _dialog(request, form, "Rename field")


@admins
def delete(request: MemberRequest, field_id: UUID) -> HttpResponse:
    field = find.custom_field(request.member, field_id)

    if request.method == "POST":
        verbs.delete(request.member, field)
        return done(request, f"Field {field.label} deleted.", reverse("custom_fields"), "contacts")

    context = {
        "field": field,
        "used": _used(request.member, field),
        "cancel_url": reverse("custom_fields"),
        "submit_label": "Delete field",
        "submit_kind": "danger",
    }
    return render(request, "contacts/delete_field.html", context)


def _used(member: Member, field: CustomField) -> int:
    return member.account.contacts.filter(custom__has_key=field.key).count()


def _dialog(request: MemberRequest, form: forms.Form, title: str) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "cancel_url": reverse("custom_fields"),
        "submit_label": title.split(maxsplit=1)[0],
    }
    return render(request, "contacts/name.html", context, status=422 if form.errors else 200)


def _menu(field: CustomField) -> list[dict[str, Any]]:
    return [
        {
            "label": "Rename",
            "href": reverse("rename_field", args=[field.id]),
            "dialog": True,
            "icon": "pencil",
        },
        {
            "label": "Delete",
            "href": reverse("delete_field", args=[field.id]),
            "dialog": True,
            "icon": "trash-2",
            "danger": True,
        },
    ]
