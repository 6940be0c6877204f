"""Settings → Members: who works in the account, and who is invited to."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

import structlog
from django import forms
from django.conf import settings
from django.core.mail import send_mail
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from stopline.apps.accounts import invitations
from stopline.apps.accounts import members as verbs
from stopline.apps.accounts.models import Invitation, Member
from stopline.doors.web.attempt import attempt
from stopline.doors.web.guard import admins, signed_in
from stopline.doors.web.request import MemberRequest
from stopline.doors.web.settings.page import done, moved
from stopline.rules.errors import InvalidInput
from stopline.rules.words import Role

log = structlog.get_logger(__name__)
ROLES = [(role.value, role.label) for role in (Role.AGENT, Role.ADMIN)]


class Invite(forms.Form):
    email = forms.CharField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autofocus": True})
    )
    role = forms.ChoiceField(
        label="Role",
        choices=ROLES,
        help_text="Only admins change settings, unsubscribe and resubscribe contacts.",
    )


@signed_in
def members(request: MemberRequest) -> HttpResponse:
    me = request.member
    everybody = me.account.members.select_related("user").order_by("created_at", "id")
    page = {
        "members": [(member, _menu(me, member)) for member in everybody],
        "invitations": invitations.pending(me.account_id).order_by("created_at"),
        "asks": verbs.whom_to_ask(me, "change members"),
        "now": timezone.now(),
    }
    return render(request, "settings/members_list.html" if request.htmx else "settings/members.html", page)


@admins
def invite(request: MemberRequest) -> HttpResponse:
    form = Invite(request.POST or None)
    page: dict[str, Any] = {"form": form, "cancel_url": reverse("settings_members")}

    if request.method == "POST" and form.is_valid():
        made = attempt(form, partial(invitations.invite, request.member, **form.cleaned_data))
        if made:
            invitation, token = made
            link = urljoin(settings.PUBLIC_URL, reverse("invitation", args=[token]))
            page |= {
                "invitation": invitation,
                "link": link,
                "mailed": _mail(request.member, invitation, link),
            }
            return render(request, "settings/invited.html", page)

    page["submit_label"] = "Create link"
    return render(request, "settings/invite.html", page, status=422 if form.errors else 200)


@require_POST
@signed_in
def revoke(request: MemberRequest, invitation_id: UUID) -> HttpResponse:
    invitations.revoke(request.member, invitation_id)
    return done(request, "The invitation is revoked.", "settings_members", "members")


@require_POST
@signed_in
def change_role(request: MemberRequest, member_id: UUID) -> HttpResponse:
    if request.POST.get("role") not in list(Role):
        raise InvalidInput("There is no such role", "Choose admin or agent")
    member = verbs.change_role(request.member, member_id, Role(request.POST["role"]))
    text = f"{member} is now {'an' if member.role[0] == 'a' else 'a'} {member.get_role_display().lower()}."
    if member_id == request.member.id:
        return moved(request, text, "settings_members")
    return done(request, text, "settings_members", "members")


@admins
def remove(request: MemberRequest, member_id: UUID) -> HttpResponse:
    member = verbs.find(request.member.account_id, member_id)

    if request.method == "POST":
        verbs.remove(request.member, member_id)
        text = f"{member} is no longer a member of {request.member.account}."
        if member_id == request.member.id:
            return moved(request, text, "home")
        return done(request, text, "settings_members", "members")

    page = {
        "who": member,
        "submit_label": "Remove",
        "submit_kind": "danger",
        "cancel_url": reverse("settings_members"),
    }
    return render(request, "settings/remove_member.html", page)


def _menu(me: Member, member: Member) -> list[dict[str, Any]]:
    if not me.is_admin:
        return []
    other = Role.AGENT if member.is_admin else Role.ADMIN
    return [
        {
            "label": f"Make {other.label.lower()}",
            "action": reverse("change_role", args=[member.id]),
            "name": "role",
            "value": other.value,
        },
        {
            "label": "Remove",
            "href": reverse("remove_member", args=[member.id]),
            "dialog": True,
            "danger": True,
        },
    ]


def _mail(inviter: Member, invitation: Invitation, link: str) -> bool:
    """Where mail is set up. The link is shown anyway, so a mail server that fails loses nothing."""
    if not settings.EMAIL_HOST:
        return False
    words = {
        "inviter": str(inviter.user),
        "account": str(inviter.account),
        "role": invitation.get_role_display().lower(),
        "link": link,
    }
    subject = " ".join(render_to_string("accounts/email/invitation_subject.txt", words).split())
    text = render_to_string("accounts/email/invitation_message.txt", words)
    try:
        send_mail(subject, text, None, [invitation.email])
    except OSError as error:
        log.warning("invitation.mail_failed", error=str(error))
        return False
    return True
