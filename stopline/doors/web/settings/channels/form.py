"""The form of a connection, made from what its provider asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.dateformat import format as formatted

from stopline.apps.sending import connecting, credentials, filled
from stopline.apps.sending.filled import Typed, Unusable

if TYPE_CHECKING:
    from django.http import QueryDict

    from stopline.apps.sending.models import Connection
    from stopline.providers.base import Field, Provider

FORGET = "forget_"


class Secret(forms.PasswordInput):
    """Never shown again, not even where the form comes back with an error."""

    def __init__(self) -> None:
        super().__init__(attrs={"autocomplete": "new-password", "spellcheck": "false"})

    def use_required_attribute(self, initial: Any) -> bool:  # noqa: ARG002
        return False


class LongSecret(forms.Textarea):
    def __init__(self) -> None:
        super().__init__(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"})

    def format_value(self, value: Any) -> None:  # noqa: ARG002
        return None

    def use_required_attribute(self, initial: Any) -> bool:  # noqa: ARG002
        return False


class KeptSecret(forms.CharField):
    """One that may be left empty without being optional."""

    def validate(self, value: Any) -> None:
        """Whether it may be empty `filled.read` says."""


class ConnectionForm(forms.Form):
    """`connection`: the one to change; None where one is added."""

    def __init__(
        self, provider: Provider, data: QueryDict | None = None, connection: Connection | None = None
    ) -> None:
        super().__init__(data, initial=_initial(provider, connection))
        self.provider = provider
        self.kept = connecting.secrets(connection) if connection else {}
        self.set_at = credentials.set_at(connection.credentials) if connection else None
        self.fields["name"] = forms.CharField(
            max_length=filled.LONGEST_NAME, help_text="How your team calls it.", widget=_plain()
        )
        self.fields["sender"] = forms.CharField(
            label=provider.sender_label,
            required=provider.sender_required,
            max_length=filled.LONGEST_SENDER,
            help_text=provider.sender_help,
            widget=_plain(),
        )
        if len(provider.channels) > 1:
            self.fields["channels"] = forms.MultipleChoiceField(
                choices=[(each.value, each.label) for each in provider.channels],
                widget=forms.CheckboxSelectMultiple,
            )
        self.fields["rate"] = forms.CharField(
            label="Speed",
            required=False,
            help_text="Messages of broadcasts a second at most, as your contract allows. Empty: as fast as the "
            "provider takes them.",
            widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "decimal"}),
        )
        for each in provider.fields:
            self.fields[filled.key(each)] = self._secret(each) if each.secret else _open(each)
            if each.secret and not each.required and each.name in self.kept:
                label = f"Remove the {each.label} that is kept"
                self.fields[FORGET + each.name] = forms.BooleanField(label=label, required=False)
        if connection and connection.paused_because:
            self.fields["resume"] = forms.BooleanField(
                label="Resume it: what waits leaves at once", required=False, initial=True
            )

    def clean(self) -> dict[str, Any]:
        """Everything that is wrong at once; the verb looks again."""
        try:
            filled.read(self.provider, self.typed, self.kept)
        except Unusable as refusal:
            self.refuse(refusal)
        return self.cleaned_data

    def refuse(self, refusal: Unusable) -> None:
        for name, problem in refusal.problems.items():
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, problem)

    @property
    def typed(self) -> Typed:
        names = [each.name for each in self.provider.fields]
        return Typed(
            name=self.data.get("name", ""),
            sender=self.data.get("sender", ""),
            rate=self.data.get("rate", ""),
            channels=self.data.getlist("channels"),  # type: ignore[attr-defined]  # it is a QueryDict
            values={
                each: self.data[each] for each in map(filled.key, self.provider.fields) if each in self.data
            },
            forget=[name for name in names if self.data.get(FORGET + name)],
        )

    @property
    def rows(self) -> list[forms.BoundField]:
        """What the template shows one after the other; the channels have their own form."""
        last = ("rate", "resume")
        return [each for each in self.visible_fields() if each.name not in ("name", "channels", *last)]

    def _secret(self, of: Field) -> forms.CharField:
        help_text = of.help
        if of.name in self.kept and self.set_at:
            on = formatted(timezone.localtime(self.set_at), r"j F Y \a\t H:i")
            help_text = f"Set on {on}. Leave it empty to keep it. {of.help}".strip()
        widget = LongSecret() if of.kind == "long" else Secret()
        kind = KeptSecret if of.required else forms.CharField
        return kind(label=of.label, required=of.required, help_text=help_text, widget=widget, strip=False)


def _initial(provider: Provider, connection: Connection | None) -> dict[str, Any]:
    if connection is None:
        first = {
            filled.key(each): each.initial for each in provider.fields if not each.secret and each.initial
        }
        return {**first, "name": provider.label, "channels": [each.value for each in provider.channels]}
    kept = {
        filled.key(each): connection.settings.get(each.name) for each in provider.fields if not each.secret
    }
    own: dict[str, Any] = {
        "name": connection.name,
        "sender": connection.sender,
        "channels": connection.channels,
        "rate": f"{connection.rate:g}" if connection.rate else "",
    }
    return {**kept, **own}


def _plain() -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off"})


def _open(of: Field) -> forms.Field:
    """A field whose value may be seen. What it may hold is `filled.read`'s to say."""
    about: dict[str, Any] = {"label": of.label, "required": of.required, "help_text": of.help}
    match of.kind:
        case "flag":
            return forms.BooleanField(**{**about, "required": False})
        case "choice":
            none = () if of.required else (("", "None"),)
            return forms.ChoiceField(choices=(*none, *of.choices), **about)
        case "long":
            return forms.CharField(widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}), **about)
        case "number":
            attrs = {"inputmode": "numeric", "autocomplete": "off"}
            return forms.CharField(widget=forms.TextInput(attrs=attrs), **about)
        case "url":
            attrs = {"placeholder": "https://", "autocomplete": "off"}
            return forms.CharField(widget=forms.URLInput(attrs=attrs), **about)
    return forms.CharField(widget=_plain(), **about)
