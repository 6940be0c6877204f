"""What Twilio is told of opt-outs: the form its OpenAPI description shows, and what its answers mean."""

import asyncio
import json
from dataclasses import replace

import pytest

from stopline.providers.errors import AddressDead, Misconfigured, TryLater
from stopline.providers.twilio import account
from stopline.providers.twilio.agreement import TwilioAgreement
from stopline.rules.words import Channel
from tests import loopback
from tests.providers.twilio.test_twilio import OPENAPI, PERSON, SERVICE, WAY

CONSENTS = OPENAPI["consents"]
TAKEN = {"items": [CONSENTS["answer"]["items"][0]]}


def tell(monkeypatch, answer, what="add", way=WAY, channel=Channel.SMS):
    """What reached Twilio, with the error it ended in."""
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")

    async def work():
        agreement = TwilioAgreement()
        try:
            await getattr(agreement, what)(way, channel, PERSON)
        except Exception as error:  # it is what the test looks at
            return error
        finally:
            await agreement.close()

    with loopback.provider(answer) as far:
        monkeypatch.setattr(account, "ACCOUNTS", far.url)
        return far.requests, asyncio.run(work())


@pytest.mark.parametrize(("what", "status"), [("add", "opt-out"), ("remove", "opt-in")])
def test_a_consent_is_told_as_twilio_describes_it(what, status, monkeypatch):
    requests, error = tell(monkeypatch, loopback.answers(201, TAKEN), what)

    [(name, item)] = requests[0].form()
    told = json.loads(item)
    assert error is None
    assert (
        requests[0].path == "/v1/Consents/Bulk" == CONSENTS["url"].removeprefix("https://accounts.twilio.com")
    )
    assert [name] == CONSENTS["form"]["required"]
    assert set(told) == set(CONSENTS["example_items"][0])
    assert (told["contact_id"], told["sender_id"], told["status"]) == (PERSON, SERVICE, status)
    assert len(told["correlation_id"]) == 32


def test_whatsapp_is_left_to_whatsapp(monkeypatch):
    requests, error = tell(monkeypatch, loopback.answers(201, TAKEN), channel=Channel.WHATSAPP)

    assert (requests, error) == ([], None)


def refused(code, *messages):
    return {"items": [{"correlation_id": "x", "error_code": code, "error_messages": list(messages)}]}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (201, refused(30646, "INVALID_CONTACT_ID"), AddressDead),
        (201, refused(30646, "INVALID_SENDER_ID"), Misconfigured),
        (201, refused(30646, "INTERNAL_SERVER_ERROR"), TryLater),
        (201, {}, TryLater),
        (401, {"code": 20003}, Misconfigured),
        (429, {"code": 20429}, TryLater),
        (500, {}, TryLater),
    ],
)
def test_a_refusal_is_named_by_what_to_do_next(status, body, expected, monkeypatch):
    _, error = tell(monkeypatch, loopback.answers(status, body))

    assert type(error) is expected


def test_nothing_is_told_before_the_account_has_the_api(monkeypatch):
    way = replace(WAY, settings={**WAY.settings, "consent_api": False})

    requests, error = tell(monkeypatch, loopback.answers(201, TAKEN), way=way)

    assert type(error) is Misconfigured
    assert not requests
