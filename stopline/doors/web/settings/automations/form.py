"""The form of an automation: what its kind asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms

from stopline.apps.automations import text
from stopline.apps.automations.automation import Wanted
from stopline.apps.contacts import lists
from stopline.doors.web.settings.replies import Words
from stopline.rules.automations import AutomationKind
from stopline.rules.words import CONSENT_CHANNELS

if TYPE_CHECKING:
    from django.http import QueryDict

    from stopline.apps.accounts.models import Account
    from stopline.apps.automations.models import Automation

DAYS = tuple(
    enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), start=1)
)
WORKING = [1, 2, 3, 4, 5]
OWN = {
    AutomationKind.WELCOME: (),
    AutomationKind.OUT_OF_HOURS: ("days", "opens", "closes"),
    AutomationKind.KEYWORD: ("words", "list_id"),
}
COMMON = ("text", "channels", "enabled")


def _clock(label: str) -> forms.TimeField:
    return forms.TimeField(label=label, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))


class AutomationForm(forms.Form):
    """`automation`: the one to change; None where one is added."""

    words = Words(
        "Words", "One a line. They count as a whole message only, in capitals or not.", required=True
    )
    days = forms.TypedMultipleChoiceField(
        coerce=int, choices=DAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    opens = _clock("From")
    closes = _clock("Until")
    text = forms.CharField(
        label="Message",
        max_length=text.LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text='{{ first_name | default: "there" }} calls people by their name, where you know it.',
    )
    list_id = forms.TypedChoiceField(label="List to join", coerce=UUID, empty_value=None, required=False)
    channels = forms.MultipleChoiceField(
        choices=[(each.value, each.label) for each in CONSENT_CHANNELS],
        required=False,  # the verb says what is missing
        widget=forms.CheckboxSelectMultiple,
    )
    enabled = forms.BooleanField(label="Switched on", required=False)

    def __init__(
        self,
        account: Account,
        kind: AutomationKind,
        data: QueryDict | None = None,
        automation: Automation | None = None,
    ) -> None:
        super().__init__(data, initial=_initial(account, automation))
        for name in set(self.fields) - {*OWN[kind], *COMMON}:
            del self.fields[name]
        if "list_id" in self.fields:
            mine = [(each.id, each.name) for each in lists.everything(account)]
            self.fields["list_id"].choices = [("", "None"), *mine]  # type: ignore[attr-defined]

    @property
    def wanted(self) -> Wanted:
        return Wanted(**self.cleaned_data)


def _initial(account: Account, automation: Automation | None) -> dict[str, Any]:
    if automation:
        fields = {name for own in OWN.values() for name in own} | set(COMMON)
        return {name: getattr(automation, name) for name in fields}
    carried = {channel for each in account.connections.all() for channel in each.channels}
    channels = [channel.value for channel in CONSENT_CHANNELS if channel in carried]
    return {"enabled": True, "channels": channels, "days": WORKING, "opens": "09:00", "closes": "17:00"}
