"""What one can do with a conversation in one click. Each does it, and the page follows by its live topics."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from stopline.apps.inbox import conversation as verbs
from stopline.apps.inbox import unclear
from stopline.apps.inbox.models import Conversation
from stopline.apps.inbox.reply import send_again
from stopline.doors.web.guard import signed_in
from stopline.doors.web.inbox.find import find, message_in
from stopline.doors.web.request import MemberRequest
from stopline.rules.errors import InvalidInput
from stopline.rules.words import Channel, MessageState


@signed_in
@require_POST
def assign(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    found = find(request.member, conversation_id)

    verbs.assign(found, _member_id(request.POST.get("assignee", "")))

    return done(request, found)


@signed_in
@require_POST
def close(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    found = find(request.member, conversation_id)

    verbs.close(found)

    return done(request, found, "Conversation closed.")


@signed_in
@require_POST
def reopen(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    found = find(request.member, conversation_id)

    verbs.reopen(found)

    return done(request, found)


@signed_in
@require_POST
def read(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    found = find(request.member, conversation_id)

    verbs.mark_read(found)

    return HttpResponse(status=204) if request.htmx else redirect("conversation", found.id)


@signed_in
@require_POST
def unread(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    """Leaves the conversation: staying in it would mark it as read again."""
    found = find(request.member, conversation_id)

    verbs.mark_unread(found)

    if not request.htmx:
        return redirect("inbox")
    response = render(request, "inbox/left.html")
    response["HX-Push-Url"] = reverse("inbox")
    return trigger_client_event(response, "live:inbox")


@signed_in
@require_POST
def read_all(request: MemberRequest) -> HttpResponse:
    changed = verbs.mark_all_read(request.member.account)

    return _told(request, f"{_conversations(changed)} marked as read." if changed else "Nothing is unread.")


@signed_in
@require_POST
def close_read(request: MemberRequest) -> HttpResponse:
    changed = verbs.close_all_read(request.member.account)

    return _told(
        request, f"{_conversations(changed)} closed." if changed else "No open conversation is read."
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: MemberRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """What failed goes again at once; where the outcome is unknown a dialog says what may happen."""
    found = find(request.member, conversation_id)
    message = message_in(found, message_id)

    if request.method != "POST":
        page = {
            "conversation": found,
            "message": message,
            "lost": message.state == MessageState.UNKNOWN,
            "submit_label": "Send again",
            "cancel_url": reverse("conversation", args=[found.id]),
        }
        return render(request, "inbox/again.html", page)
    send_again(request.member, found, message)

    return done(request, found, "Message queued again.")


@signed_in
@require_POST
def dismiss(request: MemberRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    found = find(request.member, conversation_id)

    unclear.dismiss(request.member, message_in(found, message_id))

    return done(request, found, "Dismissed: automated messages go on.")


@signed_in
@require_POST
def unsubscribe(request: MemberRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    found = find(request.member, conversation_id)

    changes = unclear.unsubscribe(request.member, message_in(found, message_id))

    where = ", ".join(channel.label for channel in Channel if channel in {each.channel for each in changes})
    text = f"{found.contact.name} unsubscribed from {where}." if where else "Was unsubscribed already."
    return done(request, found, text)


def done(request: MemberRequest, found: Conversation, text: str = "") -> HttpResponse:
    if not request.htmx:
        if text:
            messages.success(request, text)
        return redirect("conversation", found.id)
    response = HttpResponse(status=204)
    if text:
        trigger_client_event(response, "toast", {"text": text})
    trigger_client_event(response, "close-dialog")
    return trigger_client_event(response, f"live:conversation:{found.id}")


def _told(request: MemberRequest, text: str) -> HttpResponse:
    if not request.htmx:
        messages.success(request, text)
        return redirect("inbox")
    response = trigger_client_event(HttpResponse(status=204), "toast", {"text": text})
    return trigger_client_event(response, "live:inbox")


def _conversations(count: int) -> str:
    return f"{count} conversation{'' if count == 1 else 's'}"


def _member_id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise InvalidInput("This is no member.", "Choose one from the list") from error
