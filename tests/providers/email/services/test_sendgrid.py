"""SendGrid: twilio.com/docs/sendgrid/for-developers/tracking-events/event."""

import base64
import time
from dataclasses import replace

import orjson
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from stopline.providers.email.services import (
    sendgrid,
)
from stopline.providers.errors import AddressDead, MessageRefused, Misconfigured
from stopline.rules.errors import NotAllowed
from stopline.rules.words import MessageState, Source
from tests.providers.contract import GARBAGE, Answered, Sample, json_request
from tests.providers.email.services.samples import ADA, Service, ended, reads, went, wrote


def sendgrid_event(event, **fields):
    return {
        "email": ADA,
        "timestamp": 1513299569,
        "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
        "event": event,
        **fields,
    }


SG_KEY = ec.generate_private_key(ec.SECP256R1())
SG_PUBLIC = base64.b64encode(
    SG_KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
).decode()
SG_OTHER = ec.generate_private_key(ec.SECP256R1())
SG = "14c5d75ce93.dfd.64b469@ismtpd-555"
SG_BOUNCE = sendgrid_event(
    "bounce", reason="500 unknown recipient", status="5.0.0", type="bounce", sg_event_id="a"
)
SG_BLOCK = sendgrid_event("bounce", reason="blocked", status="5.7.1", type="blocked", sg_event_id="b")
SG_GROUP = sendgrid_event("group_unsubscribe", asm_group_id=10, sg_event_id="c")
SG_SPAM = sendgrid_event("spamreport", sg_event_id="d")
SG_PARSE = (
    b'--xYz\r\nContent-Disposition: form-data; name="headers"\r\n\r\nFrom: Ada <ada@example.com>\nSubject: Bike\n'
    b'Message-ID: <1@example.com>\n\r\n--xYz\r\nContent-Disposition: form-data; name="text"\r\n\r\nHello\r\n'
    b'--xYz\r\nContent-Disposition: form-data; name="envelope"\r\n\r\n'
    b'{"to":["x@y.example"],"from":"ada@example.com"}\r\n--xYz--\r\n'
)


class TestSendGrid(Service):
    provider = "sendgrid"
    adapter = sendgrid.SendGridSender
    settings = {"verification_key": SG_PUBLIC, "inbound_key": SG_PUBLIC}
    accepted = Answered("accepted", 202, b"")
    failures = (
        Answered(
            "address",
            400,
            {
                "errors": [
                    {"message": "Does not contain a valid address.", "field": "personalizations.0.to.0.email"}
                ]
            },
            AddressDead,
        ),
        Answered(
            "sender",
            403,
            {
                "errors": [
                    {
                        "message": "The from address does not match a verified Sender Identity.",
                        "field": "from",
                    }
                ]
            },
            Misconfigured,
            "Sender Identity",
        ),
        Answered("too large", 413, {"errors": [{"message": "The message is too large"}]}, MessageRefused),
    )
    samples = (
        Sample(
            "batch",
            json_request([SG_BOUNCE, SG_BLOCK]),
            (
                ended(SG_BOUNCE, Source.BOUNCE, "The address bounced: 500 unknown recipient", SG),
                went(SG_BOUNCE, SG, MessageState.FAILED, "500 unknown recipient"),
                went(SG_BLOCK, SG, MessageState.FAILED, "blocked"),
            ),
        ),
        Sample(
            "group",
            json_request([SG_GROUP]),
            (ended(SG_GROUP, Source.LINK, "Used the unsubscribe link of the e-mail service.", SG),),
        ),
        Sample(
            "spam",
            json_request([SG_SPAM]),
            (ended(SG_SPAM, Source.COMPLAINT, "Reported a message as spam.", SG),),
        ),
        reads(
            "sendgrid",
            "mail",
            replace(
                json_request({}), body=SG_PARSE, headers={"content-type": "multipart/form-data; boundary=xYz"}
            ),
            wrote(""),
        ),
    )
    unknown = (json_request([sendgrid_event("account_status_change")]),)

    def sign(self, request, way, at=None):
        key = SG_KEY if way.credentials == self.way.credentials else SG_OTHER
        stamp = str(int(at or time.time()))
        signature = key.sign(stamp.encode() + request.body, ec.ECDSA(hashes.SHA256()))
        headers = {sendgrid.SIGNATURE: base64.b64encode(signature).decode(), sendgrid.TIMESTAMP: stamp}
        return replace(request, headers={**request.headers, **headers})

    def test_a_message_is_handed_over_once_on_every_channel(self, channel, monkeypatch):
        """SendGrid's yes is empty: the id is one that goes with the message and comes back with its events."""
        with self.far_end(self.accepted) as far:
            self.aim(monkeypatch, far.url)

            receipt = self.send(self.outgoing(channel, self.way))

        (sent,) = far.got
        assert receipt.provider_id in orjson.dumps(sent).decode()
        again = sendgrid.SendGridReceiver().read(
            json_request([sendgrid_event("delivered", anymail_id=receipt.provider_id)])
        )
        assert again[0].provider_id == receipt.provider_id

    @pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
    @pytest.mark.parametrize("status", [400, 404, 422])
    def test_an_answer_that_cannot_be_read_is_a_named_error(self, status, body, monkeypatch):
        """A yes of SendGrid's says nothing, so nothing in it can be wrong."""
        super().test_an_answer_that_cannot_be_read_is_a_named_error(status, body, monkeypatch)

    def test_a_replay_older_than_five_minutes_is_refused(self):
        with pytest.raises(NotAllowed):
            sendgrid.SendGridReceiver().verify(
                self.sign(json_request([SG_SPAM]), self.way, time.time() - 301), self.way
            )
