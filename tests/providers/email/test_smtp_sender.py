"""Handing over to a real mail server on loopback, on its good days and its bad ones."""

import asyncio
import email
import socket
from contextlib import closing
from email import policy

import pytest

from stopline.providers.base import Outgoing, Way
from stopline.providers.email.smtp.connections import Server, _socket
from stopline.providers.email.smtp.sender import SmtpSender
from stopline.providers.errors import (
    AddressDead,
    MessageRefused,
    Misconfigured,
    OutcomeUnknown,
    PermitLapsed,
    TryLater,
    TryPersonLater,
)
from tests.certificates import server_context
from tests.providers.contract import permit
from tests.providers.email.mail_server import knows, mail_server
from tests.providers.email.test_compose import outgoing


@pytest.fixture(autouse=True)
def loopback_is_reachable(monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")


def to(server, text="Your bike is ready.", *, password="", **settings) -> Outgoing:
    settings = {"host": "127.0.0.1", "port": server.port, "security": "none", **settings}
    message = outgoing(text, settings=settings)
    credentials = {"password": password} if password else {}
    way = Way(message.way.id, "smtp", message.way.sender, settings, "token", credentials)
    return Outgoing(message.id, message.channel, message.address, text, way, headers=message.headers)


def send(*messages, permitted=None):
    async def work():
        sender = SmtpSender()
        try:
            return [await sender.send(permitted or permit(message), message) for message in messages]
        finally:
            await sender.close()

    return asyncio.run(work())


def test_a_message_arrives_with_headers_a_standard_parser_accepts():
    with mail_server() as server:
        message = to(server, "Zeile eins\n.\n..zwei")

        (receipt,) = send(message)

    (envelope,) = server.got
    got = email.message_from_bytes(envelope.content, policy=policy.default)
    assert envelope.mail_from == "hello@larkspur.example"
    assert envelope.rcpt_tos == ["ada@example.com"]
    assert got["Message-ID"] == f"<stopline.{message.id}@larkspur.example>"
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert got.get_body().get_content().replace("\r\n", "\n").strip() == "Zeile eins\n.\n..zwei"
    assert not got.defects
    assert receipt.provider_id == str(message.id)


def test_one_connection_carries_many_messages():
    with mail_server() as server:
        send(*(to(server) for _ in range(5)))

    assert len(server.got) == 5
    assert len(server.sessions) == 1


def test_a_connection_that_died_at_rest_is_replaced():
    async def work(server):
        sender = SmtpSender()
        await sender.send(permit(first := to(server)), first)
        (desk,) = sender.connections.desks.values()
        (kept,) = desk.resting
        kept.line.transport.abort()
        await asyncio.sleep(0.05)
        await sender.send(permit(second := to(server)), second)
        await sender.close()

    with mail_server() as server:
        asyncio.run(work(server))

    assert len(server.got) == 2


def test_bounces_go_to_an_address_that_names_the_message():
    with mail_server() as server:
        message = to(server, bounces="bounces@larkspur.example")

        send(message)

    assert server.got[0].mail_from == f"bounces+{message.id.hex}@larkspur.example"


@pytest.mark.parametrize(
    ("command", "answer", "error"),
    [
        ("RCPT", "550 5.1.1 No such user here", AddressDead),
        ("RCPT", "550 5.1.10 Recipient not found", AddressDead),
        ("RCPT", "550 User unknown", AddressDead),
        ("RCPT", "550 5.7.1 Relaying denied", Misconfigured),
        ("RCPT", "550 5.7.1 Blocked for spam", MessageRefused),
        ("RCPT", "552 5.2.2 Mailbox full", MessageRefused),
        ("RCPT", "550 Requested action not taken", MessageRefused),
        ("RCPT", "450 4.2.0 Greylisted", TryPersonLater),
        ("RCPT", "421 4.3.2 Shutting down", TryLater),
        ("RCPT", "530 5.7.0 Authentication required", Misconfigured),
        ("RCPT", "553 5.1.8 Sender address rejected", Misconfigured),
        ("MAIL", "530 5.7.0 Must issue STARTTLS first", Misconfigured),
        ("MAIL", "553 5.1.8 Sender domain does not exist", Misconfigured),
        ("MAIL", "451 4.3.0 Try again", TryLater),
        ("DATA", "451 4.3.2 Not now", TryLater),
        ("DATA", "554 5.7.1 Content rejected", MessageRefused),
        ("DATA", "552 5.3.4 Too large", MessageRefused),
    ],
)
def test_each_refusal_is_named_by_what_to_do_next(command, answer, error):
    with mail_server() as server:
        server.answers[command] = answer

        with pytest.raises(error) as refused:
            send(to(server))

    assert type(refused.value) is error
    assert answer[:3] in str(refused.value)


def test_a_refusal_leaves_the_connection_fit_for_the_next_message():
    async def work(server):
        sender = SmtpSender()
        server.answers["RCPT"] = "550 5.1.1 No such user"
        with pytest.raises(AddressDead):
            await sender.send(permit(first := to(server)), first)
        server.answers.clear()
        await sender.send(permit(second := to(server)), second)
        await sender.close()

    with mail_server() as server:
        asyncio.run(work(server))

    assert len(server.got) == 1


def test_the_end_of_a_mail_never_waits_for_the_acknowledgement_of_its_beginning():
    async def opened(server):
        with closing(await _socket(Server.of(to(server).way))) as found:
            return found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    with mail_server() as server:
        assert asyncio.run(opened(server))


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_a_connection_lost_before_data_means_that_nothing_left(command):
    with mail_server() as server:
        server.hangs_up = command

        with pytest.raises(TryLater):
            send(to(server))

    assert not server.got


def test_a_connection_lost_after_data_leaves_the_outcome_unknown():
    with mail_server() as server:
        server.hangs_up = "DATA"

        with pytest.raises(OutcomeUnknown):
            send(to(server))


def test_nothing_starts_past_its_permit():
    with mail_server() as server:
        message = to(server)

        with pytest.raises(PermitLapsed):
            send(message, permitted=permit(message, seconds=-1))
        with pytest.raises(PermitLapsed):
            send(message, permitted=permit(message, locked=False))

    assert server.commands == []


def test_a_permit_that_lapses_on_the_way_keeps_the_message_here():
    """Between MAIL and DATA two answers pass; a worker may be frozen there."""
    with mail_server() as server:
        message = to(server)
        looks = iter([True, False])
        good = permit(message)
        object.__setattr__(good, "locked", lambda: next(looks))

        with pytest.raises(PermitLapsed):
            send(message, permitted=good)

    assert "DATA" not in server.commands
    assert not server.got


def test_a_server_out_of_reach_is_tried_later():
    with mail_server() as server:
        message = to(server)

    with pytest.raises(TryLater):
        send(message)


def test_a_private_host_is_refused(monkeypatch):
    monkeypatch.delenv("STOPLINE_PRIVATE_NETWORKS")
    with mail_server() as server:
        message = to(server)

        with pytest.raises(Misconfigured):
            send(message)

    assert not server.sessions


@pytest.mark.parametrize(
    "settings", [{"host": ""}, {"port": "0"}, {"port": "many"}, {"security": "maybe"}, {"port": "99999999"}]
)
def test_settings_that_cannot_work_are_told_apart(settings):
    with mail_server() as server, pytest.raises(Misconfigured):
        send(to(server, **settings))


def test_a_password_never_travels_in_the_clear():
    with mail_server() as server, pytest.raises(Misconfigured, match="encrypted"):
        send(to(server, user="larkspur", password="hunter2-hunter2"))


# TLS


def starttls(certificate):
    return mail_server(
        tls_context=server_context(certificate),
        require_starttls=True,
        authenticator=knows(b"larkspur", b"hunter2-hunter2"),
        auth_required=True,
    )


def test_starttls_and_sign_in(certificate, trusted):
    with starttls(certificate) as server:
        send(to(server, security="starttls", user="larkspur", password="hunter2-hunter2", host="localhost"))

    assert len(server.got) == 1


def test_tls_from_the_first_byte(certificate, trusted):
    with mail_server(ssl_context=server_context(certificate)) as server:
        send(to(server, security="tls", host="localhost"))

    assert len(server.got) == 1


def test_a_wrong_password_pauses_the_connection_and_is_not_told(certificate, trusted):
    with starttls(certificate) as server, pytest.raises(Misconfigured) as refused:
        send(to(server, security="starttls", user="larkspur", password="wrong-wrong-wrong"))

    assert "535" in str(refused.value)
    assert "wrong-wrong-wrong" not in repr(refused.value) + str(refused.value.__cause__)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_nobody_vouches_for_is_refused(certificate, security):
    option = {"tls": "ssl_context", "starttls": "tls_context"}[security]
    with (
        mail_server(**{option: server_context(certificate)}) as server,
        pytest.raises(Misconfigured, match="certificate"),
    ):
        send(to(server, security=security))

    assert not server.got


def test_a_server_without_starttls_is_no_place_for_mail():
    with mail_server() as server, pytest.raises(Misconfigured):
        send(to(server, security="starttls"))

    assert not server.got
