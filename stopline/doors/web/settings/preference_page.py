"""Settings → Preference page: what contacts see behind the link in every message."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from stopline.apps.consent import preference_page as verbs
from stopline.apps.consent.links import Held, preference_page
from stopline.apps.sending.preferences import Line
from stopline.doors.web.attempt import attempt
from stopline.doors.web.guard import admins, signed_in
from stopline.doors.web.preferences import brand, shown
from stopline.doors.web.preferences.page import POLICY
from stopline.doors.web.preferences.shown import Said
from stopline.doors.web.preferences.speech import choose
from stopline.doors.web.request import MemberRequest
from stopline.doors.web.settings.page import done, posted, saved
from stopline.doors.web.settings.page import shown as page_shown
from stopline.rules.errors import NotFound
from stopline.rules.words import Channel, Standing

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from stopline.apps.consent.models import PreferencePage

# Reserved for documentation (RFC 2606) and for fiction: nobody's.
SAMPLE = (
    Line(Channel.EMAIL, "you@example.com", Standing.SUBSCRIBED, "", own=True),
    Line(Channel.SMS, "+14155550123", Standing.SUBSCRIBED, "", own=False),
    Line(Channel.WHATSAPP, "+14155550123", Standing.UNSUBSCRIBED, "", own=False),
)


class Looks(forms.Form):
    wording = forms.CharField(
        label="Wording",
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": verbs.LONGEST_WORDING}),
        help_text="Your own words above the channels, in your customers’ language. "
        "Left empty, Stopline’s stand there in seven.",
    )
    colour = forms.CharField(
        label="Colour",
        required=False,
        max_length=20,
        widget=forms.TextInput(
            attrs={"placeholder": "#1a2b3c", "spellcheck": "false", "autocomplete": "off"}
        ),
        help_text="Of the main button, as #rrggbb. White words must be readable on it.",
    )
    logo = forms.FileField(
        label="Logo",
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text="PNG, JPEG or WebP, at most 200 kB.",
    )
    remove_logo = forms.BooleanField(label="Remove the logo", required=False)
    link_in_texts = forms.BooleanField(
        label="Short link in texts",
        required=False,
        help_text="Broadcasts by SMS, MMS, RCS and WhatsApp end with a short link to this page. E-mails always "
        "carry one.",
    )

    def __init__(
        self,
        of: PreferencePage,
        data: QueryDict | None = None,
        files: MultiValueDict[str, UploadedFile] | None = None,
    ) -> None:
        fields = ("wording", "colour", "link_in_texts")
        super().__init__(data, files, initial={field: getattr(of, field) for field in fields})
        if not of.logo_type:
            del self.fields["remove_logo"]

    def changes(self) -> dict[str, Any]:
        """As `preference_page.change` takes them."""
        logo = self.cleaned_data.pop("logo", None)
        return {**self.cleaned_data, "logo": logo.read() if logo else None}


@signed_in
def looks(request: MemberRequest) -> HttpResponse:
    now = preference_page(request.member.account_id)
    form = Looks(now, posted(request), request.FILES if request.method == "POST" else None)

    if form.is_valid() and attempt(form, partial(verbs.change, request.member, **form.changes())) is not None:
        return saved(request, "Preference page saved.", "preference_page")

    return page_shown(request, "settings/preference_page.html", form, own=now)


@signed_in
def preview(request: MemberRequest) -> HttpResponse:
    """The page as contacts see it, with addresses that are nobody's and buttons that do nothing."""
    own = preference_page(request.member.account_id)
    held = Held(request.member.account, own, Channel.EMAIL, SAMPLE[0].address)
    language = choose(request.GET.get("lang", ""))
    base = reverse("preference_page_preview")
    html = shown.render(held, language, SAMPLE, base, Said(), preview=True)
    return HttpResponse(html, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})


@signed_in
def logo(request: MemberRequest) -> HttpResponse:
    own = preference_page(request.member.account_id)
    if not own.logo:
        raise NotFound("The account has no logo", "Choose one under Settings, Preference page")
    return brand.picture(own)


@signed_in
def colour(request: MemberRequest) -> HttpResponse:
    return brand.style(preference_page(request.member.account_id))


@admins
def withdraw(request: MemberRequest) -> HttpResponse:
    if request.method == "POST":
        verbs.withdraw_links(request.member)
        return done(request, "Every link made so far is withdrawn.", "preference_page")

    page = {
        "submit_label": "Withdraw links",
        "submit_kind": "danger",
        "cancel_url": reverse("preference_page"),
    }
    return render(request, "settings/withdraw_links.html", page)
