"""The form of a contact: names, addresses, notes, and a field for each custom field of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from stopline.apps.contacts import contact as verbs
from stopline.apps.contacts import custom, fields
from stopline.apps.contacts.models import CustomField
from stopline.rules import addresses
from stopline.rules.errors import InvalidInput

if TYPE_CHECKING:
    from django.http import QueryDict

    from stopline.apps.accounts.models import Account
    from stopline.apps.contacts.models import Contact

PREFIX = "custom_"
WIDGETS: dict[str, dict[str, str]] = {
    CustomField.Kind.NUMBER: {"inputmode": "decimal"},
    CustomField.Kind.DATE: {"type": "date"},
}


class ContactForm(forms.Form):
    """`owner` is who has an address already, once the verb has said so."""

    first_name = forms.CharField(required=False, max_length=verbs.LONGEST["first_name"])
    last_name = forms.CharField(required=False, max_length=verbs.LONGEST["last_name"])
    phone = forms.CharField(
        required=False, max_length=60, help_text="With + and the country code, or as dialled in your country."
    )
    email = forms.CharField(label="E-mail", required=False, max_length=254)
    notes = forms.CharField(
        required=False, max_length=verbs.LONGEST["notes"], widget=forms.Textarea(attrs={"rows": 3})
    )

    owner: Contact | None = None

    def __init__(
        self, account: Account, contact: Contact | None = None, data: QueryDict | None = None
    ) -> None:
        super().__init__(data, initial=_initial(contact))
        self.account = account
        self.custom = list(fields.everything(account))
        for field in self.custom:
            self.fields[PREFIX + field.key] = _field(field)
        for name, kind in (("phone", "tel"), ("email", "email")):
            self.fields[name].widget.input_type = kind
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_phone(self) -> str:
        text = self.cleaned_data["phone"].strip()
        return _said(addresses.phone, text, self.account.default_country) if text else ""

    def clean_email(self) -> str:
        text = self.cleaned_data["email"].strip()
        return _said(addresses.email, text) if text else ""

    def clean(self) -> dict[str, Any]:
        for field in self.custom:
            name = PREFIX + field.key
            text = self.cleaned_data.get(name, "").strip()
            try:
                self.cleaned_data[name] = custom.read(field, text) if text else None
            except InvalidInput as refusal:
                self.add_error(name, str(refusal))
        return self.cleaned_data

    @property
    def values(self) -> dict[str, Any]:
        """What `contacts.contact.add` and `change` take."""
        own = {name: value for name, value in self.cleaned_data.items() if not name.startswith(PREFIX)}
        return {**own, "custom": {field.key: self.cleaned_data[PREFIX + field.key] for field in self.custom}}


def _initial(contact: Contact | None) -> dict[str, Any]:
    if contact is None:
        return {}
    own = {name: getattr(contact, name) for name in ("first_name", "last_name", "email", "notes")}
    typed = {PREFIX + key: custom.show(value) for key, value in contact.custom.items()}
    return {**own, **typed, "phone": addresses.display(contact.phone) if contact.phone else ""}


def _field(field: CustomField) -> forms.CharField:
    attrs = WIDGETS.get(field.kind, {})
    widget = forms.TextInput(attrs={**attrs, "autocomplete": "off"})
    return forms.CharField(label=field.label, required=False, max_length=custom.LONGEST, widget=widget)


def _said(read: Any, *typed: str) -> str:
    """What a reader of addresses says, said by the form."""
    try:
        return str(read(*typed))
    except InvalidInput as refusal:
        raise forms.ValidationError(str(refusal)) from refusal
