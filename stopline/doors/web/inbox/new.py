"""New message: pick a contact, and its conversation opens with the composer."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from stopline.apps.contacts import search
from stopline.apps.contacts.models import Contact
from stopline.apps.inbox.conversation import open_with
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.rules.errors import NotFound

OFFERED = 12


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def message(request: MemberRequest) -> HttpResponse:
    picked = request.POST.get("contact")
    if picked:
        return _open(request, picked)

    text = (request.POST.get("q") or request.GET.get("q") or "").replace("\x00", "")[:200]
    mine = Contact.objects.filter(account_id=request.member.account_id).defer("search", "custom", "notes")
    found = search.matching(mine, text, request.member.account.default_country).order_by("-id")

    page = {"q": text, "found": found[:OFFERED]}
    results_only = request.htmx.target == "new-message-results"
    return render(request, "inbox/new_results.html" if results_only else "inbox/new.html", page)


def _open(request: MemberRequest, picked: str) -> HttpResponse:
    try:
        wanted = UUID(picked)
    except ValueError as error:
        raise NotFound("This contact doesn't exist (any more)", "Pick another one") from error
    contact = get_object_or_404(Contact, account_id=request.member.account_id, id=wanted)

    page = resolve_url("conversation", open_with(contact).id)

    return HttpResponseClientRedirect(page) if request.htmx else redirect(page)
