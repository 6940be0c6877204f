"""Settings → Broadcasts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpResponse

from stopline.apps.consent.links import preference_page
from stopline.apps.sending import rules as verbs
from stopline.doors.web.attempt import attempt
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.doors.web.settings.page import posted, saved, shown
from stopline.rules.words import CHANNELS, CONSENT_CHANNELS, Channel

if TYPE_CHECKING:
    from django.http import QueryDict

    from stopline.apps.sending.models import SendingRules


def _clock(label: str) -> forms.TimeField:
    return forms.TimeField(label=label, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))


def _number(label: str, *, most: int, required: bool, help_text: str = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=1, max_value=most, required=required, help_text=help_text
    )


class Rules(forms.Form):
    keeps_hours = forms.BooleanField(label="Keep quiet hours", required=False)
    hours_start = _clock("From")
    hours_end = _clock("To")
    cap = _number("Messages", most=verbs.MOST, required=False, help_text="Empty: no limit.")
    cap_days = _number("In so many days", most=verbs.MOST_DAYS, required=True)

    def __init__(self, of: SendingRules, data: QueryDict | None = None) -> None:
        fields = ("keeps_hours", "hours_start", "hours_end", "cap", "cap_days")
        initial: dict[str, Any] = {field: getattr(of, field) for field in fields}
        super().__init__(data, initial=initial | {_hint(each): of.hint(each) for each in CONSENT_CHANNELS})
        for each in CONSENT_CHANNELS:
            self.fields[_hint(each)] = forms.CharField(
                label=CHANNELS[each].label,
                max_length=verbs.LONGEST_HINT,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )

    @property
    def hours(self) -> list[forms.BoundField]:
        return [self[name] for name in ("hours_start", "hours_end")]

    @property
    def caps(self) -> list[forms.BoundField]:
        return [self[name] for name in ("cap", "cap_days")]

    @property
    def hints(self) -> list[forms.BoundField]:
        return [self[_hint(each)] for each in CONSENT_CHANNELS]

    @property
    def values(self) -> dict[str, Any]:
        """What `rules.change` takes."""
        given = dict(self.cleaned_data)
        hints = {each.value: given.pop(_hint(each)) for each in CONSENT_CHANNELS}
        return {**given, "hints": hints}


@signed_in
def broadcasts(request: MemberRequest) -> HttpResponse:
    form = Rules(verbs.of(request.member.account_id), posted(request))

    if form.is_valid() and attempt(form, partial(verbs.change, request.member, **form.values)) is not None:
        return saved(request, "Rules for broadcasts saved.", "settings_broadcasts")

    linked = preference_page(request.member.account_id).link_in_texts
    return shown(request, "settings/broadcasts.html", form, linked=linked)


def _hint(channel: Channel) -> str:
    return f"hint_{channel.value}"
