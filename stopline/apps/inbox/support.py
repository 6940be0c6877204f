"""Chat with Support: a member of any account talks to the account that runs the installation.

To the operator it is a conversation like any other, with a contact whose address is the user's id; to the
member it is the panel in the profile menu.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from stopline.apps.accounts import live
from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import uuid7
from stopline.apps.consent.actors import Actor
from stopline.apps.contacts import contact as contacts
from stopline.apps.contacts.models import Contact
from stopline.apps.inbox import receive
from stopline.apps.inbox.receive import Taken
from stopline.apps.sending import connections, queue
from stopline.apps.sending.models import Message
from stopline.providers.base import Received
from stopline.rules.errors import NotFound
from stopline.rules.words import Channel, MessageKind, MessageState

if TYPE_CHECKING:
    from stopline.apps.accounts.models import Member

MOST_SHOWN = 200
# A message of the operator's is shown once the gate has let it out: the panel is where it is handed over to.
SHOWN = Q(kind=MessageKind.INBOUND) | Q(state__in=[MessageState.DELIVERED, MessageState.READ])
UNREAD = ~Q(kind=MessageKind.INBOUND) & Q(state=MessageState.DELIVERED)


@dataclass(frozen=True, slots=True)
class Entrance:
    """How the profile menu leads to support: an outside page (empty: the panel); does an answer wait?"""

    outside: str = ""
    unread: bool = False


def write(member: Member, text: str) -> Taken:
    """Says something to the operator. Raises InvalidInput; NotFound where no account is the operator."""
    operator = _operator()
    text = queue.checked(text)
    _introduce(operator, member)
    event_id = f"panel-{uuid7().hex}"
    sender = str(member.user_id)
    raw = {"id": event_id, "channel": Channel.CHAT.value, "from": sender, "text": text}
    taken = receive.take(connections.chat(operator.id), Received(event_id, Channel.CHAT, sender, text, raw))
    live.announce(member.user_id, "support")
    return taken


def conversation(member: Member) -> list[Message]:
    """What this user and the operator have said to each other here, oldest first."""
    newest = _messages(member).filter(SHOWN).select_related("author__user").order_by("-id")[:MOST_SHOWN]
    return list(newest)[::-1]


def mark_read(member: Member) -> None:
    """The member has the panel in front of them; the operator sees that the answers were read."""
    unread = _messages(member).filter(UNREAD)
    touched = set(unread.values_list("account_id", "conversation_id"))
    if touched and unread.update(state=MessageState.READ, read_at=timezone.now()):
        for account_id, conversation_id in touched:
            live.announce(account_id, f"conversation:{conversation_id}")
        live.announce(member.user_id, "support")


def entrance(member: Member) -> Entrance:
    """One query: every page's menu asks it."""
    waiting = Message.objects.filter(UNREAD, account_id=OuterRef("id"), **_of(member))
    operator = Account.objects.filter(is_operator=True).annotate(waiting=Exists(waiting))
    found = operator.values_list("support_url", "waiting").first()
    return Entrance(*found) if found else Entrance()


def _operator() -> Account:
    operator = Account.objects.filter(is_operator=True).first()
    if operator is None:
        raise NotFound(
            "No account of this installation answers questions",
            "Ask the person who runs it to name one",
            title="There is no support here",
        )
    return operator


def _messages(member: Member) -> QuerySet[Message]:
    return Message.objects.filter(account__is_operator=True, **_of(member))


def _of(member: Member) -> dict[str, str]:
    return {"contact__user_address": str(member.user_id), "channel": Channel.CHAT.value}


def _introduce(operator: Account, member: Member) -> None:
    """The operator's contact for this user; the notes say where they write from.

    Their e-mail is no address of it: it may belong to another contact, and nobody asked whether the operator
    may send anything there.
    """
    known = Contact.objects.filter(account_id=operator.id, user_address=str(member.user_id))
    where = f"Member of {member.account.name}, signs in as {member.user.email}."
    found = known.first()
    actor = Actor.system("Chat with Support")
    if found is None:
        try:
            with transaction.atomic():
                contacts.add(
                    operator,
                    actor,
                    origin="Chat with Support",
                    first_name=member.user.name,
                    user_address=str(member.user_id),
                    notes=where,
                )
        except IntegrityError:
            return  # two messages at once: the other one has introduced them
    elif where not in found.notes:
        contacts.change(found, actor, notes=f"{found.notes}\n{where}".strip())
