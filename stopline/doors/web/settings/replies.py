"""Settings → Automatic replies."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict

from stopline.apps.accounts import replies as verbs
from stopline.apps.accounts.models import Account
from stopline.doors.web.attempt import attempt
from stopline.doors.web.guard import signed_in
from stopline.doors.web.request import MemberRequest
from stopline.doors.web.settings.page import posted, saved, shown
from stopline.rules.segments import count

TEXTS = ("confirmation_text", "resumed_text", "help_text")
LISTS = ("opt_out_words", "opt_in_words", "help_words")


def _text(label: str, about: str) -> forms.CharField:
    attrs = {"rows": 3, "maxlength": verbs.LONGEST_TEXT, "data-segments": True}
    return forms.CharField(label=label, widget=forms.Textarea(attrs=attrs), help_text=about)


class Words(forms.CharField):
    """One word or phrase a line."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def __init__(self, label: str, about: str, *, required: bool = False) -> None:
        super().__init__(label=label, required=required, help_text=about)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return str(super().clean(value) or "").splitlines()


class Replies(forms.Form):
    confirmation_text = _text(
        "Sent once after STOP",
        "Says that messages have stopped and how to get them again. The law allows no marketing in it, "
        "so no links either.",
    )
    resumed_text = _text("Sent once after START", "Says that messages come again, and how to stop them.")
    help_text = _text("Answer to HELP", "Sent to people who are unsubscribed, too.")
    stop_everything = forms.TypedChoiceField(
        label="What a STOP ends",
        coerce=lambda value: value == "True",
        choices=(
            ("False", "The channel it came on; SMS, MMS and RCS together"),
            ("True", "Every channel of the contact"),
        ),
        widget=forms.RadioSelect,
    )
    opt_out_words = Words("More words that unsubscribe", "One a line. They count as a whole message only.")
    opt_in_words = Words("More words that subscribe again", "One a line. They count as a whole message only.")
    help_words = Words("More words that ask for help", "One a line. They count as a whole message only.")

    def __init__(self, of: Account, data: QueryDict | None = None) -> None:
        fields = (*TEXTS, *LISTS, "stop_everything")
        super().__init__(data, initial={field: getattr(of, field) for field in fields})

    @property
    def texts(self) -> list[tuple[forms.BoundField, str]]:
        """Each text with its length, as it is billed by SMS."""
        return [(self[name], length(str(self[name].value() or ""))) for name in TEXTS]

    @property
    def lists(self) -> list[forms.BoundField]:
        return [self[name] for name in LISTS]


def length(text: str) -> str:
    counted = count(text)
    return f"{counted.units} characters, {counted.segments} SMS segment{'' if counted.segments == 1 else 's'}"


@signed_in
def replies(request: MemberRequest) -> HttpResponse:
    form = Replies(request.member.account, posted(request))

    if (
        form.is_valid()
        and attempt(form, partial(verbs.change, request.member, **form.cleaned_data)) is not None
    ):
        return saved(request, "Automatic replies saved.", "settings_replies")

    return shown(request, "settings/replies.html", form)
