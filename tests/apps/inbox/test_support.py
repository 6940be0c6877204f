"""Chat with Support: what a member writes reaches the operator's Inbox, and only the answers come back."""

from __future__ import annotations

import pytest
from django.utils import timezone

from stopline.apps.accounts.models import Account
from stopline.apps.accounts.tenancy import uuid7
from stopline.apps.contacts.models import Contact
from stopline.apps.inbox import support
from stopline.apps.inbox.models import Conversation
from stopline.apps.sending.models import Connection, Message
from stopline.rules.errors import InvalidInput, NotFound
from stopline.rules.words import Channel, MessageKind, MessageState
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator():
    return make.member(make.account("Operator", is_operator=True), name="Olga Operator")


@pytest.fixture
def member():
    return make.member(make.account("Larkspur"), role="agent")


def answer(operator, to, text="We are on it.", state=MessageState.DELIVERED):
    """What the operator wrote in the Inbox, as it stands after the worker."""
    conversation = Conversation.objects.get(account=operator.account, contact__user_address=str(to.user_id))
    return Message.objects.create(
        account=operator.account,
        id=uuid7(),
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        author_id=operator.id,
        kind=MessageKind.REPLY,
        channel=Channel.CHAT,
        address=str(to.user_id),
        text=text,
        state=state,
        created_at=timezone.now(),
    )


def test_a_message_becomes_a_conversation_in_the_operators_inbox(operator, member):
    support.write(member, "How do I invite a colleague?")

    conversation = Conversation.objects.select_related("contact").get()
    assert conversation.account_id == operator.account_id
    assert conversation.channel == Channel.CHAT
    assert conversation.last_line == "How do I invite a colleague?"
    assert conversation.unread == 1
    assert conversation.contact.name == "Ben Okafor"
    assert "Larkspur" in conversation.contact.notes


def test_the_members_email_is_no_address_of_the_contact(operator, member):
    support.write(member, "Hello")

    contact = Contact.objects.get()
    assert (contact.phone, contact.email) == (None, None)
    assert contact.channels == []


def test_a_second_message_goes_to_the_same_conversation_over_the_same_connection(operator, member):
    support.write(member, "Hello")
    support.write(member, "Is anybody there?")

    assert Conversation.objects.get().unread == 2
    assert Connection.objects.get(provider="panel").account_id == operator.account_id


def test_writing_stop_to_support_is_no_opt_out(operator, member):
    support.write(member, "STOP")

    message = Message.objects.get()
    assert message.state == MessageState.RECEIVED
    assert message.entry_id is None


def test_from_another_account_it_is_the_same_person_and_the_notes_say_so(operator, member):
    elsewhere = make.member(make.account("Second shop"), user=member.user)

    support.write(member, "Hello")
    support.write(elsewhere, "Me again")

    notes = Contact.objects.get().notes
    assert "Larkspur" in notes and "Second shop" in notes


def test_answers_are_shown_once_they_were_let_out(operator, member):
    support.write(member, "Hello")
    answer(operator, member, "We are on it.")
    answer(operator, member, "Not out yet", MessageState.QUEUED)

    assert [message.text for message in support.conversation(member)] == ["Hello", "We are on it."]


def test_somebody_elses_conversation_is_not_shown(operator, member):
    colleague = make.member(member.account, name="Cleo")
    support.write(member, "My salary question")
    answer(operator, member)

    assert support.conversation(colleague) == []
    assert support.entrance(colleague).unread is False


def test_another_channel_of_the_same_contact_is_not_shown(operator, member):
    support.write(member, "Hello")
    Message.objects.filter(id=answer(operator, member).id).update(channel=Channel.SMS)

    assert [message.text for message in support.conversation(member)] == ["Hello"]


def test_a_waiting_answer_is_announced_until_it_was_read(operator, member):
    support.write(member, "Hello")
    assert support.entrance(member).unread is False

    waiting = answer(operator, member)
    assert support.entrance(member).unread is True

    support.mark_read(member)
    waiting.refresh_from_db()
    assert support.entrance(member).unread is False
    assert waiting.state == MessageState.READ and waiting.read_at


def test_an_empty_message_is_refused(operator, member):
    with pytest.raises(InvalidInput, match="empty"):
        support.write(member, "  \n ")

    assert not Contact.objects.exists()


def test_without_an_operator_the_member_is_told(member):
    with pytest.raises(NotFound, match="No account of this installation"):
        support.write(member, "Hello")


def test_the_operators_own_address_for_support_is_where_the_menu_leads(operator, member):
    Account.objects.filter(id=operator.account_id).update(support_url="https://help.example.com")

    assert support.entrance(member).outside == "https://help.example.com"


def test_the_operators_own_members_can_ask_too(operator):
    support.write(operator, "Note to self")

    assert [message.text for message in support.conversation(operator)] == ["Note to self"]
