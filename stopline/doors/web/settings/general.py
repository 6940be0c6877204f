"""Settings → General."""

from __future__ import annotations

from functools import partial

from django import forms
from django.http import HttpResponse, QueryDict

from stopline.apps.accounts import account
from stopline.apps.accounts.models import Account
from stopline.doors.web.accounts.forms import Country, TimeZone
from stopline.doors.web.attempt import attempt
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.doors.web.settings.page import posted, saved, shown


class General(forms.Form):
    name = forms.CharField(label="Account name", max_length=120)
    time_zone = TimeZone()
    default_country = Country()
    support_url = forms.CharField(
        label="Support address",
        max_length=200,
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text="Chat with Support opens this page instead of a conversation in your Inbox.",
    )

    def __init__(self, of: Account, data: QueryDict | None = None) -> None:
        fields = ("name", "time_zone", "default_country", "support_url")
        super().__init__(data, initial={field: getattr(of, field) for field in fields})
        if not of.is_operator:
            del self.fields["support_url"]


@signed_in
def general(request: MemberRequest) -> HttpResponse:
    form = General(request.member.account, posted(request))

    if (
        form.is_valid()
        and attempt(form, partial(account.change, request.member, **form.cleaned_data)) is not None
    ):
        return saved(request, "Settings saved.", "settings_general")

    return shown(request, "settings/general.html", form, zones=account.TIME_ZONES)
