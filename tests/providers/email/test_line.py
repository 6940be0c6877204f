"""A mail server that takes commands in groups (RFC 2920), answer by answer."""

import asyncio
from uuid import uuid4

import pytest

from stopline.providers.base import Permit, clock
from stopline.providers.email.smtp.sender import SmtpSender
from stopline.providers.errors import AddressDead, OutcomeUnknown, PermitLapsed, TryLater
from stopline.rules.words import Channel
from tests.providers.email.test_smtp_sender import to


@pytest.fixture(autouse=True)
def loopback_is_reachable(monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")


GOOD = {"MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", ".": "250 taken", "RSET": "250 ok"}


class Scripted:
    """Offers PIPELINING and answers as it is told; an answer of None closes the connection."""

    def __init__(self, **answers):
        self.answers = {**GOOD, **{{"dot": "."}.get(name, name): said for name, said in answers.items()}}
        self.commands, self.messages, self.sessions = [], [], 0

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.talk, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def talk(self, reader, writer):
        self.sessions += 1
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            verb = line.split(":")[0].split(" ")[0]
            if verb == "EHLO":
                writer.write(b"250-here\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
                continue
            self.commands.append(verb)
            said = self.answers.get(verb, "250 ok")
            if said is None:
                break
            writer.write(f"{said}\r\n".encode())
            if said.startswith("354"):
                message = await reader.readuntil(b".\r\n") if verb == "DATA" else b""
                while not message.endswith(b"\r\n.\r\n") and message != b".\r\n":
                    message += await reader.readuntil(b".\r\n")
                self.messages.append(message)
                if self.answers["."] is None:
                    break
                writer.write(f"{self.answers['.']}\r\n".encode())
        writer.close()


class Server:
    def __init__(self, port):
        self.port = port


def permit(message, *, lapses_after=99):
    looks = iter(range(1000))

    def locked():
        return next(looks) < lapses_after

    return Permit(
        message_id=message.id,
        attempt_id=uuid4(),
        channel=Channel.EMAIL,
        address=message.address,
        connection_id=message.way.id,
        checked_at=None,
        deadline=clock() + 60,
        locked=locked,
    )


def hand_over(times=1, lapses_after=99, **answers):
    async def work():
        async with Scripted(**answers) as server:
            sender = SmtpSender()
            message = to(Server(server.port))
            results = []
            for _ in range(times):
                try:
                    results.append(await sender.send(permit(message, lapses_after=lapses_after), message))
                except Exception as error:
                    results.append(error)
            await sender.close()
            return server, results

    return asyncio.run(work())


def test_a_message_takes_one_group_and_its_text():
    server, (receipt,) = hand_over()

    assert server.commands[:3] == ["MAIL", "RCPT", "DATA"]
    assert len(server.messages) == 1
    assert receipt.provider_id


def test_the_connection_serves_the_next_message_also_after_a_refusal():
    server, results = hand_over(times=3, RCPT="550 5.1.1 no such user", DATA="503 no recipient")

    assert [type(each) for each in results] == [AddressDead] * 3
    assert server.messages == []
    assert server.sessions == 1


def test_a_server_that_would_take_a_message_for_nobody_gets_an_empty_one():
    server, (error,) = hand_over(RCPT="550 5.1.1 no such user")

    assert isinstance(error, AddressDead)
    assert server.messages == [b".\r\n"]


def test_a_permit_that_lapses_before_the_text_lets_nothing_of_it_leave():
    server, (error,) = hand_over(lapses_after=1)

    assert isinstance(error, PermitLapsed)
    assert server.messages == []


def test_a_server_that_goes_away_before_the_text_has_not_got_it():
    _, (error,) = hand_over(RCPT=None)

    assert isinstance(error, TryLater)


def test_a_server_that_goes_away_behind_the_text_may_have_it():
    _, (error,) = hand_over(dot=None)

    assert isinstance(error, OutcomeUnknown)


@pytest.mark.parametrize("said", ["what?", "25", "x" * 9_000])
def test_an_answer_that_is_no_smtp_is_no_yes(said):
    server, (error,) = hand_over(MAIL=said)

    assert isinstance(error, TryLater)
    assert server.messages == []
