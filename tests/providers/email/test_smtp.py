"""SMTP held to the contract of every adapter."""

import contextlib
import email
import re
from dataclasses import replace

from stopline.providers.base import OptOut, Progress, Received, Request
from stopline.providers.email.reading import read_bytes
from stopline.providers.errors import AddressDead, MessageRefused, Misconfigured, TryPersonLater
from stopline.rules.words import Channel, MessageState, Source
from tests.providers.contract import Answered, Contract, Sample
from tests.providers.email.mail_server import mail_server
from tests.providers.email.test_reading import OURS, mail, recipient, report

MAIL = mail("Hello", "Subject: Bike")
BOUNCE = report(recipient("5.1.1"))
TYPE = {"content-type": "message/rfc822"}


def ids(raw):
    """They are hashes; what they are made from is tried in test_reading."""
    return [event.event_id for event in read_bytes(raw)]


class TestSmtp(Contract):
    provider = "smtp"
    sender = "hello@larkspur.example"
    credentials = {}
    http = False
    signs = False
    accepted = Answered("taken", 250, b"250 2.0.0 OK")
    failures = (
        Answered("no such user", 550, b"RCPT 550 5.1.1 No such user", AddressDead, "No such user"),
        Answered("greylisted", 450, b"RCPT 450 4.7.1 Greylisted", TryPersonLater, "Greylisted"),
        Answered("not signed in", 530, b"MAIL 530 5.7.0 Authenticate first", Misconfigured, "Authenticate"),
        Answered("spam", 554, b"DATA 554 5.7.1 Looks like spam", MessageRefused, "spam"),
    )
    samples = (
        Sample(
            "a mail",
            Request(MAIL, TYPE),
            (
                Received(
                    ids(MAIL)[0],
                    Channel.EMAIL,
                    "ada@example.com",
                    "Hello",
                    {},
                    name="Ada Lovelace",
                    subject="Bike",
                    mail_id="<1@example.com>",
                ),
            ),
        ),
        Sample(
            "a bounce",
            Request(BOUNCE, TYPE),
            (
                OptOut(
                    ids(BOUNCE)[0],
                    Channel.EMAIL,
                    "ada@example.com",
                    Source.BOUNCE,
                    "The address bounced: 5.1.1 550 no such user",
                    {},
                    provider_id=str(OURS),
                ),
                Progress(
                    ids(BOUNCE)[1], str(OURS), MessageState.FAILED, {}, "It came back: 5.1.1 550 no such user"
                ),
            ),
        ),
    )
    unknown = (
        Request(b"Subject: from nobody\r\n\r\nHello", TYPE),
        Request(b"", TYPE),
        Request(b"\xff\x00", TYPE),
    )
    port = 0

    @property
    def settings(self):
        return {"host": "127.0.0.1", "port": self.port or 25, "security": "none"}

    @contextlib.contextmanager
    def far_end(self, answered):
        with mail_server() as server:
            if match := re.match(rb"(RCPT|MAIL|DATA) (.*)", answered.body):
                server.answers[match[1].decode()] = match[2].decode()
            server.url, server.requests = str(server.port), server.got
            yield server

    def aim(self, monkeypatch, url):
        self.port = int(url)

    def test_a_message_is_handed_over_once_on_every_channel(self, channel, monkeypatch):
        """A mail server gives no id; ours finds the bounce."""

        with self.far_end(self.accepted) as far:
            self.aim(monkeypatch, far.url)
            message = self.outgoing(channel, self.way)

            receipt = self.send(replace(message, subject="Your bike"))

        (envelope,) = far.got
        got = email.message_from_bytes(envelope.content)
        assert (got["Subject"], receipt.provider_id) == ("Your bike", str(message.id))
