"""What one contact of the audience gets, on each channel; flipping through them; and a test to oneself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe

from stopline.apps.broadcasts import audience, composing, cost, testing
from stopline.apps.broadcasts import preview as previews
from stopline.apps.sending.models import Content, Message
from stopline.doors.web.attempt import attempt
from stopline.doors.web.broadcasts import contents, find, states
from stopline.doors.web.broadcasts.form import typed
from stopline.doors.web.guard import signed_in
from stopline.doors.web.inbox import formatted
from stopline.doors.web.request import MemberRequest
from stopline.rules.errors import InvalidInput
from stopline.rules.words import Channel

if TYPE_CHECKING:
    from stopline.apps.broadcasts.models import Broadcast


class Test(forms.Form):
    channel = forms.ChoiceField()
    address = forms.CharField(
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        help_text="Your own phone number or e-mail address. Whoever it is becomes a contact.",
    )

    def __init__(self, broadcast: Broadcast, data: Any = None) -> None:
        super().__init__(data)
        self.fields["channel"].choices = [  # type: ignore[attr-defined]  # the stubs know fields by their base only
            (channel.value, channel.label) for channel in testing.channels(broadcast)
        ]


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    """POST: of what stands in the form, saved or not, for the pane beside it. GET: of what is saved, the whole page."""
    if request.method == "POST":
        return _pane(request, find.draft(request.member, broadcast_id))
    found = find.broadcast(request.member, broadcast_id)

    written = composing.contents(found)
    reach = audience.reach(found)
    page = {
        "broadcast": found,
        "look": states.look(found),
        "reach": reach,
        "costs": _costs(found, written, reach),
        "testable": bool(testing.channels(found)),
        **shown(found, written, request),
    }
    return render(request, "broadcasts/preview.html", page)


@signed_in
@require_safe
@xframe_options_sameorigin
def html(request: MemberRequest, broadcast_id: UUID, contact_id: UUID) -> HttpResponse:
    """The e-mail's HTML as this contact gets it, in a frame that runs nothing."""
    found = find.broadcast(request.member, broadcast_id)
    place = previews.place(found, contact_id)
    content = previews.hinted(found, composing.contents(found)).get("email")
    said = previews.written(content, place.contact) if place and content else None
    if said is None or not said.html:
        raise Http404

    return formatted.framed(request, said.html, images=request.GET.get("images") == "1")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def test(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    found = find.broadcast(request.member, broadcast_id)
    place = previews.place(found, find.place(request.GET.get("contact", "")))
    form = Test(found, request.POST if request.method == "POST" else None)

    if form.is_valid() and place:
        given = form.cleaned_data
        sent = attempt(
            form,
            lambda: testing.send(request.member, found, given["channel"], given["address"], place.contact),
        )
        if sent and request.htmx:
            return render(request, "broadcasts/tested.html", _sent(found, sent))
        if sent:
            return redirect("tested_broadcast", found.id, sent.id)

    page = {
        "form": form,
        "broadcast": found,
        "contact": place.contact if place else None,
        "submit_label": "Send a test" if place else "",
        "cancel_url": reverse("preview_broadcast", args=[found.id]),
    }
    return render(request, "broadcasts/test.html", page, status=422 if form.errors else 200)


@signed_in
@require_safe
def tested(request: MemberRequest, broadcast_id: UUID, message_id: UUID) -> HttpResponse:
    """How far the test message is: the whole page, or for htmx its state alone."""
    found = find.broadcast(request.member, broadcast_id)
    mine = Message.objects.filter(account_id=request.member.account_id, author_id=request.member.id)
    page = _sent(found, get_object_or_404(mine, id=message_id))
    return render(request, "broadcasts/test_state.html" if request.htmx else "broadcasts/tested.html", page)


def shown(broadcast: Broadcast, written: Mapping[str, Content], request: MemberRequest) -> dict[str, Any]:
    """The pane: a contact, who stands before and behind, and what they get."""
    wanted = request.GET.get("contact", "") or request.POST.get("contact", "")
    place = previews.place(broadcast, find.place(wanted), request.GET.get("find", "").strip())
    return {
        "place": place,
        "said": previews.of(broadcast, written, place.contact) if place else [],
    }


def _pane(request: MemberRequest, broadcast: Broadcast) -> HttpResponse:
    try:
        other = typed(broadcast, request.POST)
        written, problems = _written(other, request)
        page: dict[str, Any] = {"problems": problems, **shown(other, written, request)}
    except InvalidInput as problem:
        page = {"problem": str(problem)}
        other = broadcast
    cards = contents.cards(other, request.POST)
    return render(request, "broadcasts/pane.html", {"broadcast": other, "cards": cards, "live": True, **page})


def _written(broadcast: Broadcast, request: MemberRequest) -> tuple[dict[str, Content], dict[str, str]]:
    """What stands in the form, and by channel why it can't be used: then what was saved last is shown."""
    written, problems = composing.contents(broadcast), {}
    for channel in broadcast.channels:
        try:
            written[channel] = composing.worded(broadcast, channel, **contents.read(channel, request.POST))
        except InvalidInput as problem:
            problems[Channel(channel).label] = str(problem)
    return written, problems


def _costs(broadcast: Broadcast, written: Mapping[str, Content], reach: audience.Reach) -> list[cost.Cost]:
    try:
        return cost.of(broadcast, written, reach)
    except InvalidInput:  # what can't be written yet costs nothing; the page says what is wrong with it
        return []


def _sent(broadcast: Broadcast, message: Message) -> dict[str, Any]:
    return {
        "broadcast": broadcast,
        "message": message,
        "reason": message.refusal_label or message.failure,
        "over": message.state not in ("queued", "handing_over"),
        "cancel_url": reverse("preview_broadcast", args=[broadcast.id]),
    }
