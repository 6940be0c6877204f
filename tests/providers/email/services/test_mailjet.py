"""Mailjet: dev.mailjet.com/email/guides/webhooks."""

from stopline.providers.email.services import mailjet
from stopline.providers.errors import AddressDead, Misconfigured
from stopline.rules.words import MessageState, Source
from tests.providers.contract import Answered, Sample, json_request
from tests.providers.email.services.samples import ADA, Service, ended, reads, went, wrote


def mailjet_event(event, **fields):
    return {
        "event": event,
        "time": 1430812195,
        "MessageID": 13792286917004336,
        "email": ADA,
        "mj_campaign_id": 0,
        **fields,
    }


MJ_BOUNCE = mailjet_event(
    "bounce",
    blocked=False,
    hard_bounce=True,
    error_related_to="recipient",
    error="user unknown",
    comment="Host or domain name not found.",
)
MJ_SOFT = mailjet_event(
    "bounce", blocked=False, hard_bounce=False, error_related_to="recipient", error="quota exceeded"
)
MJ_SPAM = mailjet_event("spam", source="JMRPP")
MJ_OUT = mailjet_event("unsub", mj_list_id=1, ip="127.0.0.1")
MJ_SENT = mailjet_event("sent", smtp_reply="sent (250 2.0.0 OK)")
MJ_MAIL = {
    "Sender": ADA,
    "Recipient": "hello@larkspur.example",
    "Date": "20150410T160638",
    "From": "Ada <ada@example.com>",
    "Subject": "Bike",
    "Headers": {
        "From": "Ada <ada@example.com>",
        "Subject": "Bike",
        "Message-ID": "<1@example.com>",
        "Received": ["a", "b"],
    },
    "Parts": [{"Headers": {"Content-Type": "text/plain"}, "ContentRef": "Text-part"}],
    "Text-part": "Hello",
}
MJ = "13792286917004336"


class TestMailjet(Service):
    provider = "mailjet"
    adapter = mailjet.MailjetSender
    credentials = {"api_key": "key-7f3a9c0e", "secret_key": "sec-51f0aa77"}
    signs = False
    accepted = Answered(
        "accepted",
        200,
        {"Messages": [{"Status": "success", "To": [{"Email": ADA, "MessageID": 456, "MessageUUID": "123"}]}]},
    )
    provider_id = "456"
    failures = (
        Answered(
            "sender",
            400,
            {
                "Messages": [
                    {
                        "Status": "error",
                        "Errors": [
                            {
                                "ErrorCode": "send-0008",
                                "StatusCode": 403,
                                "ErrorMessage": '"hello" is not an authorized sender email address for your account.',
                                "ErrorRelatedTo": ["From"],
                            }
                        ],
                    }
                ]
            },
            Misconfigured,
            "authorized",
        ),
        Answered(
            "address",
            400,
            {
                "Messages": [
                    {
                        "Status": "error",
                        "Errors": [
                            {
                                "ErrorCode": "mj-0013",
                                "StatusCode": 400,
                                "ErrorMessage": '"ada" is an invalid email address.',
                                "ErrorRelatedTo": ["To[0].Email"],
                            }
                        ],
                    }
                ]
            },
            AddressDead,
        ),
        Answered(
            "key",
            401,
            {"ErrorCode": "mj-0002", "ErrorMessage": "API key authentication failed.", "StatusCode": 401},
            Misconfigured,
        ),
    )
    samples = (
        Sample(
            "bounces",
            json_request([MJ_BOUNCE, MJ_SOFT]),
            (
                ended(MJ_BOUNCE, Source.BOUNCE, "The address bounced: Host or domain name not found.", MJ),
                went(MJ_BOUNCE, MJ, MessageState.FAILED, "Host or domain name not found."),
                went(MJ_SOFT, MJ, MessageState.FAILED, "quota exceeded"),
            ),
        ),
        Sample(
            "spam",
            json_request(MJ_SPAM),
            (ended(MJ_SPAM, Source.COMPLAINT, "Reported a message as spam.", MJ),),
        ),
        Sample(
            "unsub",
            json_request([MJ_OUT]),
            (ended(MJ_OUT, Source.LINK, "Used the unsubscribe link of the e-mail service.", MJ),),
        ),
        Sample("sent", json_request([MJ_SENT]), (went(MJ_SENT, MJ, MessageState.DELIVERED),)),
        reads("mailjet", "mail", json_request(MJ_MAIL), wrote("")),
    )
    unknown = (json_request([mailjet_event("new_kind")]),)
