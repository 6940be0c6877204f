"""The business of the demo: its account, its two members, its connections, its lists and custom fields."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from stopline.apps.accounts import account, users
from stopline.apps.accounts.models import Account, Member
from stopline.apps.automations import automation
from stopline.apps.automations.automation import Wanted
from stopline.apps.consent.actors import Actor
from stopline.apps.contacts.models import ContactList, CustomField
from stopline.apps.sending import connections
from stopline.apps.sending.models import Connection
from stopline.providers.sandbox.receipts import Receipts
from stopline.rules.automations import AutomationKind
from stopline.rules.words import CARRIER_CHANNELS, Channel, Role

PASSWORD = "stopline-demo"  # noqa: S105  shown on the sign-in page of every demo
ZONE = "Europe/London"
SENDER = "+447700900999"  # Ofcom keeps it for drama, see `people`
LISTS = ("Newsletter", "VIP", "Workshop customers", "Saturday ride", "Trade partners", "Spring sale")
FIELDS = {
    "language": ("Language", CustomField.Kind.TEXT),
    "bicycle": ("Bicycle", CustomField.Kind.TEXT),
    "loyalty-points": ("Loyalty points", CustomField.Kind.NUMBER),
    "last-service": ("Last service", CustomField.Kind.DATE),
}


@dataclass
class Demo:
    """What every part of the demo needs; `found` fills it. Ids are made from the time they belong to."""

    rng: random.Random
    now: datetime
    account: Account = field(init=False)
    members: dict[str, Member] = field(default_factory=dict)  # by first name: ana, ben
    sandbox: Connection = field(init=False)
    lists: dict[str, ContactList] = field(default_factory=dict)  # by name
    receipts: Receipts = field(init=False)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(ZONE)

    @property
    def admin(self) -> Actor:
        return Actor.member(self.members["ana"])

    def id(self, at: datetime) -> UUID:
        """A UUIDv7 (RFC 9562 section 5.7) of that moment: threads are read in the order of ids."""
        milliseconds = int(at.timestamp() * 1000)
        high = milliseconds << 16 | 0x7000 | self.rng.getrandbits(12)
        return UUID(int=high << 64 | 2 << 62 | self.rng.getrandbits(62))

    def ago(self, days: float) -> datetime:
        return self.now - timedelta(days=days)

    def at_work(self, days: int) -> datetime:
        """A moment of that day between nine and six."""
        day = self.ago(days).astimezone(self.zone)
        return day.replace(hour=9 + self.rng.randrange(9), minute=self.rng.randrange(60))


def found(demo: Demo) -> None:
    demo.account = account.new("Larkspur Cycles", ZONE, "GB", is_operator=True)
    Account.objects.filter(id=demo.account.id).update(created_at=demo.ago(800))
    demo.members = {
        "ana": _member(demo, "Ana Ruiz", "admin@demo.test", Role.ADMIN),
        "ben": _member(demo, "Ben Okafor", "agent@demo.test", Role.AGENT),
    }
    demo.sandbox = connections.add_sandbox(demo.account.id)
    demo.sandbox.sender = SENDER
    demo.sandbox.save(update_fields=["sender"])
    demo.receipts = Receipts(settings.STOPLINE_DATA)
    connections.chat(demo.account.id)
    _lists_and_fields(demo)
    _automations(demo)


def _member(demo: Demo, name: str, email: str, role: Role) -> Member:
    user = users.register(name, email, PASSWORD)
    return Member.objects.create(account=demo.account, user=user, role=role, last_used_at=demo.now)


def _lists_and_fields(demo: Demo) -> None:
    lists = [ContactList(account=demo.account, id=demo.id(demo.ago(700)), name=name) for name in LISTS]
    demo.lists = {found.name: found for found in ContactList.objects.bulk_create(lists)}
    CustomField.objects.bulk_create(
        CustomField(account=demo.account, key=key, label=label, kind=kind)
        for key, (label, kind) in FIELDS.items()
    )


def _automations(demo: Demo) -> None:
    """One that is on, for everybody to try at the sandbox phone, and one that waits for its season."""
    channels, ana = (*CARRIER_CHANNELS, Channel.WHATSAPP), demo.members["ana"]
    ride = Wanted(
        "You are on the list for the Saturday ride: 9 o'clock at the shop, back by noon. Bring a spare tube.",
        channels,
        words=["ride", "saturday ride"],
        list_id=demo.lists["Saturday ride"].id,
    )
    closed = Wanted(
        "We are in the saddle ourselves just now. We answer while the shop is open: Monday to Saturday, 9 to 6.",
        channels,
        enabled=False,
        days=range(1, 7),
        opens=time(9),
        closes=time(18),
    )
    automation.add(ana, AutomationKind.KEYWORD, ride)
    automation.add(ana, AutomationKind.OUT_OF_HOURS, closed)
