"""The session: its limits, its losses, and what is heard over it."""

import asyncio
import contextlib
import socket
import uuid
from dataclasses import replace

import orjson
import pytest
import smpp34

from stopline.providers import base
from stopline.providers.base import Outgoing
from stopline.providers.errors import (
    MessageRefused,
    Misconfigured,
    OutcomeUnknown,
    PermitLapsed,
    ProviderError,
    TryLater,
)
from stopline.providers.smpp import joining, line, session
from stopline.providers.smpp.sender import SmppSender
from stopline.rules.words import Channel
from tests.providers.contract import permit
from tests.providers.smpp import smsc
from tests.providers.smpp.smsc import BIND, DELIVER, ENQUIRE, NACK, RESP, SUBMIT, UNBIND, scripted
from tests.providers.smpp.test_smpp import TestSmpp as Smpp


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")
    monkeypatch.setattr(line, "SHORTEST_PAUSE", 0.02)
    monkeypatch.setattr(session, "RESPOND_WITHIN", 0.3)
    monkeypatch.setattr(session, "UNBIND_WITHIN", 0.1)


def message(far, text="Hi", **settings):
    settings = {"host": "127.0.0.1", "port": far.port, "system_id": "s", "per_second": 1000, **settings}
    way = replace(Smpp().way, settings=settings)
    return Outgoing(uuid.uuid4(), Channel.SMS, "+14155550123", text, way)


@contextlib.asynccontextmanager
async def sending():
    sender = SmppSender()
    try:
        yield sender
    finally:
        await sender.close()


async def refusal(sender, sent, permitted=None):
    try:
        await sender.send(permitted or permit(sent), sent)
    except ProviderError as error:
        return error
    raise AssertionError("it was taken")


async def until(true):
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 (what is waited for is not ours to announce)
            await asyncio.sleep(0.005)


class Heard(list):
    """Takes what is heard; `fails` makes it unable to store."""

    fails = False

    async def take(self, way, request):
        if self.fails:
            raise ConnectionError
        self.append(orjson.loads(request.body))

    def of(self, kind):
        return [each for each in self if each["kind"] == kind]


@contextlib.asynccontextmanager
async def listening(far, **settings):
    async with sending() as sender:
        heard = Heard()
        task = asyncio.create_task(sender.listen(message(far, **settings).way, heard.take))
        await until(lambda: far.of(BIND))
        await asyncio.sleep(0.02)
        try:
            yield heard, sender
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


# Out


async def test_no_more_are_outstanding_than_the_window_allows():
    async with scripted(delay=0.02) as far, sending() as sender:
        sent = [message(far, window=3) for _ in range(12)]
        receipts = await asyncio.gather(*(sender.send(permit(each), each) for each in sent))

        assert far.most_at_once == 3
        assert len({receipt.provider_id for receipt in receipts}) == 12
        assert len(far.of(BIND)) == 1


async def test_no_more_leave_in_a_second_than_is_allowed():
    async with scripted() as far, sending() as sender:
        sent = [message(far, per_second=50) for _ in range(11)]
        started = base.clock()
        await asyncio.gather(*(sender.send(permit(each), each) for each in sent))

        assert 0.2 <= base.clock() - started < 1


async def test_what_cannot_have_its_turn_in_time_goes_back_to_the_queue(monkeypatch):
    monkeypatch.setattr("stopline.providers.smpp.pace.PATIENCE", 0.01)
    async with scripted() as far, sending() as sender:
        sent = [message(far, per_second=2) for _ in range(4)]
        done = await asyncio.gather(
            *(sender.send(permit(each, seconds=0.8), each) for each in sent), return_exceptions=True
        )

        assert [type(each) for each in done[2:]] == [PermitLapsed, PermitLapsed]
        assert len(far.of(SUBMIT)) == 2


async def test_a_permit_that_ends_while_the_window_is_full_lets_nothing_leave():
    async with scripted(answers={SUBMIT: None}) as far, sending() as sender:
        first, second = message(far, window=1), message(far, window=1)
        hangs = asyncio.create_task(refusal(sender, first))
        await until(lambda: far.of(SUBMIT))

        assert type(await refusal(sender, second, permit(second, seconds=0.1))) is PermitLapsed
        assert type(await hangs) is OutcomeUnknown
        assert len(far.of(SUBMIT)) == 1


async def test_a_lock_that_is_lost_while_a_message_waits_for_its_turn_lets_nothing_leave():
    async with scripted(delay=0.1) as far, sending() as sender:
        first, second = message(far, window=1), message(far, window=1)
        held = [True]
        waits = asyncio.create_task(sender.send(permit(first), first))
        await until(lambda: far.of(SUBMIT))
        lost = asyncio.create_task(refusal(sender, second, replace(permit(second), locked=lambda: held[0])))
        await asyncio.sleep(0.03)
        held[0] = False

        assert type(await lost) is PermitLapsed and (await waits).provider_id
        assert len(far.of(SUBMIT)) == 1


async def test_no_answer_in_time_leaves_the_outcome_unknown_and_a_late_one_is_nobodys():
    async with scripted(delay=0.4) as far, sending() as sender:
        assert type(await refusal(sender, message(far))) is OutcomeUnknown
        await asyncio.sleep(0.15)
        far.delay = 0
        last = message(far)

        receipt = await sender.send(permit(last), last)

        assert receipt.provider_id == f"s-{far.of(SUBMIT)[1][2]}"


async def test_a_session_that_is_lost_leaves_the_outcome_unknown_and_the_next_message_opens_another():
    async with scripted(answers={SUBMIT: None}) as far, sending() as sender:
        lost = asyncio.create_task(refusal(sender, message(far)))
        await until(lambda: far.of(SUBMIT))
        far.sessions[0].close()
        assert type(await lost) is OutcomeUnknown
        far.answers.clear()

        assert type(await refusal(sender, message(far))) is TryLater  # not at once
        await asyncio.sleep(0.03)
        again = message(far)
        assert (await sender.send(permit(again), again)).provider_id
        assert len(far.of(BIND)) == 2


async def test_a_gateway_out_of_reach_is_asked_less_and_less_often(monkeypatch):
    monkeypatch.setattr(line, "SHORTEST_PAUSE", 10.0)
    async with scripted() as far:
        gone = message(far)
    async with sending() as sender:
        first, second = await refusal(sender, gone), await refusal(sender, gone)

        assert type(first) is type(second) is TryLater
        assert 4 < second.after_seconds <= 10


MENDED_BY_AN_ADMIN = (0x0D, 0x0E, 0x0F)


@pytest.mark.parametrize("status", [*MENDED_BY_AN_ADMIN, 0x05, 0x08, 0x777])
async def test_a_refused_sign_in_is_named_by_what_to_do_next(status):
    error = Misconfigured if status in MENDED_BY_AN_ADMIN else TryLater
    async with scripted(answers={BIND: (status, b"")}) as far, sending() as sender:
        assert type(await refusal(sender, message(far))) is error
        assert not far.of(SUBMIT)


@pytest.mark.parametrize(
    ("found", "error"), [(socket.EAI_AGAIN, TryLater), (socket.EAI_NONAME, Misconfigured)]
)
async def test_a_name_server_that_is_away_pauses_nothing(found, error, monkeypatch):
    def getaddrinfo(*_, **__):
        raise socket.gaierror(found, "no")

    async with scripted() as far, sending() as sender:
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

        assert type(await refusal(sender, message(far, host="gateway.example"))) is error


@pytest.mark.parametrize("host", ["a" * 80 + ".example", "", "."])
async def test_a_host_that_is_none_pauses_the_connection(host):
    async with scripted() as far, sending() as sender:
        assert type(await refusal(sender, message(far, host=host))) in (Misconfigured, TryLater)


async def test_a_gateway_that_does_not_answer_the_sign_in_is_tried_later(monkeypatch):
    monkeypatch.setattr(session, "BIND_WITHIN", 0.05)
    async with scripted(answers={BIND: None}) as far, sending() as sender:
        assert type(await refusal(sender, message(far))) is TryLater


async def test_a_refused_first_part_refuses_the_whole_message():
    async with scripted(answers={SUBMIT: (0x58, b"")}) as far, sending() as sender:
        assert type(await refusal(sender, message(far, "a" * 400))) is TryLater
        assert len(far.of(SUBMIT)) == 1


async def test_a_refused_later_part_leaves_the_outcome_unknown():
    async with scripted() as far, sending() as sender:
        sent = message(far, "a" * 400, per_second=20)
        task = asyncio.create_task(refusal(sender, sent))
        await until(lambda: far.of(SUBMIT))
        far.answers[SUBMIT] = (0x58, b"")

        error = await task

        assert type(error) is OutcomeUnknown and "only the beginning" in str(error)


async def test_a_text_that_takes_too_long_at_this_pace_is_refused_before_anything_leaves():
    async with scripted() as far, sending() as sender:
        assert type(await refusal(sender, message(far, "a" * 1000, per_second=1))) is MessageRefused
        assert not far.of(SUBMIT)


async def test_taken_without_an_id_is_taken():
    async with scripted(answers={SUBMIT: (0, b"")}) as far, sending() as sender:
        sent = message(far)

        assert (await sender.send(permit(sent), sent)).provider_id == str(sent.id)


async def test_a_generic_nack_is_a_refusal():
    async with scripted(answers={SUBMIT: None}) as far, sending() as sender:
        task = asyncio.create_task(refusal(sender, message(far)))
        await until(lambda: far.of(SUBMIT))
        far.say(far.sessions[0], NACK, far.of(SUBMIT)[0][2], 0x03)

        assert type(await task) is MessageRefused


async def test_it_says_goodbye():
    async with scripted() as far:
        async with sending() as sender:
            sent = message(far)
            await sender.send(permit(sent), sent)

        assert len(far.of(UNBIND)) == 1


async def test_a_changed_connection_gets_a_session_of_its_own():
    async with scripted() as far, sending() as sender:
        for system_id in ("one", "one", "other"):
            sent = message(far, system_id=system_id)
            await sender.send(permit(sent), sent)

        assert [bind[3].split(b"\0")[0] for bind in far.of(BIND)] == [b"one", b"other"]


async def test_a_gateway_without_tls_is_no_gateway_with_tls():
    async with scripted() as far, sending() as sender:
        assert type(await refusal(sender, message(far, tls=True))) is TryLater


# In


async def test_a_message_is_stored_before_it_is_answered():
    async with scripted() as far, listening(far) as (heard, _):
        heard.fails = True
        far.deliver(71, b"STOP")
        await until(lambda: far.of(DELIVER | RESP))
        assert far.of(DELIVER | RESP)[0][1:3] == (0x64, 71) and not heard
        heard.fails = False
        far.deliver(72, b"STOP")
        await until(lambda: len(far.of(DELIVER | RESP)) == 2)

        assert far.of(DELIVER | RESP)[1][1:3] == (0, 72)
        assert [(each["from"], each["text"]) for each in heard] == [("+14155550123", "STOP")]


async def test_the_same_words_twice_are_two_messages_and_a_repetition_after_a_lost_answer_is_one():
    async with scripted() as far, listening(far) as (heard, _):
        far.deliver(1, b"yes")
        far.deliver(2, b"yes")
        await until(lambda: len(heard) == 2)
        far.sessions[0].close()
        await until(lambda: len(far.of(BIND)) == 2)
        await asyncio.sleep(0.02)
        far.deliver(1, b"yes")
        await until(lambda: len(far.of(DELIVER | RESP)) >= 3)

        assert len({each["id"] for each in heard}) == 2


async def test_a_long_text_is_joined_whatever_the_order():
    parts = [b"\x05\x00\x03\x09\x03%c" % n + text for n, text in ((3, b"\x1be."), (1, b"STOP "), (2, b"it "))]
    async with scripted() as far, listening(far) as (heard, _):
        for number, part in enumerate(parts):
            far.deliver(number, part, esm_class=0x40)
        await until(lambda: heard.of("message"))

        assert len(heard.of("part")) == 3  # each is kept before it is answered
        assert [each["text"] for each in heard.of("message")] == ["STOP it €."]


async def test_a_long_text_may_be_marked_by_tlvs_or_come_whole():
    def sar(number):
        return [smpp34.Tlv(0x020C, b"\0\x07"), smpp34.Tlv(0x020E, b"\2"), smpp34.Tlv(0x020F, bytes([number]))]

    async with scripted() as far, listening(far) as (heard, _):
        far.deliver(1, b"Please ", tlvs=sar(1))
        far.deliver(2, b"stop", tlvs=sar(2))
        far.deliver(3, b"", tlvs=[smpp34.Tlv(smpp34.TLV_MESSAGE_PAYLOAD, b"x" * 500)])
        await until(lambda: len(heard.of("message")) == 2)

        assert [each["text"] for each in heard.of("message")] == ["Please stop", "x" * 500]


async def test_what_is_there_of_a_text_is_taken_when_the_rest_never_comes(monkeypatch):
    monkeypatch.setattr(joining, "WAIT", 0.05)
    monkeypatch.setattr(line, "SWEEP_EVERY", 0.02)
    async with scripted() as far, listening(far) as (heard, _):
        far.deliver(1, b"\x05\x00\x03\x09\x03\x01STOP", esm_class=0x40)
        far.deliver(2, b"\x05\x00\x03\x09\x03\x03now", esm_class=0x40)
        await until(lambda: heard.of("message"))

        assert [each["text"] for each in heard.of("message")] == ["STOP […] now […]"]


async def test_receipts_arrive_in_any_order():
    async with scripted() as far, listening(far) as (heard, _):
        for number, state in enumerate((b"DELIVRD", b"ACCEPTD")):
            far.deliver(number, b"id:s-1 sub:001 dlvrd:001 stat:%b err:000 text:" % state, esm_class=4)
        await until(lambda: len(heard) == 2)

        assert [each["id"] for each in heard] == ["s-1:DELIVRD", "s-1:ACCEPTD"]


async def test_a_body_that_cannot_be_read_is_kept_and_answered():
    async with scripted() as far, listening(far) as (heard, _):
        far.say(far.sessions[0], DELIVER, 5, 0, b"\x00\x01")
        await until(lambda: far.of(DELIVER | RESP))

        assert far.of(DELIVER | RESP)[0][1] == 0 and heard[0]["octets"] == "0001"


async def test_what_it_does_not_know_is_refused_and_the_session_goes_on():
    async with scripted() as far, listening(far):
        far.say(far.sessions[0], 0x103, 9)
        far.say(far.sessions[0], 0x102, 10)  # alert_notification wants no answer
        far.say(far.sessions[0], ENQUIRE, 11)
        await until(lambda: far.of(ENQUIRE | RESP))

        assert [each[1:3] for each in far.of(NACK)] == [(0x03, 9)]
        assert far.of(ENQUIRE | RESP)[0][2] == 11


async def test_garbage_ends_the_session_and_another_is_opened():
    async with scripted() as far, listening(far):
        far.sessions[0].write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await until(lambda: len(far.of(BIND)) == 2)

        assert far.of(NACK)[0][1] == 0x02


async def test_a_goodbye_is_answered_and_another_session_is_opened():
    async with scripted() as far, listening(far):
        far.say(far.sessions[0], UNBIND, 4)
        await until(lambda: len(far.of(BIND)) == 2)

        assert far.of(UNBIND | RESP)[0][2] == 4


async def test_a_silent_gateway_is_asked_and_a_dead_one_left(monkeypatch):
    monkeypatch.setattr(session, "ENQUIRE_EVERY", 0.05)
    async with scripted() as far, listening(far):
        await until(lambda: len(far.of(ENQUIRE)) == 2)
        assert len(far.of(BIND)) == 1
        far.answers[ENQUIRE] = None
        await until(lambda: len(far.of(BIND)) == 2)


async def test_an_answer_that_comes_with_the_order_to_stop_does_not_drown_it():
    """Else whoever listens would go on for ever, and a worker would not end."""
    async with scripted(answers={ENQUIRE: None}) as far, sending() as sender:
        sent = message(far)
        await sender.send(permit(sent), sent)
        current = next(iter(sender.lines.values())).current
        asking = asyncio.create_task(current._request(ENQUIRE, b"", 5))
        await until(lambda: far.of(ENQUIRE))

        (answered,) = current.waiting.values()
        answered.set_result(None)
        asking.cancel()

        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_messages_leave_over_the_session_that_is_listened_to():
    async with scripted() as far, listening(far) as (_, sender):
        sent = message(far)
        await sender.send(permit(sent), sent)

        assert len(far.of(BIND)) == 1


async def test_a_session_nobody_listens_to_asks_the_gateway_to_come_again():
    async with scripted() as far, sending() as sender:
        sent = message(far)
        await sender.send(permit(sent), sent)
        far.deliver(3, b"STOP")
        await until(lambda: far.of(DELIVER | RESP))

        assert far.of(DELIVER | RESP)[0][1] == 0x64


async def test_a_wrong_password_ends_the_listening():
    async with scripted(answers={BIND: (0x0E, b"")}) as far, sending() as sender:
        with pytest.raises(Misconfigured):
            await sender.listen(message(far).way, Heard().take)


def test_the_independent_gateway_delivers():
    """Its own deliver_sm and our answer to it."""
    with smsc.independent() as far:

        async def work():
            async with sending() as sender:
                heard = Heard()
                task = asyncio.create_task(sender.listen(message(far).way, heard.take))
                await until(lambda: far.esmes)
                await asyncio.sleep(0.05)
                delivering = asyncio.run_coroutine_threadsafe(deliver(far.esmes[0], b"Stop now"), far.loop)
                answer = await asyncio.wrap_future(delivering)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                return heard, answer

        async def deliver(esme, text):
            return await esme.deliver_sm("14155550100", text, source_addr="14155550123", source_addr_ton=1)

        heard, answer = asyncio.run(work())

    assert answer.is_success
    assert [each["text"] for each in heard] == ["Stop now"]
