"""SparkPost: developers.sparkpost.com/api/webhooks."""

import base64

from stopline.providers.email.services import (
    sparkpost,
)
from stopline.providers.errors import Misconfigured, TryLater
from stopline.rules.words import MessageState, Source
from tests.providers.contract import Answered, Sample, json_request
from tests.providers.email.services.samples import ADA, MAIL, Service, ended, reads, went, wrote


def sparkpost_event(kind, **fields):
    event = {
        "type": kind,
        "event_id": "92356927693813856",
        "raw_rcpt_to": ADA,
        "transmission_id": "65832150921904138",
        **fields,
    }
    return {"msys": {"message_event": event}}


SP_BOUNCE = sparkpost_event(
    "bounce", bounce_class="10", error_code="550", raw_reason="550 5.1.1 unknown user"
)
SP_FULL = sparkpost_event("bounce", bounce_class="22", error_code="552", raw_reason="mailbox full")
SP_OUT = {
    "msys": {"unsubscribe_event": {"type": "list_unsubscribe", "raw_rcpt_to": ADA, "transmission_id": "658"}}
}
SP_MAIL = {
    "msys": {
        "relay_message": {
            "content": {"email_rfc822": base64.b64encode(MAIL).decode(), "email_rfc822_is_base64": True},
            "msg_from": ADA,
            "rcpt_to": "hello@larkspur.example",
            "protocol": "smtp",
        }
    }
}
SP = "65832150921904138"


class TestSparkPost(Service):
    provider = "sparkpost"
    adapter = sparkpost.SparkPostSender
    signs = False
    accepted = Answered(
        "accepted",
        200,
        {
            "results": {
                "total_rejected_recipients": 0,
                "total_accepted_recipients": 1,
                "id": "11668787484950529",
            }
        },
    )
    provider_id = "11668787484950529"
    failures = (
        Answered(
            "domain",
            400,
            {
                "errors": [
                    {
                        "message": "Unconfigured Sending Domain",
                        "description": "Unconfigured Sending Domain <larkspur.example>",
                        "code": "7001",
                    }
                ]
            },
            Misconfigured,
            "Unconfigured",
        ),
        Answered(
            "limit",
            420,
            {"errors": [{"message": "Exceed Sending Limit (daily)", "code": "2102"}]},
            TryLater,
            after_seconds=600.0,
        ),
        Answered("key", 403, {"errors": [{"message": "Forbidden."}]}, Misconfigured),
    )
    samples = (
        Sample(
            "bounces",
            json_request([SP_BOUNCE, SP_FULL]),
            (
                ended(SP_BOUNCE, Source.BOUNCE, "The address bounced: 550 5.1.1 unknown user", SP),
                went(SP_BOUNCE, SP, MessageState.FAILED, "550 5.1.1 unknown user"),
                went(SP_FULL, SP, MessageState.FAILED, "mailbox full"),
            ),
        ),
        Sample(
            "unsubscribe",
            json_request([SP_OUT]),
            (ended(SP_OUT, Source.LINK, "Used the unsubscribe link of the e-mail service.", "658"),),
        ),
        reads("sparkpost", "mail", json_request([SP_MAIL]), wrote("")),
    )
    unknown = (json_request([sparkpost_event("new_kind")]),)

    def test_a_ping_says_nothing(self):
        assert sparkpost.SparkPostReceiver().read(json_request([{"msys": {}}])) == []
