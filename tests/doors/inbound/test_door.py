"""The door that providers call, over real sockets: its limits, and requests that are never finished."""

import http.client
import socket
import time
from urllib.parse import urlsplit

import orjson
import pytest
from django.db import connections as databases

from stopline.apps.sending.models import InboundEvent, Message
from stopline.doors import asgi
from stopline.doors.inbound import door
from tests import loopback, make

pytestmark = pytest.mark.django_db(transaction=True)
MAIL = b"From: Ada <ada@example.com>\r\nMessage-ID: <1@example.com>\r\nSubject: Bike\r\n\r\nPlease STOP writing to me"
SENT = {"id": "m-1", "channel": "sms", "from": "+14155550123", "to": "+14155550100", "text": "Hello"}


@pytest.fixture
def served():
    with loopback.provider(loopback.asgi(door.InboundDoor()), streams=True) as server:
        yield urlsplit(server.url)
    for _ in range(asgi.THREADS):  # each keeps a connection to the test's database
        asgi._threads.submit(lambda: (databases.close_all(), time.sleep(0.02)))


@pytest.fixture
def sandbox():
    return make.connection(make.account(), provider="sandbox", channels=["sms"])


@pytest.fixture
def mailbox():
    return make.connection(
        make.account(), provider="smtp", channels=["email"], sender="hello@larkspur.example"
    )


def post(place, connection, body, *, method="POST", token=None):
    """(status, JSON body)"""
    calling = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    try:
        calling.request(method, f"/inbound/{connection.provider}/{token or connection.token}", body)
        answer = calling.getresponse()
        return answer.status, orjson.loads(answer.read())
    finally:
        calling.close()


def kept():
    return Message.objects.count() + InboundEvent.objects.count()


def test_a_message_is_taken_once_and_its_repetition_is_no_error(served, sandbox):
    assert post(served, sandbox, orjson.dumps(SENT)) == (201, {"new": 1, "events": 1, "waiting": 0})
    assert post(served, sandbox, orjson.dumps(SENT)) == (200, {"new": 0, "events": 1, "waiting": 0})


def test_a_body_over_the_limit_is_refused_and_nothing_is_kept(served, sandbox):
    status, told = post(served, sandbox, orjson.dumps({**SENT, "text": "x" * door.LARGEST_BODY}))

    assert status == 413 and "1000000" in told["detail"]
    assert not kept()


def test_a_mail_may_be_larger_than_a_text(served, mailbox):
    assert post(served, mailbox, MAIL + b"\r\n" + b"x" * door.LARGEST_BODY)[0] == 201


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b'{"id": "\xc3\x28"}', b"{" * 100_000, b"null"])
def test_what_is_no_event_is_refused_with_words(served, sandbox, body):
    status, told = post(served, sandbox, body)

    assert 400 <= status < 500 and told["title"]
    assert not kept()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_a_post_is_taken(served, sandbox, method):
    assert 400 <= post(served, sandbox, orjson.dumps(SENT), method=method)[0] < 500
    assert not kept()


def test_an_address_that_names_no_connection_is_not_found(served, sandbox):
    assert post(served, sandbox, orjson.dumps(SENT), token="guessed")[0] == 404


def test_a_request_that_breaks_off_is_not_read_as_if_it_were_whole(served, mailbox):
    """Half a mail is a mail, too, and would keep the whole one out when it comes again under the same Message-ID."""
    head = f"POST /inbound/smtp/{mailbox.token} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(MAIL)}\r\n\r\n".encode()
    with socket.create_connection((served.hostname, served.port)) as calling:
        calling.sendall(head + MAIL[:-24])
    time.sleep(0.3)
    assert not kept()

    assert post(served, mailbox, MAIL)[0] == 201
    assert [each.text for each in Message.objects.all()] == ["Please STOP writing to me"]
