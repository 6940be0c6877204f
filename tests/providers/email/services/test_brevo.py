"""Brevo: developers.brevo.com/docs/transactional-webhooks."""

from stopline.providers.email.services import brevo
from stopline.providers.errors import AddressDead, Misconfigured
from stopline.rules.words import MessageState, Source
from tests.providers.contract import Answered, Sample, json_request
from tests.providers.email.services.samples import ADA, Service, ended, reads, went, wrote


def brevo_event(event, **fields):
    return {
        "event": event,
        "email": ADA,
        "id": 26224,
        "date": "2026-10-09 00:00:00",
        "message-id": "<2026@relay.domain.com>",
        "ts_epoch": 1604933737000,
        **fields,
    }


BR_HARD = brevo_event("hard_bounce", reason="server is down")
BR_SOFT = brevo_event("soft_bounce", reason="mailbox full")
BR_OUT = brevo_event("unsubscribed")
BR_PROXY = brevo_event("unique_proxy_open")
BR_MAIL = {
    "items": [
        {
            "Uuid": ["9a3b5a2e"],
            "MessageId": "<1@example.com>",
            "Subject": "Bike",
            "RawTextBody": "Hello",
            "RawHtmlBody": "<p>Hello</p>",
            "Headers": {
                "From": "Ada <ada@example.com>",
                "Subject": "Bike",
                "Message-ID": "<1@example.com>",
                "Received": ["a", "b"],
            },
            "Attachments": [],
        }
    ]
}
BR = "2026@relay.domain.com"


class TestBrevo(Service):
    provider = "brevo"
    adapter = brevo.BrevoSender
    signs = False
    accepted = Answered("accepted", 201, {"messageId": "<2026@relay.domain.com>"})
    provider_id = BR
    failures = (
        Answered(
            "key", 401, {"message": "Key not found", "code": "unauthorized"}, Misconfigured, "Key not found"
        ),
        Answered(
            "sender",
            400,
            {"code": "invalid_parameter", "message": "Sender is invalid / inactive"},
            Misconfigured,
        ),
        Answered(
            "address", 400, {"code": "invalid_parameter", "message": "email is not valid in to"}, AddressDead
        ),
        Answered(
            "credits", 402, {"code": "not_enough_credits", "message": "Not enough credits"}, Misconfigured
        ),
    )
    samples = (
        Sample(
            "hard",
            json_request(BR_HARD),
            (
                ended(BR_HARD, Source.BOUNCE, "The address bounced: server is down", BR),
                went(BR_HARD, BR, MessageState.FAILED, "server is down"),
            ),
        ),
        Sample("soft", json_request(BR_SOFT), (went(BR_SOFT, BR, MessageState.FAILED, "mailbox full"),)),
        Sample(
            "out",
            json_request(BR_OUT),
            (ended(BR_OUT, Source.LINK, "Used the unsubscribe link of the e-mail service.", BR),),
        ),
        Sample("proxy", json_request(BR_PROXY), (went(BR_PROXY, BR, MessageState.DELIVERED),)),
        reads("brevo", "mail", json_request(BR_MAIL), wrote("", html="<p>Hello</p>")),
    )
    unknown = (json_request(brevo_event("new_kind")),)
