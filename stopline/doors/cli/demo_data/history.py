"""The past of people who never wrote: every other way to be unsubscribed, and some ways back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from stopline.apps.consent import erasure, evidence, subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.consent.subscription import Key, Mark
from stopline.apps.contacts.models import Contact
from stopline.doors.cli.demo_data.business import Demo
from stopline.providers.sandbox.opt_outs import OptOuts
from stopline.rules.words import CARRIER_CHANNELS, CHANNELS, AddressKind, Channel, ResubscribeReason, Source

EMAIL = (Channel.EMAIL,)
BY_HAND = (
    (("sms",), "Asked on the phone to get no more texts."),
    (("sms", "mms", "rcs"), "Told Ben in the shop: e-mail only, please."),
    (("email",), "Wrote a letter: no newsletter any more."),
    (("whatsapp",), "Changed phones, the new one is for work only."),
    (("sms", "mms", "whatsapp", "rcs", "email"), "Moved abroad and asked to be left off everything."),
    (("sms",), "Asked on the phone to get no more texts."),
    (("mms", "rcs"), "Said pictures cost too much abroad."),
)
PAGE = "Preference page at larkspur.example"


@dataclass
class Past:
    """Takes people one after the other, so that no two stories meet in one contact."""

    demo: Demo
    contacts: Iterator[Contact]
    taken: list[Contact] = field(default_factory=list)

    def next(self, *kinds: AddressKind) -> Contact:
        """Somebody who can be reached by all of `kinds`."""
        found = next(contact for contact in self.contacts if set(kinds) <= contact.addresses.keys())
        self.taken.append(found)
        return found

    def unsubscribe(
        self,
        contact: Contact,
        channels: Sequence[str],
        source: Source,
        actor: Actor,
        days: int,
        reason: str = "",
        **proof: Any,
    ) -> None:
        subscription.unsubscribe(
            self.demo.account.id,
            keys(contact, channels),
            source=source,
            actor=actor,
            reason=reason,
            evidence=proof,
            contact_id=contact.id,
            at=self.demo.at_work(days),
        )

    def resubscribe(
        self,
        contact: Contact,
        channels: Sequence[str],
        source: Source,
        actor: Actor,
        days: int,
        reason: str,
        proof: Mapping[str, Any],
    ) -> None:
        subscription.resubscribe(
            self.demo.account.id,
            keys(contact, channels),
            source=source,
            actor=actor,
            reason=reason,
            evidence=proof,
            contact_id=contact.id,
            at=self.demo.at_work(days),
        )


def keys(contact: Contact, channels: Sequence[str]) -> list[Key]:
    return [(channel, contact.addresses[CHANNELS[Channel(channel)].address_kind]) for channel in channels]


def write(demo: Demo, contacts: Sequence[Contact]) -> None:
    past = Past(demo, iter(contacts))
    _by_hand(past)
    _imported(past)
    _by_link(past)
    _reported_by_mail_services(past)
    _reported_by_carriers(past)
    _by_the_shop(past)
    _moved(past)
    _came_back_after_erasure(past)
    _ways_back(past)
    _opted_out_at_the_provider_only(past)


def _opted_out_at_the_provider_only(past: Past) -> None:
    """What the next comparison of opt-outs will find (Settings, Channels, Agreement)."""
    there = OptOuts(settings.STOPLINE_DATA)
    for _ in range(3):
        there.add(past.demo.sandbox.token, Channel.SMS, past.next(AddressKind.PHONE).phone or "")


def _by_hand(past: Past) -> None:
    for number, (channels, reason) in enumerate(BY_HAND):
        contact = past.next(AddressKind.PHONE, AddressKind.EMAIL)
        past.unsubscribe(contact, channels, Source.ADMIN, past.demo.admin, 5 + 11 * number, reason)


def _imported(past: Past) -> None:
    """One file, one statement: every row has its own line as evidence."""
    marks = [
        Mark(
            "email",
            contact.email or "",
            contact.id,
            evidence={"file": "newsletter-2024.csv", "line": line, "text": "unsubscribed"},
        )
        for line, contact in ((17 + 23 * place, past.next(AddressKind.EMAIL)) for place in range(14))
    ]
    subscription.unsubscribe_each(
        past.demo.account.id,
        marks,
        source=Source.IMPORT,
        actor=past.demo.admin,
        at=past.demo.at_work(160),
    )


def _by_link(past: Past) -> None:
    for number in range(11):
        contact = past.next(AddressKind.EMAIL)
        one_click = number % 3 == 0
        past.unsubscribe(
            contact,
            EMAIL,
            Source.LINK,
            Actor.person(contact.email or ""),
            3 + 9 * number,
            "Pressed Unsubscribe in the mail program." if one_click else "Used the link in the newsletter.",
            form="List-Unsubscribe=One-Click (RFC 8058)" if one_click else PAGE,
            ip=f"203.0.113.{10 + 7 * number}",  # RFC 5737: an address of documentation
        )


def _reported_by_mail_services(past: Past) -> None:
    for number in range(4):
        contact = past.next(AddressKind.EMAIL)
        reporter = Actor.system("Feedback loop of mail.example.net")
        past.unsubscribe(
            contact,
            EMAIL,
            Source.COMPLAINT,
            reporter,
            8 + 17 * number,
            "Marked a newsletter as spam.",
            text="Feedback-Type: abuse\nOriginal subject: The Larkspur letter",
            provider="mail.example.net",
        )
    for number in range(8):
        contact = past.next(AddressKind.EMAIL)
        past.unsubscribe(
            contact,
            EMAIL,
            Source.BOUNCE,
            Actor.system("Mail server"),
            6 + 13 * number,
            "The mailbox does not exist.",
            text="550 5.1.1 User unknown",
        )


def _reported_by_carriers(past: Past) -> None:
    for number in range(4):
        contact = past.next(AddressKind.PHONE)
        past.unsubscribe(
            contact,
            CARRIER_CHANNELS,
            Source.PROVIDER,
            Actor.system("Sandbox"),
            4 + 19 * number,
            "The carrier has blocked messages to this number.",
            text="Error 21610: attempt to send to unsubscribed recipient",
            provider="sandbox",
        )
    contact = past.next(AddressKind.PHONE)
    past.unsubscribe(
        contact,
        (Channel.WHATSAPP,),
        Source.PROVIDER,
        Actor.system("Sandbox"),
        12,
        "Stopped marketing messages in WhatsApp.",
        text="marketing_messages: stop",
        provider="sandbox",
    )


def _by_the_shop(past: Past) -> None:
    for number in range(4):
        contact = past.next(AddressKind.EMAIL)
        past.unsubscribe(
            contact,
            EMAIL,
            Source.API,
            Actor.system("API key “Online shop”"),
            7 + 21 * number,
            "Unticked the newsletter in the customer account.",
            text="POST unsubscribes: email",
        )


def _moved(past: Past) -> None:
    """They had a number that was unsubscribed, and were given another one."""
    for number, former in enumerate(("+447700900997", "+447700900998", "+19715550199")):
        contact = past.next(AddressKind.PHONE)
        reason = "Asked on the phone to get no more texts."
        said = [Mark("sms", former, contact.id, reason)]
        account = past.demo.account.id
        [change] = subscription.unsubscribe_each(
            account, said, source=Source.ADMIN, actor=past.demo.admin, at=past.demo.at_work(120 + number)
        )
        past.unsubscribe(
            contact,
            ("sms",),
            Source.ADDRESS_CHANGED,
            Actor("system", f"Address changed by {past.demo.admin.name}", past.demo.admin.id),
            15 + 20 * number,
            "The contact's former address is unsubscribed.",
            former_address=former,
            entry_id=str(change.entry_id),
        )


def _came_back_after_erasure(past: Past) -> None:
    contact = past.next(AddressKind.EMAIL)
    past.unsubscribe(contact, EMAIL, Source.LINK, Actor.person(contact.email or ""), 90, "Used the link.")
    erasure.forget(past.demo.account.id, [contact.email or ""])
    past.unsubscribe(contact, EMAIL, Source.ERASED, Actor.system("Suppression kept after erasure"), 30)


def _ways_back(past: Past) -> None:
    contact = past.next(AddressKind.EMAIL)
    person = Actor.person(contact.email or "")
    past.unsubscribe(
        contact, EMAIL, Source.LINK, person, 75, "Used the link in the newsletter.", ip="203.0.113.90"
    )
    again = {"text": "Ticked “Send me the newsletter”.", "form": PAGE, "ip": "203.0.113.91"}
    past.resubscribe(
        contact, EMAIL, Source.LINK, person, 33, "Subscribed again on the preference page.", again
    )

    contact = past.next(AddressKind.EMAIL)
    past.unsubscribe(contact, EMAIL, Source.ADMIN, past.demo.admin, 64, "Asked in the shop.")
    letter = (
        f"From: {contact.email}\n\nHello Ana, I miss the river routes. Please send me the newsletter again.\n"
    )
    upload = SimpleUploadedFile("request.txt", letter.encode(), "text/plain")
    file = evidence.reference(evidence.keep(past.demo.account.id, upload))
    asked = {"text": "Asked by e-mail for the newsletter again; the mail is attached.", "file": file}
    past.resubscribe(contact, EMAIL, Source.ADMIN, past.demo.admin, 21, ResubscribeReason.ASKED, asked)

    contact = past.next(AddressKind.PHONE)
    past.unsubscribe(contact, CARRIER_CHANNELS, Source.ADMIN, past.demo.admin, 41, "Asked on the phone.")
    mistake = {"text": "The caller had given a neighbour's number; both confirmed it on the phone."}
    past.resubscribe(
        contact, CARRIER_CHANNELS, Source.ADMIN, past.demo.admin, 40, ResubscribeReason.MISTAKE, mistake
    )
