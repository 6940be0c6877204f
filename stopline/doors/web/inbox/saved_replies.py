"""Settings → Saved replies. Every member may keep them: they are inserted, never sent by themselves."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from stopline.apps.inbox import saved_replies as verbs
from stopline.apps.inbox.models import SavedReply
from stopline.doors.web.attempt import attempt
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest


class Saved(forms.Form):
    name = forms.CharField(label="Name", max_length=verbs.LONGEST_NAME, help_text="What people look for.")
    text = forms.CharField(
        label="Text", max_length=verbs.LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 6})
    )


@signed_in
@require_safe
def saved_replies(request: MemberRequest) -> HttpResponse:
    saved = request.member.account.saved_replies.order_by("name")
    return render(request, "inbox/saved_replies.html", {"saved_replies": saved})


@signed_in
def edit(request: MemberRequest, reply_id: UUID | None = None) -> HttpResponse:
    saved = _find(request, reply_id) if reply_id else SavedReply(account=request.member.account)
    form = Saved(request.POST or None, initial={"name": saved.name, "text": saved.text})

    if form.is_valid() and attempt(form, partial(verbs.change, saved, **form.cleaned_data)) is not None:
        return _done(request, f"“{saved.name}” saved.")

    page = {"form": form, "is_new": reply_id is None, "submit_label": "Save"}
    return render(request, "inbox/saved_reply.html", page, status=422 if form.errors else 200)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: MemberRequest, reply_id: UUID) -> HttpResponse:
    saved = _find(request, reply_id)
    if request.method != "POST":
        page = {"saved": saved, "submit_label": "Remove", "submit_kind": "danger"}
        return render(request, "inbox/remove_saved_reply.html", page)

    verbs.remove(saved)

    return _done(request, f"“{saved.name}” removed.")


def _find(request: MemberRequest, reply_id: UUID) -> SavedReply:
    return get_object_or_404(SavedReply, account_id=request.member.account_id, id=reply_id)


def _done(request: MemberRequest, text: str) -> HttpResponse:
    messages.success(request, text)
    page = resolve_url("settings_saved_replies")
    return HttpResponseClientRedirect(page) if request.htmx else redirect(page)
