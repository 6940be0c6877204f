"""Mailgun: documentation.mailgun.com/docs/mailgun/user-manual/webhooks."""

import hashlib
import hmac
import time
from dataclasses import replace

import orjson
import pytest

from stopline.providers.base import OptOut
from stopline.providers.email.services import mailgun
from stopline.providers.errors import AddressDead, MessageRefused, Misconfigured
from stopline.rules.errors import NotAllowed
from stopline.rules.words import MessageState, Source
from tests.providers.contract import Answered, Sample, form_request, json_request
from tests.providers.email.services.samples import ADA, MAIL, Service, ended, reads, went, wrote


def mailgun_event(**event):
    data = {
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "timestamp": 1521233195.375624,
        "log-level": "error",
        "recipient": ADA,
        "message": {
            "headers": {"to": ADA, "message-id": "2013@larkspur.example", "from": "hello@larkspur.example"}
        },
        **event,
    }
    return {"signature": {"timestamp": "1", "token": "50-random", "signature": "x"}, "event-data": data}


MG_FAILED = mailgun_event(
    event="failed",
    severity="permanent",
    reason="bounce",
    **{"delivery-status": {"code": 550, "message": "No such mailbox", "enhanced-code": "5.1.1"}},
)
MG_SPAM = mailgun_event(event="complained")
MG_OUT = mailgun_event(event="unsubscribed")
MG_READ = mailgun_event(event="opened")
MG_FORM = [("timestamp", "1"), ("token", "50-random"), ("signature", "x"), ("sender", ADA)]
MG_FORM += [("recipient", "hello@larkspur.example"), ("body-mime", MAIL.decode())]
MG = "2013@larkspur.example"


class TestMailgun(Service):
    provider = "mailgun"
    adapter = mailgun.MailgunSender
    credentials = {"api_key": "key-7f3a9c0e", "signing_key": "sign-51f0aa"}
    covers_body = False
    accepted = Answered("accepted", 200, {"id": "<2013@larkspur.example>", "message": "Queued. Thank you."})
    provider_id = MG
    failures = (
        Answered(
            "bad address",
            400,
            {"message": "'to' parameter is not a valid address. please check documentation"},
            AddressDead,
        ),
        Answered(
            "bad domain", 404, {"message": "Domain not found: larkspur.example"}, Misconfigured, "Domain"
        ),
        Answered(
            "sandbox", 403, {"message": "Sandbox subdomains are for test purposes only."}, Misconfigured
        ),
        Answered("bad request", 400, {"message": "Too many tags"}, MessageRefused, "Too many tags"),
    )
    samples = (
        Sample(
            "failed",
            json_request(MG_FAILED),
            (
                ended(MG_FAILED["event-data"], Source.BOUNCE, "The address bounced: No such mailbox", MG),
                went(MG_FAILED["event-data"], MG, MessageState.FAILED, "No such mailbox"),
            ),
        ),
        Sample(
            "complained",
            json_request(MG_SPAM),
            (ended(MG_SPAM["event-data"], Source.COMPLAINT, "Reported a message as spam.", MG),),
        ),
        Sample(
            "unsubscribed",
            json_request(MG_OUT),
            (
                ended(
                    MG_OUT["event-data"], Source.LINK, "Used the unsubscribe link of the e-mail service.", MG
                ),
            ),
        ),
        Sample("opened", json_request(MG_READ), (went(MG_READ["event-data"], MG, MessageState.READ),)),
        reads("mailgun", "mail", form_request(MG_FORM), wrote("")),
    )
    unknown = (json_request(mailgun_event(event="list_member_uploaded")),)

    def sign(self, request, way):
        stamp = str(int(time.time()))
        key = way.credentials["signing_key"].encode()
        signature = hmac.new(key, f"{stamp}50-random".encode(), hashlib.sha256).hexdigest()
        if request.body.startswith(b"{"):
            body = orjson.loads(request.body)
            body["signature"] = {"timestamp": stamp, "token": "50-random", "signature": signature}
            return replace(request, body=orjson.dumps(body))
        body = request.body.replace(b"timestamp=1&", b"timestamp=" + stamp.encode() + b"&")
        return replace(request, body=body.replace(b"signature=x", b"signature=" + signature.encode()))

    @pytest.mark.parametrize(
        ("severity", "reason", "code", "ends"),
        [
            ("temporary", "generic", 450, False),
            ("permanent", "espblock", 550, False),
            ("permanent", "suppress-bounce", 605, True),
        ],
    )
    def test_only_what_speaks_against_the_address_ends_it(self, severity, reason, code, ends):
        body = mailgun_event(
            event="failed", severity=severity, reason=reason, **{"delivery-status": {"code": code}}
        )

        events = mailgun.MailgunReceiver().read(json_request(body))

        assert any(isinstance(event, OptOut) for event in events) is ends

    def test_an_old_signature_is_refused(self, monkeypatch):
        signed = self.sign(json_request(MG_SPAM), self.way)
        later = time.time() + 13 * 3600
        monkeypatch.setattr(time, "time", lambda: later)

        with pytest.raises(NotAllowed):
            mailgun.MailgunReceiver().verify(signed, self.way)
