"""Postmark: postmarkapp.com/developer/webhooks."""

from stopline.providers.email.services import postmark
from stopline.providers.errors import AddressDead, MessageRefused, Misconfigured, OptedOutAtProvider
from stopline.rules.words import Channel, MessageState, Source
from tests.providers.contract import Answered, Sample, json_request
from tests.providers.email.services.samples import ADA, Service, ended, reads, went, wrote

POSTMARK_BOUNCE = {
    "RecordType": "Bounce",
    "ID": 42,
    "Type": "HardBounce",
    "TypeCode": 1,
    "Name": "Hard bounce",
    "Tag": "Test",
    "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
    "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
    "Details": "Test bounce details",
    "Email": ADA,
    "From": "sender@example.com",
    "BouncedAt": "2019-11-05T16:33:54.9070259Z",
    "DumpAvailable": True,
    "Inactive": True,
    "CanActivate": True,
    "Subject": "Test subject",
}
POSTMARK_SOFT = {**POSTMARK_BOUNCE, "Type": "SoftBounce", "TypeCode": 4096}
POSTMARK_STOPPED = {
    "RecordType": "SubscriptionChange",
    "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
    "ServerID": 123456,
    "MessageStream": "outbound",
    "ChangedAt": "2020-02-01T10:53:34.416071Z",
    "Recipient": ADA,
    "Origin": "Recipient",
    "SuppressSending": True,
    "SuppressionReason": "ManualSuppression",
}
POSTMARK_DELIVERED = {
    "RecordType": "Delivery",
    "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
    "Recipient": ADA,
    "DeliveredAt": "2019-11-05T16:33:54.9070259Z",
}
POSTMARK_MAIL = {
    "FromName": "Ada",
    "From": ADA,
    "FromFull": {"Email": ADA, "Name": "Ada", "MailboxHash": ""},
    "To": "hello@larkspur.example",
    "Subject": "Bike",
    "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
    "Date": "Thu, 5 Apr 2012 16:59:01 +0200",
    "TextBody": "Hello",
    "HtmlBody": "<p>Hello</p>",
    "Headers": [
        {"Name": "From", "Value": "Ada <ada@example.com>"},
        {"Name": "Message-ID", "Value": "<1@example.com>"},
    ],
    "Attachments": [],
}
PM = "883953f4-6105-42a2-a16a-77a8eac79483"
PM_WHY = "The server was unable to deliver your message (ex: unknown user, mailbox not found)."


class TestPostmark(Service):
    provider = "postmark"
    adapter = postmark.PostmarkSender
    signs = False
    accepted = Answered(
        "accepted", 200, {"To": ADA, "MessageID": "b7bc2f4a", "ErrorCode": 0, "Message": "OK"}
    )
    provider_id = "b7bc2f4a"
    failures = (
        Answered(
            "inactive",
            422,
            {"ErrorCode": 406, "Message": "You tried to send to an inactive recipient"},
            OptedOutAtProvider,
            "inactive",
        ),
        Answered(
            "bad address", 422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'ada'."}, AddressDead
        ),
        Answered(
            "unconfirmed",
            422,
            {"ErrorCode": 401, "Message": "The From address is not confirmed"},
            Misconfigured,
        ),
        Answered(
            "bad token", 401, {"ErrorCode": 10, "Message": "Bad or missing token"}, Misconfigured, "token"
        ),
        Answered("too large", 413, {"ErrorCode": 1, "Message": "Too large"}, MessageRefused),
    )
    samples = (
        Sample(
            "bounce",
            json_request(POSTMARK_BOUNCE),
            (
                ended(POSTMARK_BOUNCE, Source.BOUNCE, f"The address bounced: {PM_WHY}", PM),
                went(POSTMARK_BOUNCE, PM, MessageState.FAILED, PM_WHY),
            ),
        ),
        Sample(
            "soft bounce",
            json_request(POSTMARK_SOFT),
            (went(POSTMARK_SOFT, PM, MessageState.FAILED, PM_WHY),),
        ),
        Sample(
            "suppression",
            json_request(POSTMARK_STOPPED),
            (
                ended(
                    POSTMARK_STOPPED,
                    Source.PROVIDER,
                    "The e-mail service holds the address on its suppression list.",
                    PM,
                ),
                went(POSTMARK_STOPPED, PM, MessageState.FAILED, "It could not be delivered."),
            ),
        ),
        Sample(
            "delivered",
            json_request(POSTMARK_DELIVERED),
            (went(POSTMARK_DELIVERED, PM, MessageState.DELIVERED),),
        ),
        reads("postmark", "mail", json_request(POSTMARK_MAIL), wrote("", html="<p>Hello</p>")),
    )
    unknown = (
        json_request({"RecordType": "New", "ID": 1}),
        json_request({**POSTMARK_STOPPED, "SuppressSending": False}),  # an admin there lifted it: no consent
    )

    def test_our_own_message_id_stands(self, monkeypatch):
        with self.far_end(self.accepted) as far:
            self.aim(monkeypatch, far.url)
            message = self.outgoing(Channel.EMAIL, self.way)

            self.send(message)

        headers = {each["Name"]: each["Value"] for each in far.got[0]["Headers"]}
        assert headers["Message-ID"] == f"<stopline.{message.id}@larkspur.example>"
        assert headers["X-PM-KeepID"] == "true"
        assert headers["List-Unsubscribe"].startswith("<mailto:")
