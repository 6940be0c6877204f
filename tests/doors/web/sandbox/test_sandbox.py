"""The sandbox phone: plays a contact through the endpoint of providers, and shows what arrived there."""

from __future__ import annotations

import re

import pytest
from aiohttp import web

from stopline.apps.inbox import receive
from stopline.providers.sandbox.receipts import Receipts
from tests import loopback, make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account():
    made = make.account(default_country="GB")
    make.connection(made)
    return made


@pytest.fixture
def admin(account, client):
    member = make.member(account)
    client.force_login(member.user)
    return client


@pytest.fixture
def endpoint(monkeypatch):
    """Stands where our own inbound door does, and remembers what it was sent."""
    with loopback.provider(loopback.answers(201, {"new": 1})) as playing:
        monkeypatch.setenv("STOPLINE_INTERNAL_URL", playing.url)
        yield playing


@pytest.fixture
def emma(account):
    return make.contact(account, "Emma", last_name="Clarke", phone="+447700900123", email="emma@example.com")


def send(client, **fields):
    return client.post(
        "/sandbox/", {"channel": "sms", "message": "STOP", **fields}, headers={"HX-Request": "true"}
    )


def test_a_message_is_posted_to_the_inbound_endpoint_as_a_provider_would(admin, account, endpoint, emma):
    paths = []

    async def takes(request):
        paths.append(request.path)
        return web.json_response({"new": 1}, status=201)

    endpoint.answer = takes
    answer = send(admin, contact="Emma Clarke")

    assert answer.status_code == 200
    assert paths == [f"/inbound/sandbox/{account.connections.get().token}"]
    [body] = endpoint.got
    assert {**body, "id": ""} == {
        "id": "",
        "channel": "sms",
        "from": "+447700900123",
        "to": "+14155550100",
        "text": "STOP",
    }


def test_every_message_has_an_id_of_its_own(admin, endpoint, emma):
    send(admin, contact="Emma Clarke")
    send(admin, contact="Emma Clarke")

    assert len({body["id"] for body in endpoint.got}) == 2


@pytest.mark.parametrize(
    ("typed", "channel", "address"),
    [
        ("Emma Clarke", "sms", "+447700900123"),
        ("emma cl", "whatsapp", "+447700900123"),
        ("Emma Clarke <+447700900123>", "email", "emma@example.com"),
        ("07700 900123", "rcs", "+447700900123"),
        ("+1 415 555 0199", "mms", "+14155550199"),
        ("somebody@example.org", "email", "somebody@example.org"),
    ],
)
def test_the_contact_may_be_chosen_or_typed_also_when_nobody_has_the_address(
    admin, endpoint, emma, typed, channel, address
):
    send(admin, contact=typed, channel=channel)

    assert endpoint.got[0]["from"] == address
    assert endpoint.got[0]["channel"] == channel


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"contact": ""}, "No contact is chosen"),
        ({"contact": "Nobody Atall"}, "No contact found"),
        ({"contact": "Emma"}, "Several contacts match"),
        ({"contact": "Paul Phone", "channel": "email"}, "can&#x27;t write by E-mail"),
        ({"contact": "12"}, "too few digits"),
        ({"contact": "Emma Clarke", "message": " "}, "The message is empty"),
    ],
)
def test_what_cannot_be_sent_is_explained_and_not_sent(admin, account, endpoint, emma, fields, words):
    make.contact(account, "Emma", last_name="Other")
    make.contact(account, "Paul", last_name="Phone")

    answer = send(admin, **fields)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert endpoint.got == []


def test_a_quick_reply_is_sent_in_place_of_the_message(admin, endpoint, emma):
    send(admin, contact="Emma Clarke", message="half a thought", quick="HELP")

    assert endpoint.got[0]["text"] == "HELP"


def test_the_endpoints_refusal_is_shown_in_its_own_words(admin, endpoint, emma):
    endpoint.answer = loopback.answers(422, {"title": "This can't be used", "detail": "`text` is too long."})

    answer = send(admin, contact="Emma Clarke", message="x")

    assert answer.status_code == 422
    assert "answered 422" in answer.content.decode() and "is too long" in answer.content.decode()


def test_without_a_web_process_the_phone_says_so(admin, emma, monkeypatch):
    monkeypatch.setenv("STOPLINE_INTERNAL_URL", "http://127.0.0.1:9")

    answer = send(admin, contact="Emma Clarke")

    assert "be reached" in answer.content.decode()


def test_the_phone_shows_what_arrived_and_what_was_written_on_that_channel_only(
    admin, account, emma, settings
):
    connection = account.connections.get()
    receive.take(connection, make.received("Is it ready?", sender=emma.phone))
    receive.take(connection, make.received("On WhatsApp", sender=emma.phone, channel="whatsapp"))
    handed = {
        "id": "m1",
        "channel": "sms",
        "from": connection.sender,
        "to": emma.phone,
        "text": "Yes, it is.",
    }
    Receipts(settings.STOPLINE_DATA).append(connection.token, handed, 1, 4_000_000_000_000_000_000)

    page = admin.get("/sandbox/", {"contact": "Emma Clarke", "channel": "sms"}).content.decode()

    assert re.findall(r'message__bubble">([^<]*)<', page) == ["Is it ready?", "Yes, it is."]
    assert f"/inbox/{emma.conversations.get().id}/" in page


def test_before_anything_was_received_the_phone_is_empty(admin, emma, settings, tmp_path):
    settings.STOPLINE_DATA = tmp_path

    page = admin.get("/sandbox/", {"contact": "Emma Clarke"}).content.decode()

    assert "Nothing here yet" in page
    assert list(tmp_path.iterdir()) == []


def test_the_list_offers_contacts_that_match_what_is_typed(admin, account, emma):
    make.contact(account, "Oliver")

    offered = admin.get("/sandbox/contacts/", {"contact": "emm"}).content.decode()

    assert "Emma Clarke &lt;+447700900123&gt;" in offered
    assert "Oliver" not in offered


def test_another_accounts_contacts_cannot_be_played(client, endpoint, emma):
    outsider = make.member(make.account("Elsewhere"))
    client.force_login(outsider.user)

    assert "Emma" not in client.get("/sandbox/contacts/", {"contact": "emma"}).content.decode()
    assert send(client, contact="Emma Clarke").status_code == 422
    assert "Is it ready?" not in client.get("/sandbox/", {"contact": emma.phone}).content.decode()
    assert endpoint.got == []


def test_without_javascript_sending_leads_back_to_the_phone(admin, endpoint, emma):
    answer = admin.post("/sandbox/", {"contact": "Emma Clarke", "channel": "sms", "message": "Hello"})

    assert answer.status_code == 302
    assert answer["Location"] == "/sandbox/?contact=Emma+Clarke&channel=sms"


def test_where_the_sandbox_is_off_there_is_no_phone(admin, settings):
    settings.SANDBOX = False

    assert admin.get("/sandbox/").status_code == 404


def test_somebody_not_signed_in_is_led_to_the_sign_in_page(client):
    assert client.get("/sandbox/").status_code == 302
