"""Whom the phone belongs to: what somebody typed becomes an address, of a contact or of nobody yet."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import F, Q

from stopline.apps.accounts.models import Account
from stopline.apps.contacts import search
from stopline.apps.contacts.models import Contact
from stopline.rules import addresses
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CHANNELS, AddressKind, Channel

MOST_OFFERED = 20
CHOSEN = re.compile(r".*<([^<>]+)>")  # what choosing from the list puts into the field


@dataclass(frozen=True, slots=True)
class Owner:
    """`contact` is None for an address nobody has yet."""

    address: str
    contact: Contact | None

    @property
    def name(self) -> str:
        return self.contact.name if self.contact else addresses.display(self.address)


def offered(account: Account, typed: str) -> list[str]:
    """Contacts that match what is typed so far, as the field takes them; the most recently active first."""
    found = search.matching(account.contacts.all(), typed, account.default_country)
    recent = found.exclude(phone=None, email=None).order_by(
        F("last_activity_at").desc(nulls_last=True), "-id"
    )
    return [label(contact) for contact in recent[:MOST_OFFERED]]


def label(contact: Contact) -> str:
    address = contact.phone or contact.email or ""
    return f"{contact.full_name} <{address}>" if contact.full_name else address


def owner(account: Account, typed: str, channel: Channel) -> Owner:
    """Who can be played on `channel`. Raises InvalidInput where it is nobody, or it isn't clear who."""
    typed = typed.strip()
    if not typed:
        raise InvalidInput(
            "Choose one, or type a phone number or an e-mail address", title="No contact is chosen"
        )
    chosen = CHOSEN.fullmatch(typed)
    given = _addresses(account, chosen[1] if chosen else typed)
    contact = _with_address(account, given) if given else _named(account, typed)
    kind = CHANNELS[channel].address_kind
    address = contact.addresses.get(kind) if contact else given.get(kind)
    if address is None:
        wanted = "an e-mail address" if kind is AddressKind.EMAIL else "a phone number"
        raise InvalidInput(
            f"{contact.name if contact else typed[:60]} has no address there: it takes {wanted}",
            "Choose another channel or contact",
            title=f"This contact can't write by {channel.label}",
        )
    return Owner(address, contact)


def _addresses(account: Account, typed: str) -> dict[AddressKind, str]:
    """What is typed, as an address of one kind; empty where it is none."""
    try:
        if "@" in typed:
            return {AddressKind.EMAIL: addresses.email(typed)}
        return {AddressKind.PHONE: addresses.phone(typed, account.default_country)}
    except InvalidInput:
        if "@" in typed or not re.search(r"[^\W\d_]", typed):
            raise  # surely meant as an address: its own words say what is wrong with it
        return {}


def _with_address(account: Account, given: dict[AddressKind, str]) -> Contact | None:
    phone, email = given.get(AddressKind.PHONE), given.get(AddressKind.EMAIL)
    return account.contacts.filter(Q(phone=phone) if phone else Q(email=email)).first()


def _named(account: Account, typed: str) -> Contact:
    found = list(search.matching(account.contacts.all(), typed, account.default_country)[:MOST_OFFERED])
    exact = [contact for contact in found if search.fold(contact.full_name) == search.fold(typed)]
    match exact or found:
        case [only]:
            return only
        case []:
            raise InvalidInput(
                f"Nobody is called “{typed[:60]}”",
                "Choose one from the list, or type a number or address",
                title="No contact found",
            )
        case several:
            raise InvalidInput(
                f"“{typed[:60]}” may be {' or '.join(label(contact) for contact in several[:3])}",
                "Choose one from the list",
                title="Several contacts match",
            )
