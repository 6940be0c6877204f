"""All contacts of an account, narrowed by what people filter by: one place for the list, its count, its
pages, the export and everything done to "all that match"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from stopline.apps.accounts.sql import one_of
from stopline.apps.consent.models import Subscription
from stopline.apps.contacts import search
from stopline.apps.contacts.models import Contact
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CHANNELS, CONSENT_CHANNELS, AddressKind, Channel, Standing

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account

Word = TypeVar("Word", Standing, Channel)
STATUSES = (Standing.SUBSCRIBED, Standing.UNSUBSCRIBED)
KINDS = (AddressKind.PHONE, AddressKind.EMAIL)  # each also the name of the contact's column
FEW = 5000  # rows; see _unsubscribed_anywhere
COUNTED = 100_000  # counted exactly up to here; above, the planner's estimate is told as one
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Filters:
    """Blank means not narrowed.

    Unsubscribed: on `channel`; without one, on at least one channel. Subscribed: on `channel`; without one,
    on all the contact's channels (of which there is at least one).
    """

    text: str = ""
    status: Standing | None = None
    channel: Channel | None = None
    list_id: UUID | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        """From a URL's parameters q, status, channel and list.

        Raises InvalidInput for a value that doesn't exist: ignored, it would silently widen what an export or
        a change reaches.
        """
        return cls(
            query.get("q", "").strip()[:200],
            _one_of(query.get("status", ""), STATUSES, "status"),
            _one_of(query.get("channel", ""), CONSENT_CHANNELS, "channel"),
            _uuid(query.get("list", "")),
        )

    @property
    def query(self) -> dict[str, str]:
        """The parameters `read` takes; only those that narrow."""
        given = {"q": self.text, "status": self.status, "channel": self.channel, "list": self.list_id}
        return {name: str(value) for name, value in given.items() if value}


def find(account: Account, filters: Filters, *, whole: bool = False) -> QuerySet[Contact]:
    """Newest first: ids are time-ordered and unique, so the primary key gives a stable order.

    `whole`: all of them are wanted, not a page; the same contacts by the query that is quicker for that.
    """
    found = Contact.objects.filter(account_id=account.id)
    found = search.matching(found, filters.text, account.default_country)
    if filters.list_id:
        found = found.filter(memberships__account_id=account.id, memberships__contact_list_id=filters.list_id)
    if filters.channel:
        found = found.filter(**{f"{CHANNELS[filters.channel].address_kind}__isnull": False})
    if filters.status:
        found = found.filter(_stands(account, filters.status, filters.channel, whole))
    return found.order_by("-id")


@dataclass(frozen=True, slots=True)
class Page:
    """Some contacts, and where the neighbours begin: for `before` (newer) and `after` (older)."""

    contacts: list[Contact]
    newer: UUID | None
    older: UUID | None


def page(
    found: QuerySet[Contact], size: int, *, after: UUID | None = None, before: UUID | None = None
) -> Page:
    """`size` contacts behind `after` or in front of `before`. Keyset: page 10,000 costs as much as page 1."""
    rows = found.defer("search", "custom", "notes")
    if before:
        nearest = list(rows.filter(id__gt=before).order_by("id")[: size + 1])
        contacts = nearest[:size][::-1]
        more_newer, more_older = len(nearest) > size, True
    else:
        nearest = list(rows.filter(id__lt=after)[: size + 1] if after else rows[: size + 1])
        contacts = nearest[:size]
        more_newer, more_older = after is not None, len(nearest) > size
    if not contacts:
        return Page([], None, None)
    return Page(contacts, contacts[0].id if more_newer else None, contacts[-1].id if more_older else None)


def count(account: Account, filters: Filters) -> tuple[int, bool]:
    """How many, and whether that is exact: up to COUNTED it is, above it is what the planner expects."""
    found = find(account, filters, whole=True).order_by().values("id")
    exact = found[: COUNTED + 1].count()
    if exact <= COUNTED:
        return exact, True
    return max(_expected(found), COUNTED), False


def batches(found: QuerySet[Contact], size: int = BATCH) -> Iterator[list[Contact]]:
    """All of them in keyset batches, for work on everybody who matches; each is read when it is its turn."""
    last: UUID | None = None
    while contacts := page(found, size, after=last).contacts:
        yield contacts
        last = contacts[-1].id


def _stands(account: Account, status: Standing, channel: Channel | None, whole: bool) -> Q:
    if status is Standing.SUBSCRIBED:
        return _subscribed([channel] if channel else CONSENT_CHANNELS)
    if channel:
        return Q(Exists(_decided(CHANNELS[channel].address_kind, [channel], Standing.UNSUBSCRIBED)))
    return _unsubscribed_anywhere(account, whole)


def _subscribed(channels: Sequence[Channel]) -> Q:
    """Reachable, and on none of these channels anything but subscribed; one anti-join a kind of address."""
    by_kind = {kind: [each for each in channels if CHANNELS[each].address_kind == kind] for kind in KINDS}
    reachable, wanted = Q(), Q()
    for kind, those in by_kind.items():
        if those:
            reachable |= Q(**{f"{kind}__isnull": False})
            wanted &= ~Q(Exists(_decided(kind, those, Standing.UNSUBSCRIBED, Standing.PENDING)))
    return reachable & wanted


def _unsubscribed_anywhere(account: Account, whole: bool) -> Q:
    """One of three queries for the same contacts: none is quick for few and for many.

    Few: by their addresses, each found by an index. So it stays quick while the planner knows nothing of these
    tables yet (until autovacuum's first look, up to a minute): the next one it would then run once a contact,
    16 s for the demo's 500. Joined, from the unsubscribed addresses to their contacts: its time grows with them
    (1 s for 170,000 of 1,000,000 contacts). Walked, along the contacts and looking each one up: a page takes
    milliseconds where many match, and seconds where nobody does.
    """
    rows = Subscription.objects.filter(account_id=account.id, standing=Standing.UNSUBSCRIBED)
    few = list(rows.values_list("address", flat=True)[: FEW + 1])
    if len(few) <= FEW:
        return one_of("phone", few) | one_of("email", few)
    if whole:
        contacts = Contact.objects.filter(account_id=account.id).order_by()
        phones, emails = (contacts.filter(**{f"{kind}__in": rows.values("address")}) for kind in KINDS)
        return Q(id__in=phones.values("id").union(emails.values("id")))
    either = Q(address=OuterRef("phone")) | Q(address=OuterRef("email"))
    mine = {"account_id": OuterRef("account_id"), "standing": Standing.UNSUBSCRIBED}
    return Q(Exists(Subscription.objects.filter(either, **mine)))


def _decided(kind: AddressKind, channels: Sequence[Channel], *standings: Standing) -> QuerySet[Subscription]:
    return Subscription.objects.filter(
        account_id=OuterRef("account_id"),
        channel__in=channels,
        address=OuterRef(kind),
        standing__in=standings,
    )


def _expected(found: QuerySet[Contact, Any]) -> int:
    query, parameters = found.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {query}", parameters)
        return int(cursor.fetchone()[0][0]["Plan"]["Plan Rows"])


def _one_of(value: str, known: tuple[Word, ...], name: str) -> Word | None:
    found = next((word for word in known if word == value), None)
    if value and found is None:
        raise InvalidInput(
            f"The {name} “{value[:40]}” doesn't exist.", f"Use one of {', '.join(known)}, or leave it out"
        )
    return found


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError as error:
        raise InvalidInput(f"“{value[:40]}” is no list.", "Choose a list on the Lists page") from error
