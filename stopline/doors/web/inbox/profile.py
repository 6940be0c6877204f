"""The right pane: who the contact is, and the same as a form while Modify is on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from stopline.apps.accounts import members
from stopline.apps.consent import told
from stopline.apps.consent.models import Entry
from stopline.apps.contacts import custom, fields, standing
from stopline.apps.contacts.models import ContactList, CustomField
from stopline.apps.contacts.standing import Held
from stopline.apps.inbox import profile as verbs
from stopline.apps.inbox.models import Conversation
from stopline.doors.web.attempt import attempt
from stopline.doors.web.contacts.resubscribing import reasons, sent_proof
from stopline.doors.web.guard import signed_in
from stopline.doors.web.inbox.find import find
from stopline.doors.web.request import MemberRequest
from stopline.rules.consent import admins_only
from stopline.rules.errors import InvalidInput
from stopline.rules.lasting import still_refused
from stopline.rules.words import Channel, Source, Standing

CUSTOM = "custom-"
KINDS: dict[str, Mapping[str, str]] = {
    CustomField.Kind.TEXT: {},
    CustomField.Kind.NUMBER: {"inputmode": "decimal"},
    CustomField.Kind.DATE: {"type": "date"},
}


class Profile(forms.Form):
    """Name and custom fields; the standings are beside it, each with two checkboxes, one ticked."""

    first_name = forms.CharField(label="First name", max_length=120, required=False)
    last_name = forms.CharField(label="Last name", max_length=120, required=False)

    def __init__(self, request: MemberRequest, conversation: Conversation) -> None:
        contact = conversation.contact
        super().__init__(
            request.POST if request.method == "POST" else None,
            initial={"first_name": contact.first_name, "last_name": contact.last_name},
            prefix="profile",
        )
        self.custom_fields = list(fields.everything(request.member.account))
        for each in self.custom_fields:
            widget = forms.TextInput(attrs=dict(KINDS[each.kind]))
            value = contact.custom.get(each.key)
            self.fields[CUSTOM + each.key] = forms.CharField(
                label=each.label,
                required=False,
                widget=widget,
                initial="" if value is None else custom.show(value),
            )

    @property
    def names(self) -> list[forms.BoundField]:
        return [self["first_name"], self["last_name"]]

    @property
    def customs(self) -> list[forms.BoundField]:
        return [self[CUSTOM + each.key] for each in self.custom_fields]

    @property
    def typed(self) -> dict[str, str]:
        return {each.key: self.cleaned_data[CUSTOM + each.key] for each in self.custom_fields}


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    found = find(request.member, conversation_id)
    if request.method != "POST":
        if not request.htmx:
            return redirect(f"{reverse('conversation', args=[found.id])}?{request.GET.urlencode()}")
        return render(request, "inbox/profile.html", {"conversation": found, **shown(request, found)})

    form = Profile(request, found)
    if form.is_valid() and attempt(form, lambda: _save(request, found, form)) is not None:
        return _saved(request, found)

    page = {"conversation": found, **shown(request, found), "form": form, "modify": True}
    if request.htmx:
        return render(request, "inbox/profile.html", page, status=422)
    return render(request, "inbox/profile_page.html", page, status=422)


def shown(request: MemberRequest, conversation: Conversation) -> dict[str, Any]:
    contact, account = conversation.contact, request.member.account
    held = standing.of(account.id, [contact])[contact.id]
    decided = Entry.objects.filter(account_id=account.id, id__in=[each.row.entry_id for each in held])
    entries: dict[UUID | None, Entry] = {entry.id: entry for entry in decided}
    modify = request.GET.get("modify") == "on"
    asks = "" if request.member.is_admin else admins_only(members.admin_names(account.id))
    return {
        "standings": [_standing(request, each, entries.get(each.row.entry_id)) for each in held],
        "lists": ContactList.objects.filter(
            account_id=account.id, memberships__account_id=account.id, memberships__contact_id=contact.id
        ).order_by("name"),
        "facts": _facts(contact.custom, list(fields.everything(account))),
        "modify": modify,
        "form": Profile(request, conversation) if modify and request.method != "POST" else None,
        "asks": asks,
        "reasons": reasons(request.POST),
    }


def _facts(values: Mapping[str, Any], known: list[CustomField]) -> list[tuple[str, str]]:
    return [(each.label, custom.show(values[each.key])) for each in known if each.key in values]


def _standing(request: MemberRequest, held: Held, entry: Entry | None) -> dict[str, Any]:
    """One channel; its checkboxes as they were sent, where the form comes back with an error."""
    sent = request.POST.getlist(f"standing-{held.channel}") if request.method == "POST" else []
    ticked = sent or [held.standing.value]
    return {
        "channel": held.channel,
        "address": held.address,
        "standing": held.standing,
        "since": held.row.since,
        "why": told.why(entry) if entry else "",
        "warning": still_refused(held.channel, Source(entry.source)) if entry and held.unsubscribed else "",
        "subscribed": Standing.SUBSCRIBED in ticked,
        "unsubscribed": Standing.UNSUBSCRIBED in ticked,
    }


def _save(request: MemberRequest, found: Conversation, form: Profile) -> list[Any]:
    given = form.cleaned_data
    standings = _asked(request, found)
    with transaction.atomic():
        lifts = Standing.SUBSCRIBED in standings.values()
        reason, proof = sent_proof(request) if lifts else ("", {})
        wanted = verbs.Wanted(given["first_name"], given["last_name"], form.typed, standings, reason, proof)
        return verbs.save(request.member, found.contact, wanted)


def _asked(request: MemberRequest, found: Conversation) -> dict[Channel, Standing]:
    """The channels on which another box is ticked than when the form was opened. Raises InvalidInput."""
    asked: dict[Channel, Standing] = {}
    for channel, _ in found.contact.channels:
        ticked = set(request.POST.getlist(f"standing-{channel}"))
        before = request.POST.get(f"was-{channel}", "")
        if not ticked and before in ("", Standing.PENDING):
            continue  # agents are shown no boxes
        if len(ticked) != 1 or not ticked <= {Standing.SUBSCRIBED, Standing.UNSUBSCRIBED}:
            raise InvalidInput(f"For {channel.label}, tick Subscribed or Unsubscribed, and not both.")
        if ticked != {before}:
            asked[channel] = Standing(ticked.pop())
    return asked


def _saved(request: MemberRequest, found: Conversation) -> HttpResponse:
    text = f"{found.contact.name} saved."
    if not request.htmx:
        messages.success(request, text)
        return redirect("conversation", found.id)
    request.method = "GET"  # the pane comes back as it is read, not as it was sent
    response = render(request, "inbox/profile.html", {"conversation": found, **shown(request, found)})
    trigger_client_event(response, "toast", {"text": text})
    for topic in ("standing", f"conversation:{found.id}"):
        trigger_client_event(response, f"live:{topic}")
    return response
