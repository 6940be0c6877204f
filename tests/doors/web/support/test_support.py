"""The panel of Chat with Support, and the way to it in the profile menu."""

from __future__ import annotations

import pytest
from django.utils import timezone

from stopline.apps.accounts.tenancy import uuid7
from stopline.apps.inbox import support
from stopline.apps.inbox.models import Conversation
from stopline.apps.sending.models import Message
from tests import make

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def operator():
    return make.member(make.account("Operator", is_operator=True), name="Olga Operator")


@pytest.fixture
def agent(client):
    member = make.member(make.account("Larkspur"), role="agent")
    client.force_login(member.user)
    return member


def answered(operator, member, text="Under Settings, Members."):
    conversation = Conversation.objects.get(contact__user_address=str(member.user_id))
    where = {
        "account": operator.account,
        "conversation_id": conversation.id,
        "contact_id": conversation.contact_id,
    }
    who = {"author_id": operator.id, "channel": "chat", "address": str(member.user_id)}
    when = timezone.now()
    Message.objects.create(
        id=uuid7(), kind="reply", text=text, state="delivered", created_at=when, **where, **who
    )


def test_the_panel_opens_empty_and_says_what_it_is_for(client, operator, agent):
    panel = client.get("/support/", headers=HTMX).content.decode()

    assert "How can we help?" in panel
    assert "<html" not in panel


def test_what_is_written_is_shown_at_once_and_reaches_the_operator(client, operator, agent):
    answer = client.post("/support/", {"text": "How do I invite a colleague?"}, headers=HTMX)

    assert "How do I invite a colleague?" in answer.content.decode()
    assert Conversation.objects.get().account_id == operator.account_id


def test_an_answer_appears_with_the_name_of_who_wrote_it(client, operator, agent):
    support.write(agent, "How do I invite a colleague?")
    answered(operator, agent)

    said = client.get("/support/messages/", headers=HTMX).content.decode()

    assert "Under Settings, Members." in said and "Olga Operator" in said


def test_a_dot_waits_on_the_profile_button_until_the_panel_was_opened(client, operator, agent):
    support.write(agent, "Hello")
    answered(operator, agent)
    assert "Support has answered" in client.get("/support/unread/", headers=HTMX).content.decode()

    client.get("/support/", headers=HTMX)

    assert "Support has answered" not in client.get("/support/unread/", headers=HTMX).content.decode()


def test_nobody_sees_somebody_elses_conversation(client, operator, agent):
    support.write(agent, "My secret question")
    outsider = make.member(make.account("Elsewhere"), name="Otto Outsider")
    client.force_login(outsider.user)

    assert "secret" not in client.get("/support/").content.decode()
    assert "secret" not in client.get("/support/messages/").content.decode()


def test_an_empty_message_is_refused_in_words(client, operator, agent):
    answer = client.post("/support/", {"text": "  "}, headers=HTMX)

    assert answer.status_code == 422
    assert "The message is empty" in answer.content.decode()


def test_without_javascript_it_is_a_page_of_its_own(client, operator, agent):
    answer = client.post("/support/", {"text": "No script here"}, follow=True)

    assert answer.redirect_chain == [("/support/", 302)]
    assert "No script here" in answer.content.decode() and "<html" in answer.content.decode()


def test_where_support_is_elsewhere_menu_and_page_lead_there(client, operator, agent):
    operator.account.support_url = "https://help.example.com/"
    operator.account.save()

    assert client.get("/support/").headers["Location"] == "https://help.example.com/"
    menu = client.get("/sandbox/").content.decode()
    assert 'href="https://help.example.com/" target="_blank" rel="noopener"' in menu
