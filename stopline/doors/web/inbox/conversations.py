"""The Inbox: the list of conversations, and one of them opened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import replace_url, trigger_client_event

from stopline.apps.inbox import conversation as verbs
from stopline.apps.inbox import listing
from stopline.apps.inbox.listing import Filters, Place, Row
from stopline.apps.inbox.models import Conversation
from stopline.apps.inbox.reply import reply, reply_with_template
from stopline.apps.sending.media import attach
from stopline.doors.web.guard import signed_in
from stopline.doors.web.inbox import composer, media, profile, templates, thread
from stopline.doors.web.inbox.find import digest, find, is_part, members_of
from stopline.doors.web.request import MemberRequest
from stopline.rules.words import Channel

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LABELS = {listing.OPEN: "Open", listing.CLOSED: "Closed", listing.UNREAD: "Unread"}


@signed_in
@require_safe
def inbox(request: MemberRequest) -> HttpResponse:
    return render(request, "inbox/inbox.html", {**_frame(request), **_list(request)})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def conversation(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    found = find(request.member, conversation_id)

    if request.method == "POST":
        return _send(request, found)
    verbs.mark_read(found)

    page = {"conversation": found, **_frame(request), **_opened(request, found)}
    if is_part(request):
        return render(request, "inbox/conversation.html", page)
    return render(request, "inbox/inbox.html", {**page, **_list(request, found.id)})


@signed_in
@require_safe
def rows(request: MemberRequest) -> HttpResponse:
    """Parts of the list: rows that are older, or all that is shown now, where anything has changed."""
    opened = _uuid(request.GET.get("open", ""))
    context = _list(request, opened)
    if request.GET.get("after"):
        return render(request, "inbox/rows.html", context)

    if request.GET.get("was") == context["list_was"]:
        return HttpResponse(status=204)
    response = render(request, "inbox/list.html", context)
    if request.htmx.trigger == "list-live":  # somebody may have gone elsewhere since it asked
        return response
    return replace_url(response, _here(request, context["filters"]))


def _send(request: MemberRequest, found: Conversation) -> HttpResponse:
    channel = request.POST.get("channel", "")
    if template := request.POST.get("template"):
        reply_with_template(request.member, found, channel, template, templates.values(request.POST))
    else:
        subject = request.POST.get("subject", "") if channel == Channel.EMAIL else ""
        parts = {"subject": subject} if subject.strip() else {}
        text, files = request.POST.get("text", ""), attach(found.account_id, channel, media.chosen(request))
        reply(request.member, found, channel, text, parts=parts, files=files)
    if not request.htmx:
        return redirect(f"{reverse('conversation', args=[found.id])}?{urlencode({'channel': channel})}")
    response = HttpResponse(status=204)
    trigger_client_event(response, "sent")
    return trigger_client_event(response, f"live:conversation:{found.id}")


def _frame(request: MemberRequest) -> dict[str, Any]:
    return {
        "members": members_of(request.member),
        "profile_open": request.COOKIES.get("profile") == "open",
        "filters": Filters.read(request.GET),
    }


def _opened(request: MemberRequest, found: Conversation) -> dict[str, Any]:
    return {
        **thread.shown(request, found),
        **composer.shown(request, found),
        **profile.shown(request, found),
        "query": urlencode(Filters.read(request.GET).query),
    }


def _list(request: MemberRequest, opened: UUID | None = None) -> dict[str, Any]:
    filters = Filters.read(request.GET)
    size = max(_number(request.GET.get("shown", "")), listing.PAGE)
    after = _place(request.GET.get("after", ""))
    page = listing.page(request.member, filters, after=after, size=listing.PAGE if after else size)
    tabs = [_tab(tab, filters, count) for tab, count in listing.counts(request.member, filters).items()]
    last = page.rows[-1].conversation if page.rows and page.more else None
    return {
        "filters": filters,
        "query": urlencode(filters.query),
        "rows": page.rows,
        "shown": len(page.rows) + (_number(request.GET.get("shown", "")) if after else 0),
        "older": urlencode({**filters.query, "after": _cursor(last)}) if last else "",
        "others": [] if after else listing.others(request.member, filters.text),
        "tabs": tabs,
        "opened": opened,
        "list_was": digest(timezone.localdate(), opened, filters, tabs, [_facts(row) for row in page.rows]),
    }


def _facts(row: Row) -> tuple[object, ...]:
    """Everything about a row that can change."""
    shown = row.conversation
    return (
        shown.id,
        shown.last_message_at,
        shown.last_inbound_at,
        shown.state,
        shown.unread,
        shown.unclear,
        shown.contact.name,
        row.unsubscribed,
    )


def _tab(tab: str, filters: Filters, count: int) -> dict[str, Any]:
    more = count >= listing.COUNTED
    return {
        "label": LABELS[tab],
        "query": urlencode(Filters(tab, filters.who).query),
        "count": f"{listing.COUNTED - 1}+" if more else count,
        "current": tab == filters.tab and not filters.text,
        "loud": tab == listing.UNREAD and count,
    }


def _here(request: MemberRequest, filters: Filters) -> str:
    """The page's own address with the filters as they are now: it can be reloaded and sent to a colleague."""
    path = urlsplit(request.htmx.current_url_abs_path or reverse("inbox")).path
    query = urlencode(filters.query)
    return f"{path}?{query}" if query else path


def _cursor(last: Conversation) -> str:
    return f"{(last.last_message_at - EPOCH) // MICROSECOND}.{last.id}"


def _place(cursor: str) -> Place | None:
    at, _, found = cursor.partition(".")
    row = _uuid(found)
    return Place(EPOCH + MICROSECOND * int(at), row) if row and at.isdecimal() and len(at) < 18 else None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
