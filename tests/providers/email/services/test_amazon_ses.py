"""Amazon SES: docs.aws.amazon.com/ses/latest/dg/notification-examples.html, signed as Amazon SNS documents."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from stopline.providers.base import Reply, Unknown
from stopline.providers.email.services import (
    amazon_ses,
    aws_signature,
    sns,
)
from stopline.providers.errors import MessageRefused, Misconfigured, TryLater
from stopline.rules.errors import NotAllowed
from stopline.rules.words import Channel, MessageState, Source
from tests.providers.contract import Answered, Sample, json_request
from tests.providers.email.services.samples import ADA, MAIL, Service, ended, reads, went, wrote

SES_BOUNCE = {
    "bounceType": "Permanent",
    "reportingMTA": "dns; email.example.com",
    "bouncedRecipients": [
        {
            "emailAddress": ADA,
            "status": "5.1.1",
            "action": "failed",
            "diagnosticCode": "smtp; 550 5.1.1 <ada@example.com>... User",
        }
    ],
    "bounceSubType": "General",
    "timestamp": "2016-01-27T14:59:38.237Z",
    "feedbackId": "00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa068a-000000",
}
SES_COMPLAINT = {
    "userAgent": "AnyCompany Feedback Loop (V0.01)",
    "complainedRecipients": [{"emailAddress": ADA}],
    "complaintFeedbackType": "abuse",
    "timestamp": "2016-01-27T14:59:38.237Z",
}
SES = "00000137860315fd-34208509-5b74-41f3-95c5-22c1edc3c924-000000"
SES_DELIVERY = {"notificationType": "Delivery", "mail": {"messageId": SES}, "delivery": {"recipients": [ADA]}}
CERTIFICATE_URL = (
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-010a507c1833636cd94bdb98bd93083a.pem"
)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail"


def sns_message(inside, **fields):
    message = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": orjson.dumps(inside).decode(),
        "Timestamp": "2012-05-02T00:54:06.655Z",
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE_URL,
        **fields,
    }
    return json_request(message)


def _certificate(key):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
    )
    made = made.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(
        datetime(2040, 1, 1, tzinfo=UTC)
    )
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


SNS_KEY, SNS_OTHER = (rsa.generate_private_key(65537, 2048) for _ in range(2))
SES_BOUNCE_RAW = {"bounce": SES_BOUNCE, "message": SES}
SES_COMPLAINT_RAW = {"complaint": SES_COMPLAINT, "message": SES}
SES_WHY = "smtp; 550 5.1.1 <ada@example.com>... User"


class TestAmazonSes(Service):
    provider = "amazon_ses"
    adapter = amazon_ses.AmazonSesSender
    settings = {"region": "eu-west-1", "topic_arn": TOPIC}
    credentials = {"access_key_id": "AKIDTRIED0000", "secret_access_key": "wJalrTried/Key"}
    accepted = Answered("accepted", 200, {"MessageId": SES})
    provider_id = SES
    failures = (
        Answered(
            "not verified",
            400,
            {"message": "Email address is not verified."},
            Misconfigured,
            "not verified",
            headers={"x-amzn-errortype": "MessageRejected"},
        ),
        Answered(
            "content",
            400,
            {"message": "Invalid content"},
            MessageRefused,
            headers={"x-amzn-errortype": "MessageRejected"},
        ),
        Answered(
            "rate",
            400,
            {"message": "Maximum sending rate exceeded."},
            TryLater,
            headers={"x-amzn-errortype": "TooManyRequestsException"},
        ),
        Answered(
            "key",
            403,
            {"message": "The security token included in the request is invalid."},
            Misconfigured,
            headers={"x-amzn-errortype": "UnrecognizedClientException"},
        ),
        Answered(
            "paused",
            400,
            {"message": "Sending paused"},
            Misconfigured,
            headers={"x-amzn-errortype": "SendingPausedException"},
        ),
    )
    samples = (
        Sample(
            "bounce",
            sns_message({"notificationType": "Bounce", "bounce": SES_BOUNCE, "mail": {"messageId": SES}}),
            (
                ended(SES_BOUNCE_RAW, Source.BOUNCE, f"The address bounced: {SES_WHY}", SES),
                went(SES_BOUNCE_RAW, SES, MessageState.FAILED, SES_WHY),
            ),
        ),
        Sample(
            "complaint",
            sns_message({"eventType": "Complaint", "complaint": SES_COMPLAINT, "mail": {"messageId": SES}}),
            (ended(SES_COMPLAINT_RAW, Source.COMPLAINT, "Reported a message as spam: abuse", SES),),
        ),
        Sample("delivery", sns_message(SES_DELIVERY), (went(SES_DELIVERY, SES, MessageState.DELIVERED),)),
        reads(
            "amazon_ses",
            "mail",
            sns_message(
                {
                    "notificationType": "Received",
                    "receipt": {"action": {"type": "SNS"}},
                    "mail": {"source": ADA},
                    "content": MAIL.decode(),
                }
            ),
            wrote(""),
        ),
    )
    unknown = (sns_message({"eventType": "NewKind", "mail": {}}), sns_message("a text"))

    @pytest.fixture(autouse=True)
    def certificates_of_amazon(self, monkeypatch):
        sns._key.cache_clear()
        monkeypatch.setattr(sns, "fetch", lambda url, headers: _certificate(SNS_KEY))
        yield
        sns._key.cache_clear()

    def sign(self, request, way, at=None):
        key = SNS_KEY if way.credentials == self.way.credentials else SNS_OTHER
        try:
            message = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            return request
        if isinstance(message, dict) and "Timestamp" in message:
            message["Timestamp"] = (at or datetime.now(UTC)).isoformat()
        names = sns.TOLD if message.get("Type") == "Notification" else sns.ASKED
        content = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
        message["Signature"] = base64.b64encode(
            key.sign(content.encode(), padding.PKCS1v15(), hashes.SHA256())
        ).decode()
        return replace(request, body=orjson.dumps(message))

    def test_a_forged_request_is_refused(self, sample):
        """The signature is inside the body, and covers its fields rather than its bytes."""
        verify = amazon_ses.AmazonSesReceiver().verify
        signed = self.sign(sample.request, self.way)
        others = replace(self.way, credentials={"access_key_id": "x"})
        altered = orjson.loads(signed.body) | {"Message": "{}"}
        elsewhere = orjson.loads(signed.body) | {
            "SigningCertURL": "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem"
        }
        foreign = sns_message({}, TopicArn="arn:aws:sns:eu-west-1:999:evil")

        for request in (
            sample.request,
            self.sign(sample.request, others),
            json_request(altered),
            json_request(elsewhere),
            self.sign(foreign, self.way),
        ):
            with pytest.raises(NotAllowed):
                verify(request, self.way)

    @pytest.mark.parametrize(
        "age", [timedelta(hours=1, minutes=6), timedelta(hours=-2), timedelta(days=5000)]
    )
    def test_a_replay_older_than_amazon_tries_is_refused(self, age):
        signed = self.sign(self.samples[0].request, self.way, datetime.now(UTC) - age)

        with pytest.raises(NotAllowed):
            amazon_ses.AmazonSesReceiver().verify(signed, self.way)

    def test_the_last_try_of_amazons_is_taken(self):
        signed = self.sign(self.samples[0].request, self.way, datetime.now(UTC) - timedelta(minutes=61))

        amazon_ses.AmazonSesReceiver().verify(signed, self.way)

    @pytest.mark.parametrize("inside", ["[]", "7", "null", [], ""])
    def test_a_notification_about_nothing_is_kept(self, inside):
        (kept,) = amazon_ses.AmazonSesReceiver().read(
            json_request({"Type": "Notification", "Message": inside})
        )

        assert type(kept) is Unknown

    def test_a_topic_that_asks_is_answered_once_its_signature_fits(self, monkeypatch):
        url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:1:m&Token=2336"
        asked = sns_message(
            "", Type="SubscriptionConfirmation", SubscribeURL=url, Token="2336", Message="You have chosen"
        )
        fetched = []
        receiver = amazon_ses.AmazonSesReceiver()
        with pytest.raises(NotAllowed):
            receiver.handshake(asked, self.way)
        signed = self.sign(asked, self.way)
        amazon_ses.AmazonSesReceiver().verify(signed, self.way)
        monkeypatch.setattr(sns, "fetch", lambda address, headers: fetched.append(address) or b"")

        answer = receiver.handshake(signed, self.way)

        assert isinstance(answer, Reply) and answer.status == 200
        assert fetched == [url]

    def test_the_mail_goes_out_whole_under_a_signature(self, monkeypatch):
        with self.far_end(self.accepted) as far:
            self.aim(monkeypatch, far.url)
            message = self.outgoing(Channel.EMAIL, self.way)

            self.send(message)

        (request,) = far.requests
        raw = base64.b64decode(far.got[0]["Content"]["Raw"]["Data"])
        assert b"List-Unsubscribe: <mailto:" in raw and f"<stopline.{message.id}@".encode() in raw
        assert request.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDTRIED0000/")
        assert "wJalrTried" not in str(request.headers)


@pytest.mark.parametrize("region", ["", "eu", "evil.example/", "eu-west-1.evil.example"])
def test_a_region_that_is_none_becomes_no_host(region):
    sender, way = amazon_ses.AmazonSesSender(), replace(TestAmazonSes().way, settings={"region": region})

    with pytest.raises(Misconfigured):
        sender._where(way)


def test_the_signature_is_the_one_amazon_documents():
    """docs.aws.amazon.com/IAM, the example of a signed ListUsers request, and get-vanilla of the test suite."""
    headers = aws_signature.sign(
        "GET",
        "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
        {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        b"",
        key_id="AKIDEXAMPLE",
        secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        region="us-east-1",
        service="iam",
        now=datetime(2015, 8, 30, 12, 36, tzinfo=UTC),
    )

    assert headers["Authorization"].endswith(
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )


def test_a_path_is_encoded_once_more_for_its_signature():
    """docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html: all services but S3."""
    headers = aws_signature.sign(
        "DELETE",
        "https://email.eu-west-1.amazonaws.com/v2/email/suppression/addresses/a%2Bb%40c.de",
        {},
        b"",
        key_id="AKIDEXAMPLE",
        secret="wJalrTried",
        region="eu-west-1",
        service="ses",
        now=datetime(2026, 5, 3, 14, 2, tzinfo=UTC),
    )

    canonical = "\n".join(
        (
            "DELETE",
            "/v2/email/suppression/addresses/a%252Bb%2540c.de",
            "",
            "host:email.eu-west-1.amazonaws.com",
            "x-amz-date:20260503T140200Z",
            "",
            "host;x-amz-date",
            hashlib.sha256(b"").hexdigest(),
        )
    )
    key = b"AWS4wJalrTried"
    for part in ("20260503", "eu-west-1", "ses", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    scope, hashed = "20260503/eu-west-1/ses/aws4_request", hashlib.sha256(canonical.encode()).hexdigest()
    wanted = f"AWS4-HMAC-SHA256\n20260503T140200Z\n{scope}\n{hashed}"
    assert headers["Authorization"].endswith(hmac.new(key, wanted.encode(), "sha256").hexdigest())
