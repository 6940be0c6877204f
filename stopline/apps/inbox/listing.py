"""The list of conversations: which a member sees, a page at a time, and who of them can't be messaged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet

from stopline.apps.consent.models import Subscription
from stopline.apps.contacts import search
from stopline.apps.contacts.models import Contact
from stopline.apps.inbox.models import Conversation
from stopline.rules.words import CHANNELS, Channel, Standing

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Account, Member

OPEN, CLOSED, UNREAD = "open", "closed", "unread"
TABS = (OPEN, CLOSED, UNREAD)
ALL, MINE, UNASSIGNED = "", "mine", "unassigned"
PAGE = 30
MOST = 600  # rows in one answer, however far somebody has scrolled
COUNTED = 1000  # a tab's count is exact below this
MATCHES = 500  # contacts a search looks at
OTHERS = 10  # contacts without a conversation that a search offers


@dataclass(frozen=True, slots=True)
class Filters:
    """`who` is ALL, MINE, UNASSIGNED or a member's id. With `text` the rest doesn't count."""

    tab: str = OPEN
    who: str = ALL
    text: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        """From a URL's parameters tab, who and q; what doesn't exist is taken as not given."""
        tab, who = query.get("tab", ""), query.get("who", "")
        known = who in (MINE, UNASSIGNED) or _uuid(who)
        return cls(
            tab if tab in TABS else OPEN,
            who if known else ALL,
            query.get("q", "").replace("\x00", "").strip()[:200],
        )

    @property
    def query(self) -> dict[str, str]:
        """The parameters `read` takes; only those that differ from the start."""
        given = {"tab": self.tab if self.tab != OPEN else "", "who": self.who, "q": self.text}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Row:
    conversation: Conversation
    unsubscribed: bool  # on the conversation's channel


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row]
    more: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: behind the conversation with this time and id."""

    at: datetime
    id: UUID


def page(member: Member, filters: Filters, *, after: Place | None = None, size: int = PAGE) -> Page:
    """Newest first, by keyset. Three queries, whatever there is to show."""
    found = find(member, filters).order_by("-last_message_at", "id")
    if after:
        # In this form the index finds the place; the tie is settled on the few rows of one moment.
        found = found.filter(last_message_at__lte=after.at).exclude(
            last_message_at=after.at, id__lte=after.id
        )
    size = min(size, MOST)
    conversations = list(found[: size + 1])
    return Page(_rows(member, conversations[:size]), len(conversations) > size)


def find(member: Member, filters: Filters) -> QuerySet[Conversation]:
    """Conversations in which nothing was said yet are in nobody's list."""
    found = Conversation.objects.filter(account_id=member.account_id).exclude(
        last_line="", last_inbound_at__isnull=True
    )
    if filters.text:
        return found.filter(contact_id__in=_matching(member.account, filters.text).values("id")[:MATCHES])
    return _assigned(found, member, filters.who).filter(_tab(filters.tab))


def counts(member: Member, filters: Filters) -> dict[str, int]:
    """How many conversations each tab has under the assignment filter; COUNTED means that many or more."""
    return {tab: find(member, Filters(tab, filters.who)).values("id")[:COUNTED].count() for tab in TABS}


def others(member: Member, text: str) -> list[Contact]:
    """Contacts a search finds with whom nobody has talked yet."""
    matching = _matching(member.account, text).defer("search", "custom", "notes")
    return list(matching.filter(conversations__isnull=True)[:OTHERS]) if len(text) > 1 else []


def _matching(account: Account, text: str) -> QuerySet[Contact]:
    everybody = Contact.objects.filter(account_id=account.id)
    return search.matching(everybody, text, account.default_country).order_by("-id")


def _tab(tab: str) -> Q:
    return Q(unread__gt=0) if tab == UNREAD else Q(state=tab)


def _assigned(found: QuerySet[Conversation], member: Member, who: str) -> QuerySet[Conversation]:
    if who == UNASSIGNED:
        return found.filter(assignee_id__isnull=True)
    wanted = member.id if who == MINE else _uuid(who)
    return found.filter(assignee_id=wanted) if wanted else found


def _rows(member: Member, conversations: list[Conversation]) -> list[Row]:
    ids = [conversation.contact_id for conversation in conversations]
    contacts = Contact.objects.filter(account_id=member.account_id, id__in=ids)
    named = {contact.id: contact for contact in contacts.defer("search", "custom", "notes")}
    # One deleted this moment takes its conversation with it.
    conversations = [each for each in conversations if each.contact_id in named]
    for conversation in conversations:
        conversation.contact = named[conversation.contact_id]
    keys = {conversation.id: _key(conversation) for conversation in conversations}
    gone = set(
        Subscription.objects.filter(
            account_id=member.account_id,
            standing=Standing.UNSUBSCRIBED,
            address__in={address for _, address in keys.values()},
        ).values_list("channel", "address")
    )
    return [Row(conversation, keys[conversation.id] in gone) for conversation in conversations]


def _key(conversation: Conversation) -> tuple[str, str]:
    kind = CHANNELS[Channel(conversation.channel)].address_kind
    return conversation.channel, conversation.contact.addresses.get(kind, "")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
