"""Content templates, as Twilio's OpenAPI description shows them."""

import asyncio

import pytest

from stopline.providers.errors import Misconfigured, TryLater
from stopline.providers.templates import Variable
from stopline.providers.twilio import account
from stopline.providers.twilio.templates import TwilioTemplates, read
from tests import loopback
from tests.providers.twilio.test_twilio import OPENAPI, WAY

ANSWER = OPENAPI["templates"]["answer"]


@pytest.fixture(autouse=True)
def loopback_is_reachable(monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")


def listed(way=WAY):
    async def work():
        templates = TwilioTemplates()
        try:
            return [each async for each in templates.listed(way)]
        finally:
            await templates.close()

    return asyncio.run(work())


def test_templates_are_read_with_their_approval_and_their_variables(monkeypatch):
    with loopback.provider(loopback.answers(200, ANSWER)) as far:
        monkeypatch.setattr(account, "CONTENT", far.url)
        _, media, video = listed()

    assert far.requests[0].path == "/v1/ContentAndApprovals?PageSize=500"
    assert far.requests[0].headers["Authorization"].startswith("Basic ")
    assert media.name == "Media Test HX5fcd48a417c1cb59da349ad6d5da4607"
    assert (media.approved, video.approved) == (True, False)
    assert media.text.startswith("{{1}}, Congratulations {{2}}!")
    assert media.variables == (
        Variable("body:1", "Text 1", "name"),
        Variable("body:2", "Text 2", "typedocument"),
    )
    assert video.variables[2] == Variable("other:3", "Link or file 3", "small.mp4")


def test_a_template_of_a_kind_that_cannot_be_filled_in_says_so():
    carousel = {**ANSWER["contents"][1], "types": {"twilio/carousel": {"body": "Look", "cards": []}}}

    assert "twilio/carousel" in read(carousel).hindrance


@pytest.mark.parametrize("odd", [None, 1, [], {}, {"sid": 1}, {"sid": "HX", "language": "en", "types": {}}])
def test_what_is_no_template_is_left_out(odd):
    assert read(odd) is None


def test_pages_are_followed_only_at_twilio(monkeypatch):
    with loopback.provider() as far:
        monkeypatch.setattr(account, "CONTENT", far.url)
        pages = [f"{far.url}/v1/ContentAndApprovals?Page=1", "https://elsewhere.example/steal"]

        async def answer(request):
            page = pages[len(far.requests) - 1]
            return loopback.web.json_response({**ANSWER, "meta": {"next_page_url": page}})

        far.answer = answer
        found = listed()

    assert len(far.requests) == 2
    assert len(found) == 6


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (loopback.answers(401, {"code": 20003}), Misconfigured),
        (loopback.answers(429, {"code": 20429}), TryLater),
        (loopback.answers(500), TryLater),
        (loopback.says(200, b"<html>"), TryLater),
        (loopback.hangs_up, TryLater),
    ],
)
def test_a_list_that_cannot_be_had_is_a_named_error(answer, error, monkeypatch):
    with loopback.provider(answer) as far:
        monkeypatch.setattr(account, "CONTENT", far.url)

        with pytest.raises(error):
            listed()
