"""The form of a draft: who gets it, by which channels, and when. What it says is `contents`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from django import forms

from stopline.apps.broadcasts import broadcast as verbs
from stopline.apps.broadcasts import composing
from stopline.apps.broadcasts.models import Broadcast
from stopline.apps.contacts import directory, lists
from stopline.apps.sending.routes import Ways
from stopline.doors.web.broadcasts.words import filter_words
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CHANNELS, CONSENT_CHANNELS, Channel

if TYPE_CHECKING:
    from django.http import QueryDict

EVERYBODY, SOME = "everybody", "some"
NOW, AT, LOCAL = "now", "at", "local"
DAYS = tuple(enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), 1))
ADDED = ("q", "status", "channel", "list")  # of the filter that is being added
WORKDAYS = {"days": [1, 2, 3, 4, 5], "start": "09:00", "end": "17:00"}


def _clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class Draft(forms.Form):
    name = forms.CharField(
        max_length=verbs.LONGEST_NAME, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    purpose = forms.ChoiceField(choices=Broadcast.Purpose.choices, widget=forms.RadioSelect)
    whom = forms.ChoiceField(
        label="Audience",
        choices=((EVERYBODY, "Everybody"), (SOME, "Some contacts")),
        widget=forms.RadioSelect,
    )
    lists = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    exclude = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    pick = forms.ChoiceField(choices=Broadcast.Pick.choices, widget=forms.RadioSelect)
    start = forms.ChoiceField(
        choices=(
            (NOW, "As soon as it is sent"),
            (AT, "At a time, on the account’s clock"),
            (LOCAL, "At a time, on each contact’s own clock"),
        ),
        widget=forms.RadioSelect,
    )
    date = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    time = forms.TimeField(required=False, widget=_clock())
    hours = forms.BooleanField(label="Only in these hours", required=False)
    days = forms.MultipleChoiceField(
        label="Days", required=False, choices=DAYS, widget=forms.CheckboxSelectMultiple
    )
    hours_start = forms.TimeField(label="From", required=False, widget=_clock())
    hours_end = forms.TimeField(label="To", required=False, widget=_clock())
    rate = forms.FloatField(
        label="Speed limit",
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="Messages a second at most. Empty: as fast as the channel goes.",
    )

    def __init__(self, broadcast: Broadcast, data: QueryDict | None = None) -> None:
        super().__init__(data, initial=_initial(broadcast))
        self.broadcast = broadcast
        self.zone = ZoneInfo(broadcast.account.time_zone)
        self.all_lists = lists.with_sizes(broadcast.account)
        named = [(str(each.id), f"{each.name} ({size:,})") for each, size in self.all_lists]
        for field in ("lists", "exclude"):
            self.fields[field].choices = named  # type: ignore[attr-defined]  # the stubs know a field by its base

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("start") in (AT, LOCAL):
            for name in ("date", "time"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, f"Choose the {name}, or let it leave as soon as it is sent.")
        if self.data.get("added_filter") == "on" and not self._added():
            self.add_error(None, "The filter narrows nothing. Search, or choose a status, channel or list.")
        return given

    @property
    def values(self) -> dict[str, Any]:
        """What `broadcast.change` takes."""
        given = self.cleaned_data
        return {
            "name": given["name"],
            "purpose": given["purpose"],
            "include": self._include(),
            "exclude": given["exclude"],
            "channels": self.channels,
            "pick": given["pick"],
            "starts_at": self._starts_at(),
            "local_time": given["start"] == LOCAL,
            "window": self._window(),
            "rate": given["rate"],
        }

    @property
    def channels(self) -> list[str]:
        """In order: that of the boxes that are ticked, one of them moved where its button was pressed."""
        if not self.is_bound:
            return list(self.broadcast.channels)
        chosen = [each for each in self._typed("channels") if each in CONSENT_CHANNELS]
        way, _, channel = self.data.get("move", "").partition(":")
        if channel in chosen:
            at = chosen.index(channel)
            to = at - 1 if way == "up" else at + 1
            if 0 <= to < len(chosen):
                chosen[at], chosen[to] = chosen[to], chosen[at]
        return chosen

    @property
    def offered(self) -> list[dict[str, Any]]:
        """The channels there are, the chosen ones first and in order."""
        ways, chosen = Ways.of(self.broadcast.account_id), self.channels
        order = [*chosen, *(each for each in CONSENT_CHANNELS if each not in chosen)]
        return [
            {
                "channel": channel,
                "kind": CHANNELS[channel],
                "chosen": channel in chosen,
                "connected": ways.to(channel, "") is not None,
            }
            for channel in map(Channel, order)
        ]

    @property
    def filters(self) -> list[dict[str, Any]]:
        """Those of the audience beside its lists; each a box that can be unticked."""
        typed = self._typed("filter") if self.is_bound else None
        kept = [_encoded(each) for each in self.broadcast.include if each and set(each) != {"list"}]
        every = dict.fromkeys([*kept, *(typed or [])])
        named = {str(each.id): each.name for each, _ in self.all_lists}
        return [
            {
                "value": each,
                "words": filter_words(_decoded(each), named),
                "checked": typed is None or each in typed,
            }
            for each in every
        ]

    @property
    def everybody(self) -> bool:
        return self["whom"].value() == EVERYBODY

    @property
    def statuses(self) -> tuple[Any, ...]:
        return directory.STATUSES

    def _include(self) -> list[dict[str, str]]:
        if self.cleaned_data["whom"] == EVERYBODY:
            return [{}]
        chosen = [{"list": each} for each in self.cleaned_data["lists"]]
        chosen += [_decoded(each) for each in self._typed("filter")]
        return [*chosen, *([added] if (added := self._added()) else [])]

    def _added(self) -> dict[str, str]:
        given = {name: self.data.get(f"added-{name}", "").strip() for name in ADDED}
        return {name: value for name, value in given.items() if value}

    def _starts_at(self) -> datetime | None:
        given = self.cleaned_data
        if given["start"] == NOW:
            return None
        return datetime.combine(given["date"], given["time"], self.zone)

    def _window(self) -> dict[str, Any] | None:
        given = self.cleaned_data
        if not given["hours"]:
            return None
        if not (given["hours_start"] and given["hours_end"]):
            raise InvalidInput("The sending hours need a beginning and an end.", "Choose both times")
        return {
            "days": given["days"],
            "start": f"{given['hours_start']:%H:%M}",
            "end": f"{given['hours_end']:%H:%M}",
        }

    def _typed(self, name: str) -> list[str]:
        return list(self.data.getlist(name))  # type: ignore[attr-defined]  # it is a QueryDict


def typed(broadcast: Broadcast, data: QueryDict) -> Broadcast:
    """The draft as the form says, not saved, for what changes who gets it and what they get. Raises InvalidInput."""
    data = data.copy()
    data["name"] = data.get("name") or broadcast.name
    data["start"], data["rate"] = NOW, ""
    data.pop("hours", None)
    form = Draft(broadcast, data)
    if not form.is_valid():
        raise InvalidInput(" ".join(map(str, next(iter(form.errors.values())))))
    return composing.as_if(broadcast, form.values)


def _initial(broadcast: Broadcast) -> dict[str, Any]:
    zone = ZoneInfo(broadcast.account.time_zone)
    starts = broadcast.starts_at.astimezone(zone) if broadcast.starts_at else None
    window = broadcast.window or WORKDAYS
    chosen = [each["list"] for each in broadcast.include if set(each) == {"list"}]
    return {
        "name": broadcast.name,
        "purpose": broadcast.purpose,
        "whom": EVERYBODY if {} in broadcast.include else SOME,
        "lists": chosen,
        "exclude": broadcast.exclude,
        "pick": broadcast.pick,
        "start": NOW if starts is None else LOCAL if broadcast.local_time else AT,
        "date": starts.date() if starts else None,
        "time": starts.time() if starts else None,
        "hours": broadcast.window is not None,
        "days": [str(day) for day in window["days"]],
        "hours_start": window["start"],
        "hours_end": window["end"],
        "rate": f"{broadcast.rate:g}" if broadcast.rate else "",
    }


def _encoded(chosen: dict[str, str]) -> str:
    return urlencode({name: chosen[name] for name in ADDED if chosen.get(name)})


def _decoded(text: str) -> dict[str, str]:
    return {name: value for name, value in parse_qsl(text) if name in ADDED}
