"""A mail server that takes commands in groups (RFC 2920), answer by answer."""

import asyncio
import contextlib
from uuid import uuid4

import pytest

from stopline.providers.base import Permit, Receipt, clock
from stopline.providers.email.smtp import sender as smtp_sender
from stopline.providers.email.smtp.sender import SmtpSender
from stopline.providers.errors import AddressDead, MessageRefused, OutcomeUnknown, PermitLapsed, TryLater
from stopline.rules.words import Channel
from tests.providers.email.test_smtp_sender import to


@pytest.fixture(autouse=True)
def loopback_is_reachable(monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")


GOOD = {"MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", ".": "250 taken", "RSET": "250 ok"}


class Scripted:
    """Offers PIPELINING and answers as it is told, of a list one answer after the other; None closes the connection,
    "" is no answer.

    `texts`: so many in a session, then it closes. `more`: behind how many texts it waits for the next command before it
    says what it thinks of the text. `silent`: to how many texts it says nothing until it `speaks`.
    """

    def __init__(self, more=0, texts=99, **answers):
        self.answers = {**GOOD, **{{"dot": "."}.get(name, name): said for name, said in answers.items()}}
        self.commands, self.messages, self.sessions = [], [], 0
        self.more, self.texts, self.silent = more, texts, 0
        self.has_text, self.speaks = asyncio.Event(), asyncio.Event()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.talk, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def talk(self, reader, writer):
        self.sessions += 1
        self.waiting = lambda: bytes(reader._buffer)  # what has come and was not read
        writer.write(b"220 here\r\n")
        line, left = await reader.readline(), self.texts
        while line:
            verb = line.decode().rstrip("\r\n").split(":")[0].split(" ")[0]
            line = b""
            if verb == "EHLO":
                writer.write(b"250-here\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            else:
                self.commands.append(verb)
                if not self.say(writer, said := self.said(verb)):
                    break
                if said.startswith("354"):
                    line = await self.text(reader, verb == "DATA")
                    left -= 1
                    if not self.say(writer, self.said(".")) or not left:
                        break
            line = line or await reader.readline()
        writer.close()

    async def text(self, reader, wanted):
        """Reads it, and the command behind it where that has to come first."""
        message = await reader.readuntil(b".\r\n") if wanted else b""
        while not message.endswith(b"\r\n.\r\n") and message != b".\r\n":
            message += await reader.readuntil(b".\r\n")
        self.messages.append(message)
        number = len(self.messages)
        behind = await reader.readline() if number <= self.more else b""
        self.has_text.set()
        if number <= self.silent:
            await self.speaks.wait()
        return behind

    def said(self, verb):
        found = self.answers.get(verb, "250 ok")
        return found.pop(0) if isinstance(found, list) else found

    def say(self, writer, said):
        if said:
            writer.write(f"{said}\r\n".encode())
        return said is not None


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


def at_once(*lapses, meanwhile=None, words="", **script):
    """As many mails as there are permits, side by side, over one connection; `meanwhile(server, tasks)`."""

    async def work():
        async with Scripted(**script) as server:
            sender = SmtpSender()
            messages = [to(Server(server.port), f"Number {n} {words}", at_once=1) for n in range(len(lapses))]
            tasks = [
                asyncio.create_task(sender.send(permit(each, lapses_after=lapses_after), each))
                for each, lapses_after in zip(messages, lapses, strict=True)
            ]
            if meanwhile:
                await meanwhile(server, sender, tasks)
            async with asyncio.timeout(8):  # sooner than any of them would give up by itself
                results = await asyncio.gather(*tasks, return_exceptions=True)
            await sender.close()
            return server, [type(each) for each in results]

    return asyncio.run(work())


def texts(server):
    """Which it has got; not the empty one that a refused recipient gets."""
    return [message.split(b"Number ")[1][:1] for message in server.messages if message != b".\r\n"]


def test_a_text_goes_with_the_commands_of_the_next_mail():
    server, results = at_once(99, 99, 99, more=2)  # which waits for those before it answers

    assert results == [Receipt] * 3
    assert (texts(server), server.sessions) == ([b"0", b"1", b"2"], 1)


@pytest.mark.parametrize(("verb", "error"), [("MAIL", MessageRefused), ("RCPT", AddressDead)])
def test_one_that_is_refused_behind_another_costs_neither_that_nor_the_next(verb, error):
    good = GOOD[verb]
    server, results = at_once(99, 99, 99, more=1, **{verb: [good, "550 5.1.1 no such user", good]})

    assert results == [Receipt, error, Receipt]
    assert texts(server) == [b"0", b"2"]
    assert server.sessions == 1


def test_behind_a_long_text_nothing_leaves_before_it_is_answered():
    heard = []

    async def listen(server, _sender, _tasks):
        server.silent = 1
        await server.has_text.wait()
        await asyncio.sleep(0.2)
        heard.append(server.waiting())
        server.speaks.set()

    server, results = at_once(99, 99, words="Many words. " * 2_000, meanwhile=listen)

    assert heard == [b""]
    assert (results, server.sessions) == ([Receipt] * 2, 1)


def test_one_whose_text_is_refused_costs_the_next_nothing():
    server, results = at_once(99, 99, more=1, dot=["554 5.7.1 looks like spam", "250 taken"])

    assert results == [MessageRefused, Receipt]
    assert server.sessions == 1


def test_the_next_whose_permit_has_lapsed_gives_its_place_to_the_one_behind_it():
    server, results = at_once(99, 0, 99, more=1)

    assert results == [Receipt, PermitLapsed, Receipt]
    assert (texts(server), server.commands.count("MAIL"), server.sessions) == ([b"0", b"2"], 2, 1)


def test_a_permit_that_lapses_behind_its_commands_lets_nothing_of_the_text_leave():
    server, results = at_once(99, 1, 99, more=1)

    assert results == [Receipt, PermitLapsed, Receipt]
    assert (texts(server), server.sessions) == ([b"0", b"2"], 2)


def test_a_server_that_goes_away_costs_the_mail_behind_a_new_connection():
    server, results = at_once(99, 99, more=1, dot=[None, "250 taken"])

    assert results == [OutcomeUnknown, Receipt]
    assert (texts(server), server.sessions) == ([b"0", b"1"], 2)


@pytest.mark.parametrize("dot", [None, "what?"])
def test_a_mail_behind_another_whose_text_has_begun_is_not_carried_again(dot):
    server, results = at_once(99, 99, more=1, dot=["250 taken", dot, "250 taken"])

    assert results == [Receipt, OutcomeUnknown]
    assert texts(server) == [b"0", b"1"]


def test_a_server_that_goes_away_for_good_has_nothing_of_the_mail_whose_text_had_not_begun():
    async def close(server, _sender, _tasks):
        server.silent = 1
        await server.has_text.wait()
        server.server.close()
        server.speaks.set()

    server, results = at_once(99, 99, more=1, meanwhile=close, dot=None)

    assert results == [OutcomeUnknown, TryLater]
    assert texts(server) == [b"0"]


def test_a_server_that_takes_few_mails_over_a_connection_gets_them_over_several():
    server, results = at_once(*[99] * 5, texts=2)

    assert results == [Receipt] * 5
    assert (texts(server), server.sessions) == ([b"0", b"1", b"2", b"3", b"4"], 3)


def test_an_answer_that_is_no_smtp_is_not_made_good_by_the_next_one():
    server, results = at_once(99, 99, more=1, dot=["what?\r\n250 ok", "250 taken"])

    assert results == [OutcomeUnknown, Receipt]
    assert texts(server) == [b"0", b"1"]


def test_one_after_the_other_over_the_only_connection():
    async def work():
        async with Scripted() as server:
            sender = SmtpSender()
            async with asyncio.timeout(8):
                for n in range(3):
                    message = to(Server(server.port), f"Number {n}", at_once=1)
                    await sender.send(permit(message), message)
            await sender.close()
            return server

    assert asyncio.run(work()).sessions == 1


def test_of_a_text_that_nobody_waits_for_any_more_no_more_is_written(monkeypatch):
    monkeypatch.setattr(smtp_sender, "HAND_OFF_WITHIN", 0.5)
    over, came = asyncio.Event(), []

    async def reads_no_text(reader, writer):
        writer.write(b"220 here\r\n")
        while (line := await reader.readline()) != b"DATA\r\n":
            writer.write(b"250-here\r\n250 PIPELINING\r\n" if line.startswith(b"EHLO") else b"250 ok\r\n")
        writer.write(b"354 go on\r\n")
        await over.wait()
        with contextlib.suppress(ConnectionError):
            while part := await reader.read(1_000_000):
                came.append(part)
        writer.close()
        came.append(b"the end")

    async def work():
        server = await asyncio.start_server(reads_no_text, "127.0.0.1", 0)
        message = to(Server(server.sockets[0].getsockname()[1]), "Many words. " * 2_000_000)
        sender = SmtpSender()
        with pytest.raises(OutcomeUnknown):
            await sender.send(permit(message), message)
        over.set()
        async with asyncio.timeout(8):
            while came[-1:] != [b"the end"]:  # noqa: ASYNC110 (the last part says so itself)
                await asyncio.sleep(0.01)
        await sender.close()
        server.close()

    asyncio.run(work())

    assert not b"".join(came[:-1]).endswith(b"\r\n.\r\n")


def test_one_that_nobody_waits_for_any_more_costs_the_one_before_it_nothing():
    async def give_up(server, _sender, tasks):
        server.silent = 1
        await server.has_text.wait()
        tasks[1].cancel()
        await asyncio.sleep(0.05)
        server.speaks.set()

    server, results = at_once(99, 99, 99, more=1, meanwhile=give_up, MAIL=["250 ok", "", "250 ok"])

    assert results == [Receipt, asyncio.CancelledError, Receipt]
    assert (texts(server), server.sessions) == ([b"0", b"2"], 2)


def test_a_server_that_says_nothing_to_a_text_holds_up_nobody_for_longer_than_a_hand_off(monkeypatch):
    monkeypatch.setattr(smtp_sender, "HAND_OFF_WITHIN", 0.5)

    async def be_silent(server, sender, tasks):
        server.silent = 1
        await asyncio.wait(tasks)
        another = to(Server(server.port), "Number 2", at_once=1)
        tasks.append(asyncio.create_task(sender.send(permit(another), another)))

    server, results = at_once(99, 99, more=1, meanwhile=be_silent)

    assert results == [OutcomeUnknown, TryLater, Receipt]
    assert texts(server) == [b"0", b"2"]


@pytest.mark.parametrize("said", ["what?", "25", "x" * 9_000])
def test_an_answer_that_is_no_smtp_is_no_yes(said):
    server, (error,) = hand_over(MAIL=said)

    assert isinstance(error, TryLater)
    assert server.messages == []
