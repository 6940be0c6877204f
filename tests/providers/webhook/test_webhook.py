"""Bring your own: the contract of every adapter, and what docs/webhook-provider.md promises."""

import asyncio
import base64
import time
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest
from standardwebhooks import Webhook

from stopline.providers import standard_webhooks
from stopline.providers.base import (
    InboundMedia,
    Media,
    OptOut,
    Progress,
    Received,
    Request,
    Template,
    Unknown,
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
from stopline.providers.webhook import receiver
from stopline.rules.errors import InvalidInput, NotAllowed, NotFound
from stopline.rules.words import Channel, MessageState, Source
from tests import loopback
from tests.providers.contract import Answered, Contract, Sample, json_request, permit

SECRET = "whsec_" + base64.b64encode(b"twenty-six-bytes-of-secret").decode().rstrip("=")
OLD_SECRET = "whsec_" + base64.b64encode(b"another-26-bytes-of-secret").decode().rstrip("=")

HELLO = {
    "type": "message.received",
    "id": "mo-1",
    "channel": "sms",
    "from": "+14155550123",
    "to": "+14155550100",
    "text": "Is it ready?",
}
STATE = {"type": "message.state", "id": "dr-1", "message": "gw-1", "state": "delivered"}
OPT_OUT = {"type": "opt_out", "id": "oo-1", "channel": "sms", "address": "+14155550123"}
OPT_IN = {**OPT_OUT, "type": "opt_in", "id": "oi-1", "at": "2026-11-23T09:30:00Z"}
CLICK = {"type": "link.clicked", "id": "x-1"}


def read(body):
    return PROVIDERS["webhook"].receiver().read(json_request(body))


class TestWebhook(Contract):
    provider = "webhook"
    credentials = {"signing_secret": SECRET, "previous_secret": OLD_SECRET}
    accepted = Answered("accepted", 202, {"id": "gw-1"})
    provider_id = "gw-1"
    failures = (
        Answered(
            "opted out", 422, {"code": "opted_out", "detail": "STOP at carrier"}, OptedOutAtProvider, "STOP"
        ),
        Answered("dead", 410, {"code": "address_dead"}, AddressDead, "does not exist"),
        Answered(
            "dead by 404", 404, {"code": "address_dead", "detail": "No such phone"}, AddressDead, "No such"
        ),
        Answered("refused", 422, {"code": "refused", "detail": "Too long"}, MessageRefused, "Too long"),
        Answered(
            "misconfigured", 400, {"code": "misconfigured", "detail": "Pay first"}, Misconfigured, "Pay first"
        ),
        Answered("signature", 403, {}, Misconfigured, "signing secret"),
        Answered("not there", 404, {}, Misconfigured, "404"),
        Answered("gone", 410, b"", Misconfigured, "410"),
        Answered("moved", 301, b"", Misconfigured, "redirect", headers={"Location": "/x"}),
        Answered("a code of its own", 400, {"code": "odd", "detail": "Odd"}, MessageRefused, "Odd"),
        Answered("too many", 429, {}, TryLater, headers={"Retry-After": "9"}, after_seconds=9),
        Answered("away", 503, {}, TryLater, headers={"Retry-After": "2"}, after_seconds=2),
        Answered("too slow", 408, {}, OutcomeUnknown),
        Answered("broken", 500, {"code": "refused"}, OutcomeUnknown),
    )
    samples = (
        Sample(
            "message",
            json_request(HELLO),
            (Received("mo-1", Channel.SMS, "+14155550123", "Is it ready?", {}),),
        ),
        Sample(
            "message with everything",
            json_request(
                {
                    **HELLO,
                    "id": "mo-2",
                    "channel": "mms",
                    "name": "Ada",
                    "reply_to": "gw-1",
                    "automatic": True,
                    "media": [
                        {"url": "https://gw.example/1", "content_type": "image/png", "name": "bike.png"}
                    ],
                }
            ),
            (
                Received(
                    "mo-2",
                    Channel.MMS,
                    "+14155550123",
                    "Is it ready?",
                    {},
                    automatic=True,
                    name="Ada",
                    reply_to="gw-1",
                    media=(InboundMedia("image/png", "bike.png", "https://gw.example/1"),),
                ),
            ),
        ),
        Sample(
            "stop",
            json_request({**HELLO, "text": "STOP"}),
            (Received("mo-1", Channel.SMS, "+14155550123", "STOP", {}),),
        ),
        Sample(
            "opt-out",
            json_request({**OPT_OUT, "source": "complaint", "reason": "Spam", "message": "gw-1"}),
            (OptOut("oo-1", Channel.SMS, "+14155550123", Source.COMPLAINT, "Spam", {}, provider_id="gw-1"),),
        ),
        Sample(
            "batch",
            json_request(
                {
                    "events": [
                        STATE,
                        {**STATE, "id": "dr-2", "state": "failed", "reason": "Off"},
                        OPT_OUT,
                        CLICK,
                    ]
                }
            ),
            (
                Progress("dr-1", "gw-1", MessageState.DELIVERED, {}),
                Progress("dr-2", "gw-1", MessageState.FAILED, {}, "Off"),
                OptOut("oo-1", Channel.SMS, "+14155550123", Source.PROVIDER, "Opted out at the gateway.", {}),
                Unknown("x-1", {}),
            ),
        ),
    )
    unknown = (
        json_request(CLICK),
        json_request({"nothing": "of ours"}),
        json_request({**STATE, "state": "pondered"}),
    )
    url = "https://gateway.example.com/messages"

    @property
    def settings(self):
        return {"url": self.url}

    def aim(self, monkeypatch, url):
        self.url = f"{url}/messages"

    def sign(self, request, way):
        """As the reference library signs; it can't sign what is no text."""
        if not request.body.isascii():
            own = standard_webhooks.sign([way.credentials["signing_secret"]], "msg-1", request.body)
            return replace(request, headers={**request.headers, **own})
        now = datetime.now(UTC)
        signature = Webhook(way.credentials["signing_secret"]).sign("msg-1", now, request.body.decode())
        stamps = {"webhook-id": "msg-1", "webhook-timestamp": str(int(now.timestamp()))}
        return replace(request, headers={**request.headers, **stamps, "webhook-signature": signature})

    # Out

    def test_the_reference_library_accepts_what_leaves_under_both_secrets(self, monkeypatch):
        with self.far_end(self.accepted) as far:
            self.aim(monkeypatch, far.url)
            message = self.outgoing(Channel.SMS, self.way)

            self.send(message)

            got = far.requests[0]
            told = Webhook(SECRET).verify(got.body, dict(got.headers))
            assert Webhook(OLD_SECRET).verify(got.body, dict(got.headers)) == told
            assert {name.lower(): value for name, value in got.headers.items()}["webhook-id"] == str(
                message.id
            )
            assert told.pop("timestamp")
            assert told == {
                "type": "message.send",
                "id": str(message.id),
                "channel": "sms",
                "from": "+14155550100",
                "to": "+14155550123",
                "text": "Your bike is ready.",
            }

    def test_everything_a_message_holds_goes_along(self, monkeypatch):
        with self.far_end(self.accepted) as far:
            self.aim(monkeypatch, far.url)
            message = replace(
                self.outgoing(Channel.EMAIL, self.way),
                html="<p>Ready",
                headers={"List-Unsubscribe": "<https://s.example/u>"},
                media=(Media("https://s.example/1", "image/png", "bike.png", b"png"),),
                template=Template("ready", "en", {"1": "Ada"}),
            )

            self.send(message)

            told = far.got[0]
            assert told["subject"] == "Your bike" and told["html"] == "<p>Ready"
            assert told["headers"] == {"List-Unsubscribe": "<https://s.example/u>"}
            assert told["media"] == [
                {"url": "https://s.example/1", "content_type": "image/png", "name": "bike.png"}
            ]
            assert told["template"] == {"name": "ready", "language": "en", "variables": {"1": "Ada"}}

    def test_a_file_that_cannot_be_fetched_is_refused_before_anything_leaves(self, monkeypatch):
        with self.far_end(self.accepted) as far:
            self.aim(monkeypatch, far.url)
            message = replace(
                self.outgoing(Channel.MMS, self.way), media=(Media("", "image/png", "bike.png"),)
            )

            assert type(self.refused(message)) is MessageRefused
            assert not far.requests

    @pytest.mark.parametrize(
        ("answered", "named"),
        [
            (Answered("", 204, b""), None),
            (Answered("", 409, b""), None),
            (Answered("", 409, {"id": "gw-7"}), "gw-7"),
        ],
        ids=["204", "409", "409 with its id"],
    )
    def test_taken_without_an_id_is_known_by_ours(self, answered, named, monkeypatch):
        with self.far_end(answered) as far:
            self.aim(monkeypatch, far.url)
            message = self.outgoing(Channel.SMS, self.way)

            assert self.send(message, permit(message)).provider_id == (named or str(message.id))

    @pytest.mark.parametrize(
        "secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_***", "plain words", "whsec_é"]
    )
    def test_a_secret_that_is_none_pauses_the_connection_and_lets_nothing_in(self, secret, monkeypatch):
        self.credentials = {"signing_secret": secret or "x"}
        with self.far_end(self.accepted) as far:
            self.aim(monkeypatch, far.url)

            assert type(self.refused(self.outgoing(Channel.SMS, self.way))) is Misconfigured
            assert not far.requests
        headers = {"webhook-id": "1", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,"}
        with pytest.raises(NotAllowed):
            PROVIDERS["webhook"].receiver().verify(Request(b"{}", headers), self.way)

    # In

    @pytest.mark.parametrize("age", [-301, 301])
    def test_a_replay_is_refused(self, age):
        body = orjson.dumps(HELLO)
        headers = standard_webhooks.sign([SECRET], "msg-1", body, time.time() - age)

        with pytest.raises(NotAllowed):
            PROVIDERS["webhook"].receiver().verify(Request(body, headers), self.way)

    def test_both_secrets_are_accepted_while_one_is_replaced(self):
        body = orjson.dumps(HELLO)
        for secret in (SECRET, OLD_SECRET):
            headers = standard_webhooks.sign([secret], "msg-1", body)
            PROVIDERS["webhook"].receiver().verify(Request(body, headers), self.way)

    def test_a_connection_without_a_secret_accepts_nothing(self):
        body = orjson.dumps(HELLO)
        headers = {**standard_webhooks.sign([SECRET], "msg-1", body)}

        with pytest.raises(NotAllowed):
            PROVIDERS["webhook"].receiver().verify(Request(body, headers), replace(self.way, credentials={}))


FILE = InboundMedia("image/png", "bike.png", "")


def fetch(url):
    way = TestWebhook().way
    return asyncio.run(PROVIDERS["webhook"].receiver().fetch(way, replace(FILE, url=url)))


def test_a_file_is_fetched_from_where_the_gateway_keeps_it(monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")
    with loopback.provider(loopback.says(200, b"png")) as far:
        assert fetch(f"{far.url}/1").content == b"png"


@pytest.mark.parametrize(
    ("answered", "error"),
    [(404, NotFound), (302, NotFound), (429, TryLater), (500, TryLater)],
)
def test_a_file_that_is_not_there_is_an_error_that_says_what_to_do(answered, error, monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")
    with loopback.provider(loopback.says(answered, b"", {"Location": "/2"})) as far, pytest.raises(error):
        fetch(f"{far.url}/1")


def test_a_file_is_not_fetched_from_a_private_address(monkeypatch):
    monkeypatch.delenv("STOPLINE_PRIVATE_NETWORKS", raising=False)
    with loopback.provider(loopback.says(200, b"png")) as far:
        with pytest.raises(NotFound):
            fetch(f"{far.url}/1")
        assert not far.requests


def test_a_file_that_is_too_large_is_not_kept(monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")
    monkeypatch.setattr(receiver, "LARGEST_MEDIA", 1000)
    with loopback.provider(loopback.says(200, b"x" * 1001)) as far, pytest.raises(NotFound):
        fetch(f"{far.url}/1")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({**HELLO, "id": None}, "`id`"),
        ({**HELLO, "id": "x" * 121}, "`id`"),
        ({**HELLO, "from": 1}, "`from`"),
        ({**HELLO, "channel": "pigeon"}, "`channel`"),
        ({**HELLO, "channel": {}}, "`channel`"),
        ({**HELLO, "text": ""}, "`text`"),
        ({**HELLO, "text": "x" * 100_001}, "`text`"),
        ({**HELLO, "media": "a.png"}, "`media`"),
        ({**HELLO, "media": [{"url": "file:///etc/passwd"}]}, "`url`"),
        ({**STATE, "message": ""}, "`message`"),
        ({**OPT_OUT, "source": "admin"}, "`source`"),
        ({**OPT_OUT, "address": None}, "`address`"),
        ({**OPT_IN, "at": "yesterday"}, "`at`"),
        ({**OPT_IN, "at": "2026-11-23T09:30:00"}, "`at`"),
    ],
)
def test_alone_it_is_refused_with_what_is_wrong_and_among_others_it_is_kept(event, words):
    with pytest.raises(InvalidInput) as caught:
        read(event)
    kept, good = read({"events": [event, HELLO]})

    assert words in str(caught.value)
    assert isinstance(kept, Unknown) and words in kept.raw["problem"]
    assert isinstance(good, Received)


def test_a_picture_needs_no_words():
    assert isinstance(read({**HELLO, "text": "", "media": [{"url": "https://gw.example/1"}]})[0], Received)


def test_the_persons_own_opt_in_says_when():
    (event,) = read({**OPT_IN, "source": "complaint"})

    assert not event.stop and event.source is Source.PROVIDER
    assert event.at == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def test_more_events_than_can_be_taken_at_once_are_refused():
    with pytest.raises(InvalidInput):
        read({"events": [HELLO] * 501})
