"""Twilio, held to the contract of every adapter, to its own documented requests and to its OpenAPI description."""

import asyncio
import base64
import hashlib
import json
import re
import uuid
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from stopline.providers.base import (
    InboundMedia,
    Media,
    OptOut,
    Outgoing,
    Progress,
    Received,
    Template,
)
from stopline.providers.errors import (
    AddressDead,
    MessageRefused,
    Misconfigured,
    OptedOutAtProvider,
    OutcomeUnknown,
    TryLater,
)
from stopline.providers.registry import PROVIDERS
from stopline.providers.twilio import account, codes, signature
from stopline.providers.twilio.receiver import TwilioReceiver
from stopline.providers.twilio.sender import form
from stopline.rules.errors import NotAllowed, NotFound
from stopline.rules.keywords import Intent
from stopline.rules.words import Channel, MessageState, Source
from tests import loopback
from tests.providers.contract import Answered, Contract, Sample, form_request, json_request

OPENAPI = json.loads((Path(__file__).parent / "openapi.json").read_text())
CREATED = OPENAPI["messages"]["created"]
ACCOUNT = "AC" + "0a" * 16
SERVICE = "MG" + "0b" * 16
SID = "SM" + "0c" * 16
PERSON, NUMBER = "+14155550123", "+14155550100"

# As in twilio.com/docs/messaging/guides/webhook-request
SMS = {
    "ToCountry": "US",
    "ToState": "CA",
    "SmsMessageSid": SID,
    "NumMedia": "0",
    "ToCity": "",
    "FromZip": "94043",
    "SmsSid": SID,
    "FromState": "CA",
    "SmsStatus": "received",
    "FromCity": "SAN FRANCISCO",
    "Body": "Is my bike ready? ☎",
    "FromCountry": "US",
    "To": NUMBER,
    "ToZip": "",
    "NumSegments": "1",
    "MessageSid": SID,
    "AccountSid": ACCOUNT,
    "From": PERSON,
    "ApiVersion": "2010-04-01",
}
PICTURE = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}/Media/ME{'0d' * 16}"
MMS = {**SMS, "NumMedia": "1", "MediaUrl0": PICTURE, "MediaContentType0": "image/jpeg", "Body": ""}
WHATSAPP = {
    **SMS,
    "From": f"whatsapp:{PERSON}",
    "To": f"whatsapp:{NUMBER}",
    "ProfileName": "Ada",
    "WaId": PERSON[1:],
    "OriginalRepliedMessageSid": "SM" + "0e" * 16,
    "MessageType": "text",
}
RCS = {**SMS, "From": f"rcs:{PERSON}", "To": "rcs:larkspur_agent", "ChannelMetadata": "{}"}
# As in twilio.com/docs/messaging/guides/track-outbound-message-status
STATUS = {
    "SmsSid": SID,
    "SmsStatus": "sent",
    "MessageStatus": "sent",
    "To": PERSON,
    "MessageSid": SID,
    "AccountSid": ACCOUNT,
    "From": NUMBER,
    "ApiVersion": "2010-04-01",
}
READ = {
    **STATUS,
    "SmsStatus": "read",
    "MessageStatus": "read",
    "EventType": "READ",
    "To": f"whatsapp:{PERSON}",
    "From": f"whatsapp:{NUMBER}",
    "ChannelPrefix": "whatsapp",
}


def status(state, **more):
    return form_request({**STATUS, "SmsStatus": state, "MessageStatus": state, **more})


def received(channel=Channel.SMS, text=SMS["Body"], **more):
    return Received(SID, channel, PERSON, text, {}, **more)


def progress(state, found, failure=""):
    return Progress(f"{SID}:{state}", SID, found, {}, failure)


def stopped(channel, code):
    return OptOut(f"{SID}:opt-out", channel, PERSON, Source.PROVIDER, codes.words(code), {}, provider_id=SID)


def refusal(code, status=400, message="It does not fit."):
    """As in twilio.com/docs/usage/twilios-response"""
    url = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": message, "more_info": url, "status": status}


class TestTwilio(Contract):
    provider = "twilio"
    sender = NUMBER
    settings = {
        "account_sid": ACCOUNT,
        "messaging_service_sid": SERVICE,
        "rcs_sender": "larkspur_agent",
        "api_key_sid": "SK" + "0f" * 16,
        "consent_api": True,
    }
    credentials = {"auth_token": "quartz-lantern-token", "api_key_secret": "velvet-harbour-secret"}
    accepted = Answered("accepted", 201, CREATED)
    provider_id = CREATED["sid"]
    failures = (
        Answered("wrong token", 401, refusal(20003, 401), Misconfigured, "credentials"),
        Answered("account gone", 404, refusal(20404, 404), Misconfigured, "Account SID"),
        Answered("forbidden, no code", 403, {}, Misconfigured, "credentials"),
        Answered(
            "too many", 429, refusal(20429, 429), TryLater, headers={"Retry-After": "3"}, after_seconds=3
        ),
        Answered("sends too fast", 400, refusal(14107), TryLater, "by itself"),
        Answered("queue full", 400, refusal(21611), TryLater, after_seconds=60),
        Answered("away", 503, b"", TryLater),
        Answered("broken", 500, refusal(20500, 500), OutcomeUnknown),
        Answered("opted out", 400, refusal(21610), OptedOutAtProvider, "START"),
        Answered("blocked on WhatsApp", 400, refusal(63014), OptedOutAtProvider, "blocked"),
        Answered("no such number", 400, refusal(21211), AddressDead, "does not exist"),
        Answered("no mobile", 400, refusal(21614), AddressDead, "mobile number"),
        Answered("not valid", 400, refusal(21217), AddressDead, "Check it"),
        Answered("country closed", 400, refusal(21408, 403), MessageRefused, "Geo permissions"),
        Answered("sender can't", 400, refusal(21606), Misconfigured, "sender"),
        Answered("no sender in service", 400, refusal(21704), Misconfigured, "Messaging Service"),
        Answered("spam", 400, refusal(30007), MessageRefused, "Change the text"),
        Answered("outside the window", 400, refusal(63016), MessageRefused, "Use a template"),
        Answered("unheard of", 400, refusal(99999), MessageRefused, "It does not fit. (Error 99999.)"),
        Answered("bad code", 400, {"code": "9" * 5000, "message": ["?"]}, MessageRefused, "does not take"),
        Answered(
            "taken and failed",
            201,
            {**CREATED, "status": "failed", "error_code": 21610},
            OptedOutAtProvider,
            "START",
        ),
    )
    samples = (
        Sample("sms", form_request(SMS), (received(),)),
        Sample(
            "mms",
            form_request(MMS),
            (received(Channel.MMS, "", media=(InboundMedia("image/jpeg", url=PICTURE),)),),
        ),
        Sample(
            "whatsapp",
            form_request(WHATSAPP),
            (received(Channel.WHATSAPP, name="Ada", reply_to="SM" + "0e" * 16),),
        ),
        Sample("rcs", form_request(RCS), (received(Channel.RCS),)),
        Sample(
            "stop, as Twilio reads it",
            form_request({**SMS, "Body": "Basta", "OptOutType": "STOP"}),
            (received(text="Basta", intent=Intent.OPT_OUT),),
        ),
        Sample(
            "start",
            form_request({**SMS, "Body": "Yes", "OptOutType": "START"}),
            (received(text="Yes", intent=Intent.OPT_IN),),
        ),
        Sample(
            "help",
            form_request({**SMS, "Body": "??", "OptOutType": "HELP"}),
            (received(text="??", intent=Intent.HELP),),
        ),
        Sample("queued", status("queued"), (progress("queued", MessageState.SENT),)),
        Sample("sent", form_request(STATUS), (progress("sent", MessageState.SENT),)),
        Sample(
            "delivered",
            status("delivered", RawDlrDoneDate="2611230341"),
            (progress("delivered", MessageState.DELIVERED),),
        ),
        Sample("read", form_request(READ), (progress("read", MessageState.READ),)),
        Sample(
            "undelivered",
            status("undelivered", ErrorCode="30003"),
            (progress("undelivered", MessageState.FAILED, codes.words(30003)),),
        ),
        Sample(
            "failed, opted out",
            status("failed", ErrorCode="21610"),
            (progress("failed", MessageState.FAILED, codes.words(21610)), stopped(Channel.SMS, 21610)),
        ),
        Sample(
            "blocked on WhatsApp",
            status("undelivered", ErrorCode="63014", To=f"whatsapp:{PERSON}"),
            (
                progress("undelivered", MessageState.FAILED, codes.words(63014)),
                stopped(Channel.WHATSAPP, 63014),
            ),
        ),
        Sample(
            "failed, no reason",
            status("failed"),
            (progress("failed", MessageState.FAILED, "Twilio could not deliver it and gave no reason."),),
        ),
    )
    unknown = (
        form_request({"CallSid": "CA" + "0a" * 16, "CallStatus": "ringing", "From": PERSON, "To": NUMBER}),
        status("pondering"),
        form_request({**SMS, "From": "messenger:1234567890"}),
        json_request(
            {"specversion": "1.0", "type": "com.twilio.messaging.message.delivered", "data": {"x": [1]}}
        ),
    )

    def aim(self, monkeypatch, url):
        monkeypatch.setattr(account, "API", url)

    def sign(self, request, way):
        token = way.credentials["auth_token"]
        if "urlencoded" in request.headers.get("content-type", ""):
            return _with(request, signature.of(token, way.webhook_url, _pairs(request)))
        query = f"bodySHA256={hashlib.sha256(request.body).hexdigest()}"
        return _with(replace(request, query=query), signature.of(token, f"{way.webhook_url}?{query}"))


def _with(request, signed):
    return replace(request, headers={**request.headers, "x-twilio-signature": signed})


def _pairs(request):
    return parse_qsl(request.body.decode(), keep_blank_values=True)


CASE = TestTwilio()
WAY = CASE.way


def outgoing(channel=Channel.SMS, way=WAY, **more):
    return Outgoing(uuid.uuid4(), channel, PERSON, more.pop("text", "Your bike is ready."), way, **more)


def without(*names):
    return replace(WAY, settings={name: value for name, value in WAY.settings.items() if name not in names})


PHOTO = Media("https://stopline.example/media/1", "image/jpeg", "bike.jpg")
TEMPLATE = Template("Order ready HX" + "0a" * 16, "en", {"body:1": "Ada", "other:2": "bike.jpg"})
SENT = {
    "sms by number and service": outgoing(),
    "sms by number": outgoing(way=without("messaging_service_sid")),
    "sms by service": outgoing(way=replace(WAY, sender="")),
    "mms": outgoing(Channel.MMS, media=(PHOTO, PHOTO)),
    "mms without a file": outgoing(Channel.MMS),
    "whatsapp": outgoing(Channel.WHATSAPP),
    "whatsapp file": outgoing(Channel.WHATSAPP, media=(PHOTO,), text=""),
    "whatsapp template": outgoing(Channel.WHATSAPP, template=TEMPLATE),
    "rcs by sender": outgoing(Channel.RCS),
    "rcs by service": outgoing(Channel.RCS, way=without("rcs_sender")),
}


# Out


@pytest.mark.parametrize("message", SENT.values(), ids=SENT.keys())
def test_every_form_is_one_twilio_describes(message):
    """Against the schema of CreateMessage in Twilio's own OpenAPI description."""
    schema = OPENAPI["messages"]["form"]

    fields = form(message)

    given = {name for name, _ in fields}
    assert set(schema["required"]) <= given <= set(schema["properties"])
    for name, value in fields:
        described = schema["properties"][name]
        assert described["type"] == "array" or [each for each, _ in fields].count(name) == 1
        _fits(described, value)
    assert {"From", "MessagingServiceSid"} & given, "Twilio needs one of them"
    assert {"Body", "MediaUrl", "ContentSid"} & given, "and one of these"


def _fits(described, value):
    if "$ref" in described:
        assert value in OPENAPI["schemas"][described["$ref"].rsplit("/", 1)[1]]["enum"]
        return
    match described["type"]:
        case "boolean":
            assert value in ("true", "false")
        case "array":
            _fits(described["items"], value)
        case "string":
            assert described.get("minLength", 0) <= len(value) <= described.get("maxLength", 1600)
            assert re.search(described.get("pattern", ""), value)
            assert described.get("format") != "uri" or urlsplit(value).scheme in ("http", "https")
        case other:
            raise AssertionError(f"nothing of type {other} is sent")


def test_the_address_called_is_the_one_twilio_describes(monkeypatch):
    with loopback.provider(loopback.answers(201, CREATED)) as far:
        monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")
        monkeypatch.setattr(account, "API", far.url)

        CASE.send(outgoing())

    described = urlsplit(OPENAPI["messages"]["url"])
    assert account.url(WAY, "Messages.json").endswith(described.path.replace("{AccountSid}", ACCOUNT))
    got = far.requests[0]
    assert got.path == described.path.replace("{AccountSid}", ACCOUNT)
    assert got.headers["Content-Type"] == "application/x-www-form-urlencoded"
    user, _, password = (
        base64.b64decode(got.headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
    )
    assert (user, password) == (WAY.settings["api_key_sid"], WAY.credentials["api_key_secret"])
    assert dict(got.form()) == dict(form(outgoing()))


def test_a_template_goes_by_its_content_sid_with_variables_numbered_through():
    fields = dict(form(outgoing(Channel.WHATSAPP, template=TEMPLATE)))

    assert fields["ContentSid"] == "HX" + "0a" * 16
    assert json.loads(fields["ContentVariables"]) == {"1": "Ada", "2": "bike.jpg"}
    assert not {"Body", "MediaUrl"} & set(fields)


def test_the_auth_token_signs_in_where_there_is_no_api_key():
    way = without("api_key_sid")

    told = base64.b64decode(account.sign_in(way)["Authorization"].removeprefix("Basic ")).decode()

    assert told == f"{ACCOUNT}:{WAY.credentials['auth_token']}"


@pytest.mark.parametrize(
    ("channel", "to", "sender"),
    [
        (Channel.SMS, PERSON, NUMBER),
        (Channel.MMS, PERSON, NUMBER),
        (Channel.WHATSAPP, f"whatsapp:{PERSON}", f"whatsapp:{NUMBER}"),
        (Channel.RCS, f"rcs:{PERSON}", "rcs:larkspur_agent"),
    ],
)
def test_a_message_leaves_on_the_channel_it_was_allowed_on_and_no_other(channel, to, sender):
    fields = dict(form(outgoing(channel)))

    assert (fields["To"], fields["From"]) == (to, sender)
    assert fields["StatusCallback"] == WAY.webhook_url


def test_an_address_on_this_machine_is_not_given_to_twilio():
    way = replace(WAY, webhook_url="http://127.0.0.1:8000/inbound/twilio/token")

    assert "StatusCallback" not in dict(form(outgoing(way=way)))


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (outgoing(media=(PHOTO,)), "Choose MMS"),
        (outgoing(Channel.WHATSAPP, media=(PHOTO, PHOTO)), "one by one"),
        (outgoing(Channel.MMS, media=(replace(PHOTO, url=""),)), "Attach it again"),
        (outgoing(text="x" * 1601), "Shorten it"),
        (outgoing(Channel.WHATSAPP, template=Template("order_ready", "en", {})), "Content SID"),
    ],
    ids=["a file by sms", "two files on WhatsApp", "a file without address", "too long", "no content sid"],
)
def test_what_twilio_cannot_send_is_refused_before_it_leaves(message, words):
    with pytest.raises(MessageRefused, match=words):
        form(message)


@pytest.mark.parametrize(
    "way",
    [
        replace(without("messaging_service_sid"), sender=""),
        replace(WAY, settings={**WAY.settings, "account_sid": "AC/../../evil"}),
        replace(without("api_key_sid"), credentials={}),
    ],
    ids=["no sender", "an Account SID that is none", "no token"],
)
def test_an_unfinished_connection_is_paused_and_calls_nobody(way, monkeypatch):
    with loopback.provider(loopback.answers(201, CREATED)) as far:
        monkeypatch.setattr(account, "API", far.url)

        error = CASE.refused(outgoing(way=way))

    assert type(error) is Misconfigured
    assert not far.requests


# In


@pytest.mark.parametrize(
    ("url", "fields", "signed"),
    [
        ("https://mycompany.com/myapp.php?foo=1&bar=2", None, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://MyCompany.com/myapp.php?foo=1&bar=2", None, "g9IN/x4Cft2g517EjYvEvM/W7LU="),
        ("https://MyCompany.com:1234/myapp.php?foo=1&bar=2", None, "PCqOZm8cnu/L6+u5i5fuEd+Iac4="),
        (
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            [
                ("Sid", "CA123"),
                ("SidAccount", "AC123"),
                ("Digits", "5678"),
                ("Digits", "1234"),
                ("Digits", "1234"),
            ],
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
    ],
    ids=["documented", "capitals", "a port", "a field three times"],
)
def test_signatures_are_as_twilio_publishes_them(url, fields, signed):
    """The vectors of Twilio's documentation and of its own SDKs, under the token 12345."""
    call = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    fields = fields or list(call.items())

    assert signature.fits(signed, "12345", url, fields, b"")
    assert not signature.fits(signed, "54321", url, fields, b"")
    assert not signature.fits(signed, "12345", url, [*fields, ("Digits", "9")], b"")


def test_the_signature_of_a_json_body_is_as_twilio_publishes_it():
    body = b'{"property": "value", "boolean": true}'
    digest = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
    url = f"https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256={digest}"

    assert signature.fits("a9nBmqA0ju/hNViExpshrM61xv4=", "12345", url, None, body)
    assert not signature.fits("a9nBmqA0ju/hNViExpshrM61xv4=", "12345", url, None, body + b" ")
    assert not signature.fits(
        signature.of("12345", "https://mycompany.com/"), "12345", "https://mycompany.com/", None, b"{}"
    )


@pytest.mark.parametrize(
    ("ours", "called"),
    [
        ("https://stopline.example/inbound/twilio/t", "https://stopline.example:443/inbound/twilio/t"),
        ("https://stopline.example:443/inbound/twilio/t", "https://stopline.example/inbound/twilio/t"),
        ("https://stopline.example:8443/inbound/twilio/t", "https://stopline.example/inbound/twilio/t"),
    ],
)
def test_the_public_address_is_what_counts_with_or_without_its_port(ours, called):
    """Behind a proxy the request itself says another scheme, host and port; none of them is asked."""
    request = form_request(SMS, host="10.0.0.7:8000", **{"x-forwarded-proto": "http"})
    signed = _with(request, signature.of(WAY.credentials["auth_token"], called, _pairs(request)))

    TwilioReceiver().verify(signed, replace(WAY, webhook_url=ours))
    with pytest.raises(NotAllowed):
        TwilioReceiver().verify(signed, replace(WAY, webhook_url=ours.replace("example", "test")))


def test_a_connection_without_a_token_takes_nothing():
    way = replace(WAY, credentials={})
    signed = _with(form_request(SMS), signature.of("", way.webhook_url, _pairs(form_request(SMS))))

    with pytest.raises(NotAllowed):
        TwilioReceiver().verify(signed, way)


def test_a_file_is_fetched_with_the_accounts_sign_in_and_only_from_twilio(monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")
    with loopback.provider(loopback.says(200, b"\xff\xd8", {"Content-Type": "image/jpeg"})) as far:
        monkeypatch.setattr(account, "API", far.url)
        media = InboundMedia("image/jpeg", url=f"{far.url}/2010-04-01/Accounts/{ACCOUNT}/Messages/x/Media/y")

        found = asyncio.run(TwilioReceiver().fetch(WAY, media))
        with pytest.raises(NotFound):
            asyncio.run(
                TwilioReceiver().fetch(WAY, InboundMedia("image/jpeg", url="https://elsewhere.example/y"))
            )

    assert found.content == b"\xff\xd8"
    assert [request.headers["Authorization"][:6] for request in far.requests] == ["Basic "]


@pytest.mark.parametrize(
    ("status", "error"), [(401, Misconfigured), (404, NotFound), (500, TryLater), (429, TryLater)]
)
def test_a_file_that_cannot_be_had_is_a_named_error(status, error, monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")
    with loopback.provider(loopback.says(status, b"")) as far:
        monkeypatch.setattr(account, "API", far.url)
        media = InboundMedia("image/jpeg", url=f"{far.url}/y")

        with pytest.raises(error):
            asyncio.run(TwilioReceiver().fetch(WAY, media))


def test_every_code_says_what_happened_in_words_for_people():
    for code, meaning in codes.CODES.items():
        assert len(str(meaning.error(meaning.words))) > 20, code
        assert codes.words(code).endswith("."), code


def test_twilio_is_thanked_with_empty_twiml():
    thanks = PROVIDERS["twilio"].thanks

    assert (thanks.status, thanks.content_type) == (200, "text/xml")
    assert thanks.body.endswith(b"<Response/>")
