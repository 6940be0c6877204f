"""Global search: contacts and the conversations with them."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from stopline.apps.contacts import directory
from stopline.apps.contacts.directory import Filters
from stopline.apps.inbox.models import Conversation
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest

SIZE = 8


@signed_in
def search(request: MemberRequest) -> HttpResponse:
    account, text = request.member.account, request.GET.get("q", "").strip()
    found = directory.page(directory.find(account, Filters(text[:200])), SIZE) if text else None
    contacts = found.contacts if found else []
    talks = Conversation.objects.filter(account_id=account.id, contact_id__in=[each.id for each in contacts])
    by_contact = dict(talks.values_list("contact_id", "id"))

    context = {
        "text": text,
        "results": [(contact, by_contact.get(contact.id)) for contact in contacts],
        "everything": f"{reverse('contacts')}?{urlencode({'q': text})}" if found and found.older else "",
    }
    return render(request, "contacts/results.html" if request.htmx else "contacts/search.html", context)
