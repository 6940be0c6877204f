"""Resend: resend.com/docs/webhooks, signed as docs.svix.com says."""

import base64
import hashlib
import hmac
import time
from dataclasses import replace

import pytest

from stopline.providers.email.services import (
    resend,
)
from stopline.providers.errors import AddressDead, Misconfigured, TryLater
from stopline.rules.errors import NotAllowed
from stopline.rules.words import MessageState, Source
from tests.providers.contract import Answered, Sample, json_request
from tests.providers.email.services.samples import ADA, Service, ended, went, wrote


def resend_event(kind, **data):
    return {
        "type": kind,
        "created_at": "2026-11-22T23:41:12.126Z",
        "data": {
            "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
            "from": "Acme <onboarding@resend.dev>",
            "to": [ADA],
            "subject": "Sending this example",
            **data,
        },
    }


RE_BOUNCE = resend_event(
    "email.bounced",
    bounce={
        "message": "The recipient's email address is on the suppression list",
        "subType": "General",
        "type": "Permanent",
    },
)
RE_SUPPRESSED = resend_event(
    "email.bounced", bounce={"message": "Suppressed", "subType": "Suppressed", "type": "Permanent"}
)
RE_SPAM = resend_event("email.complained")
RE_SENT = resend_event("email.delivered")
RE = "56761188-7520-42d8-8898-ff6fc54ce618"
RE_WHY = "The recipient's email address is on the suppression list"


class TestResend(Service):
    provider = "resend"
    adapter = resend.ResendSender
    credentials = {
        "api_key": "re_7f3a9c0e",
        "signing_secret": "whsec_" + base64.b64encode(b"a secret of resend").decode(),
    }
    accepted = Answered("accepted", 200, {"id": "49a3999c"})
    provider_id = "49a3999c"
    failures = (
        Answered(
            "domain",
            403,
            {"name": "validation_error", "message": "The larkspur.example domain is not verified."},
            Misconfigured,
            "not verified",
        ),
        Answered("to", 422, {"name": "validation_error", "message": "Invalid `to` field."}, AddressDead),
        Answered("key", 401, {"name": "missing_api_key", "message": "Missing API Key"}, Misconfigured),
        Answered("quota", 429, {"name": "daily_quota_exceeded", "message": "Too many"}, TryLater, "Too many"),
    )
    samples = (
        Sample(
            "bounced",
            json_request(RE_BOUNCE),
            (
                ended(RE_BOUNCE, Source.BOUNCE, f"The address bounced: {RE_WHY}", RE),
                went(RE_BOUNCE, RE, MessageState.FAILED, RE_WHY),
            ),
        ),
        Sample(
            "suppressed",
            json_request(RE_SUPPRESSED),
            (
                ended(
                    RE_SUPPRESSED,
                    Source.PROVIDER,
                    "The e-mail service holds the address on its suppression list: Suppressed",
                    RE,
                ),
                went(RE_SUPPRESSED, RE, MessageState.FAILED, "Suppressed"),
            ),
        ),
        Sample(
            "complained",
            json_request(RE_SPAM),
            (ended(RE_SPAM, Source.COMPLAINT, "Reported a message as spam.", RE),),
        ),
        Sample("delivered", json_request(RE_SENT), (went(RE_SENT, RE, MessageState.DELIVERED),)),
    )
    unknown = (
        json_request(resend_event("email.new_kind")),
        json_request({"type": "domain.created", "data": {}}),
    )

    def sign(self, request, way, at=None):
        key = base64.b64decode(
            way.credentials["signing_secret"].removeprefix("whsec_").replace("x", "") + "=="
        )
        if way.credentials["signing_secret"].endswith("x"):
            key += b"x"
        stamp = str(int(at or time.time()))
        content = b"msg_1." + stamp.encode() + b"." + request.body
        signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        headers = {
            "svix-id": "msg_1",
            "svix-timestamp": stamp,
            "svix-signature": f"v1,bm9uZQ== v1,{signature}",
        }
        return replace(request, headers={**request.headers, **headers})

    def test_a_replay_older_than_five_minutes_is_refused(self):
        with pytest.raises(NotAllowed):
            resend.ResendReceiver().verify(
                self.sign(json_request(RE_SPAM), self.way, time.time() - 301), self.way
            )

    def test_the_text_of_a_mail_is_fetched_with_the_key(self, monkeypatch):
        body = {
            "object": "email",
            "id": "4ef9a417",
            "from": "Ada <ada@example.com>",
            "subject": "Bike",
            "message_id": "<1@example.com>",
            "text": "Hello",
            "html": None,
            "headers": {"from": "Ada <ada@example.com>"},
        }
        receiver = resend.ResendReceiver()
        with self.far_end(Answered("mail", 200, body)) as far:
            monkeypatch.setattr(resend.ResendReceiver, "api_url", f"{far.url}/")
            request = self.sign(json_request(resend_event("email.received", email_id="4ef9a417")), self.way)
            receiver.verify(request, self.way)

            (event,) = receiver.read(request)

        assert event == replace(wrote(event.event_id), raw=event.raw)
        assert far.requests[0].path == "/emails/receiving/4ef9a417"
        assert far.requests[0].headers["Authorization"] == "Bearer re_7f3a9c0e"
