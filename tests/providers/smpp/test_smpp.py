"""SMPP keeps the contract of every adapter, against an independent gateway."""

import uuid
from dataclasses import replace

import orjson
import pytest
import smpp34

from stopline.apps.sending import connections
from stopline.doors.worker import listening
from stopline.providers.base import Media, Progress, Received, Request
from stopline.providers.errors import (
    AddressDead,
    MessageRefused,
    Misconfigured,
    OutcomeUnknown,
    TryLater,
)
from stopline.providers.registry import PROVIDERS
from stopline.rules.errors import NotAllowed
from stopline.rules.words import Channel, MessageState
from tests.providers.contract import Answered, Contract, Sample, json_request
from tests.providers.smpp import smsc

HELLO = {"kind": "message", "id": "a1", "from": "+14155550123", "to": "14155550100", "text": "Is it ready?"}
DELIVERED = {
    "kind": "receipt",
    "id": "smsc-1:DELIVRD",
    "message": "smsc-1",
    "state": "DELIVRD",
    "error": "000",
}


class TestSmpp(Contract):
    provider = "smpp"
    http = False
    signs = False  # and takes nothing by HTTP, see below
    credentials = {"password": "s3cr3t-8"}
    accepted = Answered("accepted", 0)
    provider_id = "smsc-1"
    failures = (
        Answered("throttled", smpp34.ESME_RTHROTTLED, error=TryLater, words="slowly"),
        Answered("queue full", smpp34.ESME_RMSGQFUL, error=TryLater, words="full"),
        Answered("system error", smpp34.ESME_RSYSERR, error=TryLater),
        Answered("no such address", smpp34.ESME_RINVDSTADR, error=AddressDead, words="does not exist"),
        Answered("not our sender", smpp34.ESME_RINVSRCADR, error=Misconfigured, words="sender"),
        Answered("too long", smpp34.ESME_RINVMSGLEN, error=MessageRefused, words="Shorten"),
        Answered("unknown", smpp34.ESME_RUNKNOWNERR, error=OutcomeUnknown),
    )
    samples = (
        Sample(
            "message", json_request(HELLO), (Received("a1", Channel.SMS, "+14155550123", "Is it ready?", {}),)
        ),
        Sample(
            "stop",
            json_request({**HELLO, "text": "STOP"}),
            (Received("a1", Channel.SMS, "+14155550123", "STOP", {}),),
        ),
        Sample(
            "receipt",
            json_request(DELIVERED),
            (Progress("smsc-1:DELIVRD", "smsc-1", MessageState.DELIVERED, {}),),
        ),
        Sample(
            "receipt of a failure",
            json_request({**DELIVERED, "id": "smsc-1:UNDELIV", "state": "UNDELIV", "error": "034"}),
            (
                Progress(
                    "smsc-1:UNDELIV",
                    "smsc-1",
                    MessageState.FAILED,
                    {},
                    "The gateway could not deliver the message (error 034).",
                ),
            ),
        ),
    )
    unknown = (
        json_request({**DELIVERED, "state": "UNKNOWN"}),
        json_request({"kind": "other", "id": "b1", "octets": "00ff"}),
        json_request({"kind": "other", "octets": "00ff"}),
    )
    port = 1

    @property
    def settings(self):
        return {"host": "127.0.0.1", "port": self.port, "system_id": "stopline", "per_second": 1000}

    def far_end(self, answered):
        return smsc.independent(answered.status)

    def aim(self, monkeypatch, url):
        self.port = int(url.rpartition(":")[2])

    def take(self, connection, request):
        """What is heard over the session, as the worker takes it."""
        return listening._take(connections.way(connection), request)

    def test_a_signed_request_is_taken(self, sample):
        with pytest.raises(NotAllowed):
            PROVIDERS["smpp"].receiver().verify(sample.request, self.way)

    # What the independent gateway reads

    def sent(self, monkeypatch, text, **settings):
        with self.far_end(self.accepted) as far:
            self.aim(monkeypatch, far.url)
            way = replace(self.way, settings={**self.settings, **settings})
            self.send(replace(self.outgoing(Channel.SMS, way), text=text))
            return far.requests

    def test_numbers_and_text_arrive_as_they_are(self, monkeypatch):
        (got,) = self.sent(monkeypatch, "Grüße [€]")

        assert (got.source_addr, got.source_addr_ton, got.source_addr_npi) == ("14155550100", 1, 1)
        assert (got.destination_addr, got.dest_addr_ton, got.dest_addr_npi) == ("14155550123", 1, 1)
        assert (got.data_coding, got.esm_class, got.registered_delivery) == (0, 0, 1)
        assert got.short_message == b"Gr~\x1ee \x1b<\x1be\x1b>"

    def test_other_alphabets_leave_as_ucs_2(self, monkeypatch):
        (got,) = self.sent(monkeypatch, "Готово 🚲")

        assert got.data_coding == 8 and got.short_message == "Готово 🚲".encode("utf-16-be")

    @pytest.mark.parametrize(
        ("text", "sizes"), [("a" * 161, [153, 8]), ("a" * 306, [153, 153]), ("я" * 71, [134, 8])]
    )
    def test_a_long_text_leaves_in_parts_that_a_phone_joins(self, text, sizes, monkeypatch):
        got = self.sent(monkeypatch, text)

        headers = [part.short_message[:6] for part in got]
        assert [part.esm_class for part in got] == [0x40] * len(sizes)
        assert [header[:3] for header in headers] == [b"\x05\x00\x03"] * len(sizes)
        assert len({header[3] for header in headers}) == 1
        assert [tuple(header[4:]) for header in headers] == [(len(sizes), n + 1) for n in range(len(sizes))]
        assert [len(part.short_message) - 6 for part in got] == sizes
        assert [part.registered_delivery for part in got] == [0] * (len(sizes) - 1) + [1]

    def test_a_long_text_may_leave_whole(self, monkeypatch):
        (got,) = self.sent(monkeypatch, "a" * 500, long_texts="payload")

        (tlv,) = got.tlvs
        assert got.short_message == b"" and got.esm_class == 0
        assert (tlv.tag, tlv.value) == (smpp34.TLV_MESSAGE_PAYLOAD, b"a" * 500)

    @pytest.mark.parametrize(
        ("sender", "ton"), [("+14155550100", 1), ("14155550100", 1), ("72345", 3), ("Larkspur", 5)]
    )
    def test_a_sender_says_what_it_is(self, sender, ton, monkeypatch):
        self.sender = sender
        (got,) = self.sent(monkeypatch, "Hi")

        assert got.source_addr == sender.removeprefix("+") and got.source_addr_ton == ton

    @pytest.mark.parametrize(
        "change",
        [
            {"text": ""},
            {"media": (Media("https://s.example/1", "image/png", "b.png"),)},
            {"text": "a" * 40_000},
        ],
    )
    def test_what_it_cannot_carry_is_refused_before_anything_leaves(self, change, monkeypatch):
        with self.far_end(self.accepted) as far:
            self.aim(monkeypatch, far.url)

            assert (
                type(self.refused(replace(self.outgoing(Channel.SMS, self.way), **change))) is MessageRefused
            )
            assert not far.requests

    @pytest.mark.parametrize("sender", ["A name much too long to be one", "名前"])
    def test_a_sender_that_cannot_be_sent_pauses_the_connection(self, sender, monkeypatch):
        self.sender = sender
        with self.far_end(self.accepted) as far:
            self.aim(monkeypatch, far.url)

            assert type(self.refused(self.outgoing(Channel.SMS, self.way))) is Misconfigured

    def test_a_password_that_smpp_cannot_carry_pauses_the_connection(self, monkeypatch):
        self.credentials = {"password": "far too long for this"}
        with self.far_end(self.accepted) as far:
            self.aim(monkeypatch, far.url)

            assert type(self.refused(self.outgoing(Channel.SMS, self.way))) is Misconfigured

    def test_private_networks_are_out_of_reach(self, monkeypatch):
        monkeypatch.delenv("STOPLINE_PRIVATE_NETWORKS")
        with self.far_end(self.accepted) as far:
            self.aim(monkeypatch, far.url)

            assert type(self.refused(self.outgoing(Channel.SMS, self.way))) is Misconfigured
            assert not far.requests and not far.esmes

    def test_one_bad_sender_is_kept_with_what_is_wrong_and_the_gateway_is_not_asked_again(self, connection):
        from stopline.apps.sending.models import InboundEvent

        self.take(connection, Request(orjson.dumps({**HELLO, "id": uuid.uuid4().hex, "from": "Lotto"}), {}))

        assert InboundEvent.objects.get(account_id=connection.account_id).problem
