"""The 500 people of the demo. None of them exists, and no number or mailbox of theirs can reach anybody."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection

from stopline.apps.contacts import search
from stopline.apps.contacts.models import Contact, ListMembership
from stopline.doors.cli.demo_data import names
from stopline.doors.cli.demo_data.business import Demo

if TYPE_CHECKING:
    from stopline.doors.cli.demo_data.script import Talk

# How many live where, and which languages they speak (the rarer one behind the bar: one in eight).
HOMES = {
    "US": (110, "English|Portuguese"),
    "GB": (110, "English|Portuguese"),
    "FR": (70, "French|Portuguese"),
    "ES": (70, "Spanish"),
    "DE": (55, "German"),
    "IT": (45, "Italian"),
    "NL": (40, "Dutch"),
}
MAIL = ("example.com", "example.org", "example.net")  # RFC 2606 section 3: nobody's
BICYCLES = ("Larkspur Tourer", "Kestrel", "Heron", "Robin e-bike", "Swift", "Wren 20 inch", "Kestrel e-bike")
NOTES = (
    "Prefers to be called after five.",
    "Always brings the dog. Loves Ben's coffee.",
    "Second bike is a folding one, same contact for both.",
    "Asked for a quote for the company's cargo bikes.",
    "Rides to work every day, chain lasts about four months.",
    "Left-handed, brakes swapped on purpose.",
    "Met at the Bristol bike fair.",
    "Pays by invoice, 14 days.",
)
ORIGINS = ("Imported from customers-2025.csv", "Added by Ana Ruiz", "Added by Ben Okafor", "Online shop")
STAMP = "UPDATE contacts_contact SET created_at = %s, updated_at = %s WHERE (account_id, id) = (%s, %s)"


@dataclass(frozen=True, slots=True)
class Person:
    first_name: str
    last_name: str
    country: str
    language: str


def invent(demo: Demo, talks: Sequence[Talk]) -> list[Contact]:
    """Stores everybody: first those who talk, in the order of `talks`, then the others."""
    talkers = [_talker(talk) for talk in talks]
    persons = [*talkers, *_others(demo.rng, talkers)]
    numbers = {country: _numbers(demo.rng, country) for country in HOMES}
    mailboxes: set[str] = set()
    contacts = []
    for place, person in enumerate(persons):
        reach = (
            demo.rng.choices(("both", "phone", "email"), (75, 15, 10))[0] if place >= len(talkers) else "both"
        )
        phone = next(numbers[person.country]) if reach != "email" else None
        email = _mailbox(demo.rng, person, mailboxes) if reach != "phone" else None
        contacts.append(_contact(demo, person, phone, email))
    Contact.objects.bulk_create(contacts)
    _stamp(contacts)
    _join_lists(demo, contacts)
    return contacts


def _talker(talk: Talk) -> Person:
    first_name, last_name = talk.who.split(" ", 1)
    return Person(first_name, last_name, talk.country, talk.language)


def _others(rng: random.Random, talkers: Sequence[Person]) -> list[Person]:
    taken = {(person.first_name, person.last_name) for person in talkers}
    first, last = names.read()
    found: list[Person] = []
    for country, (count, spoken) in HOMES.items():
        languages = spoken.split("|")
        missing = count - sum(person.country == country for person in talkers)
        while missing:
            language = languages[-1] if rng.random() < 1 / 8 else languages[0]
            name = rng.choice(first[language]), rng.choice(last[language])
            if name not in taken:
                taken.add(name)
                found.append(Person(*name, country, language))
                missing -= 1
    rng.shuffle(found)
    return found


def _numbers(rng: random.Random, country: str) -> Iterator[str]:
    """Numbers that ring nowhere, each once.

    Kept for fiction by the numbering authorities: US 555-0100 to 555-0199 in any area (ATIS-0300115),
    GB 07700 900000 to 900999 (Ofcom, telephone numbers for drama use), FR 06 39 98 xx xx (ARCEP), DE
    (0)171 39200-00 to -99 and (0)176 040690-00 to -99 (Bundesnetzagentur, notice 148/2021). Spain, Italy and
    the Netherlands are not known to keep any; there it is a prefix given to nobody (by phonenumbers 9).
    """
    found = {
        "US": [
            f"+1{area}55501{end:02}"
            for area in (206, 212, 303, 312, 415, 503, 512, 617)
            for end in range(100)
        ],
        "GB": [f"+447700900{end:03}" for end in range(990)],  # above: the account's own, and former ones
        "FR": [f"+3363998{end:04}" for end in range(10_000)],
        "DE": [f"+49{start}{end:02}" for start in ("17139200", "176040690") for end in range(100)],
        "ES": [f"+3455{end:07}" for end in rng.sample(range(10**7), 200)],
        "IT": [f"+39300{end:07}" for end in rng.sample(range(10**7), 200)],
        "NL": [f"+3167{end:07}" for end in rng.sample(range(10**7), 200)],
    }[country]
    rng.shuffle(found)
    return iter(found)


def _mailbox(rng: random.Random, person: Person, taken: set[str]) -> str:
    first, last = (
        search.fold(name).replace(" ", "").replace("'", "") for name in (person.first_name, person.last_name)
    )
    first, last = first.replace("ß", "ss"), last.replace("ß", "ss")
    form = rng.choice(
        (f"{first}.{last}", f"{first[0]}{last}", f"{last}.{first}", f"{first}{rng.randrange(70, 99)}")
    )
    email = f"{form}@{rng.choice(MAIL)}"
    if email in taken:
        email = f"{first}.{last}.{len(taken)}@{rng.choice(MAIL)}"
    taken.add(email)
    return email


def _contact(demo: Demo, person: Person, phone: str | None, email: str | None) -> Contact:
    since = demo.at_work(demo.rng.randrange(90, 700))
    contact = Contact(
        account=demo.account,
        id=demo.id(since),
        first_name=person.first_name,
        last_name=person.last_name,
        phone=phone,
        email=email,
        custom={"language": person.language, **_custom(demo)},
        notes=demo.rng.choice(NOTES) if demo.rng.random() < 0.12 else "",
        origin=demo.rng.choices(ORIGINS, (60, 10, 10, 20))[0],
        created_at=since,
    )
    contact.search = search.vector(contact)
    return contact


def _custom(demo: Demo) -> dict[str, Any]:
    """Some of the custom fields: nobody has filled in everything for everybody."""
    known: dict[str, Any] = {}
    if demo.rng.random() < 0.8:
        known["bicycle"] = demo.rng.choice(BICYCLES)
    if demo.rng.random() < 0.6:
        known["loyalty-points"] = demo.rng.randrange(0, 640, 5)
    if demo.rng.random() < 0.5:
        known["last-service"] = demo.ago(demo.rng.randrange(5, 400)).date().isoformat()
    return known


def _stamp(contacts: Sequence[Contact]) -> None:
    """When they came: Django writes the present moment into both columns on its own."""
    dates = [(c.created_at, c.created_at + timedelta(days=3), c.account_id, c.id) for c in contacts]
    with connection.cursor() as cursor:
        cursor.executemany(STAMP, dates)


def _join_lists(demo: Demo, contacts: Sequence[Contact]) -> None:
    shares = {
        "Newsletter": 0.5,
        "VIP": 0.06,
        "Workshop customers": 0.3,
        "Saturday ride": 0.12,
        "Trade partners": 0.03,
    }
    shares["Spring sale"] = 0.2
    ListMembership.objects.bulk_create(
        ListMembership(account=demo.account, contact_list_id=demo.lists[name].id, contact_id=contact.id)
        for name, share in shares.items()
        for contact in contacts
        if demo.rng.random() < share
    )
