"""The verbs of a contact. Standing belongs to addresses, so every verb here is a one-way ratchet: it can add
an unsubscribe, never lift one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from stopline.apps.accounts import live
from stopline.apps.accounts.models import Account
from stopline.apps.consent import erasure, subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.consent.models import Entry
from stopline.apps.contacts import search
from stopline.apps.contacts.models import Contact
from stopline.rules import addresses
from stopline.rules.errors import Conflict, InvalidInput
from stopline.rules.words import Channel, Source, Standing

Former = dict[Channel, str]  # the addresses a contact had before, by channel

LONGEST = {"first_name": 120, "last_name": 120, "notes": 10_000}  # characters


class AddressTaken(Conflict):
    """This address belongs to another contact"""

    def __init__(self, owner: Contact) -> None:
        super().__init__(
            f"{owner.name} already has it, and one address can't belong to two contacts",
            "Open that contact, or give this one another address",
        )
        self.owner = owner


def add(
    account: Account, actor: Actor, *, origin: str = "", custom: dict[str, Any] | None = None, **values: str
) -> Contact:
    """A new contact from `first_name`, `last_name`, `phone`, `email`, `notes`, `user_address`, in any form.

    Comes back unsubscribed where an address was unsubscribed before. Raises InvalidInput, AddressTaken (it
    names the contact who has the address).
    """
    contact = Contact(
        account=account, origin=origin or f"Added by {actor.name}", custom=_filled_in(custom or {})
    )
    fill(contact, read(values, account.default_country))
    with transaction.atomic():
        _save(contact)
        subscription.remember(account.id, contact.channels, contact.id)
        live.announce(account.id, "contacts")
    return contact


def change(contact: Contact, actor: Actor, *, custom: dict[str, Any] | None = None, **values: str) -> Contact:
    """Changes what is given; a custom value of None is taken away.

    A new address of an unsubscribed contact is unsubscribed too: the unsubscribe stays on the old address and
    follows the person to the new one. Raises InvalidInput, AddressTaken.
    """
    former = dict(contact.channels)
    fill(contact, read(values, contact.account.default_country))
    contact.custom = _filled_in({**contact.custom, **(custom or {})})
    with transaction.atomic():
        _save(contact)
        subscription.remember(contact.account_id, contact.channels, contact.id)
        follow(contact.account_id, [(contact, former)], actor)
        live.announce(contact.account_id, "contacts", f"contact:{contact.id}", "inbox")
    return contact


def delete(contact: Contact) -> None:
    """Removes the contact and its messages; the standing of its addresses and their history stay."""
    Contact.objects.filter(account_id=contact.account_id, id=contact.id).delete()
    live.announce(contact.account_id, "contacts", f"contact:{contact.id}", "inbox")


def forget(contact: Contact, actor: Actor) -> None:
    """Erasure: contact, messages and the person's traces in the ledger go; a hash keeps an unsubscribe.

    Former addresses go too, unless another contact has them now. Raises NotAllowed for a member who is no
    admin.
    """
    subscription.require_right(contact.account_id, actor, "forget")
    with transaction.atomic():
        erasure.forget(contact.account_id, {*contact.addresses.values(), *former_addresses(contact)})
        delete(contact)


def former_addresses(contact: Contact) -> set[str]:
    """Addresses under which the ledger knows this contact and which nobody has now."""
    entries = Entry.objects.filter(account_id=contact.account_id, contact_id=contact.id)
    told = entries.values_list("address", "evidence__former_address")
    known = {
        address for pair in told for address in pair if address and not address.startswith(erasure.PREFIX)
    }
    others = Contact.objects.filter(Q(phone__in=known) | Q(email__in=known), account_id=contact.account_id)
    return known - {address for pair in others.values_list("phone", "email") for address in pair}


def read(values: Mapping[str, str], country: str) -> dict[str, str | None]:
    """What people type, as it is stored: addresses in their one form, an empty address as None.

    Raises InvalidInput.
    """
    found: dict[str, str | None] = {
        name: _text(name, values[name].strip(), longest)
        for name, longest in LONGEST.items()
        if name in values
    }
    if "phone" in values:
        found["phone"] = addresses.phone(values["phone"], country) if values["phone"].strip() else None
    if "email" in values:
        found["email"] = addresses.email(values["email"]) if values["email"].strip() else None
    if values.get("user_address"):
        found["user_address"] = values["user_address"]
    return found


def fill(contact: Contact, found: Mapping[str, str | None]) -> None:
    """Puts what `read` found into the contact. Raises InvalidInput where nothing would tell who it is."""
    for name, value in found.items():
        setattr(contact, name, value)
    if not contact.addresses and not contact.full_name:
        raise InvalidInput(
            "A contact needs a name, a phone number or an e-mail address. Fill in at least one."
        )


def follow(account_id: UUID, moves: Iterable[tuple[Contact, Former]], actor: Actor, **evidence: Any) -> None:
    """An unsubscribe follows the contacts from their former addresses to those they have now."""
    moved = {
        (str(channel), former[channel]): (contact, address)
        for contact, former in moves
        for channel, address in contact.channels
        if former.get(channel, address) != address
    }
    if not moved:
        return
    held = subscription.of(account_id, moved)
    marks = [
        subscription.Mark(
            channel,
            moved[channel, old][1],
            moved[channel, old][0].id,
            # Not the address itself: an erasure empties the evidence, the reason stays.
            "The contact's former address is unsubscribed.",
            {**evidence, "former_address": old, "entry_id": str(row.entry_id)},
        )
        for (channel, old), row in held.items()
        if row.standing == Standing.UNSUBSCRIBED
    ]
    mover = Actor("system", f"Address changed by {actor.name}", actor.id)
    subscription.unsubscribe_each(account_id, marks, source=Source.ADDRESS_CHANGED, actor=mover)


def _filled_in(custom: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in custom.items() if value is not None}


def _text(name: str, text: str, longest: int) -> str:
    if len(text) > longest:
        raise InvalidInput(
            f"The {name.replace('_', ' ')} has {len(text):,} characters, and at most {longest:,} are kept.",
            "Shorten it",
        )
    return text


def _save(contact: Contact) -> None:
    contact.search = search.vector(contact)
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError as error:
        owner = _owner(contact)
        if owner is None:
            raise
        raise AddressTaken(owner) from error


def _owner(contact: Contact) -> Contact | None:
    others = Contact.objects.filter(account_id=contact.account_id).exclude(id=contact.id)
    return (others.filter(phone=contact.phone).first() if contact.phone else None) or (
        others.filter(email=contact.email).first() if contact.email else None
    )
