"""The services' own lists of whom they refuse: read whole, added to and taken from, as each one documents it."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from aiohttp import web

from stopline.providers.base import Listed, Way
from stopline.providers.email import SERVICES
from stopline.providers.email.suppressions import brevo, mailgun, mailjet, resend, sendgrid, sparkpost
from stopline.providers.email.suppressions.suppressions import when
from stopline.providers.errors import MessageRefused, Misconfigured, TryLater
from stopline.rules.words import Channel
from tests import loopback

ADA, BEN, EVE = "ada+x@example.com", "ben@example.com", "eve@example.com"
AT = datetime(2026, 5, 3, 14, 2, tzinfo=UTC)
QUOTED = "ada%2Bx%40example.com"
KEY = {"api_key": "key-7f3a9c0e", "secret_key": "secret-51d0"}
SES = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "secret-51d0"}
Page = Callable[[str, dict[str, str]], Any]


@dataclass(frozen=True)
class Case:
    """A service's pages of three people, and what must be asked of it to add and to remove Ada."""

    pages: Page  # (path, query) to the JSON of a page
    added: list[tuple[str, str, Any]]
    removed: list[tuple[str, str, Any]]
    settings: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=lambda: KEY)
    page: tuple[Any, str, int] | None = None  # module, name and number: makes its pages small
    answers: dict[str, Any] = field(default_factory=dict)  # to what changes the list, by path


def offsets(name: str, limit: str, offset: str, rows: list[Any], inside: str = "") -> Page:
    """Pages by number; every other list of the service is empty."""

    def page(path: str, query: dict[str, str]) -> Any:
        start = int(query[offset])
        found = rows[start : start + int(query[limit])] if path.endswith(name) else []
        return {inside: found} if inside else found

    return page


def ses_pages(path, query):
    people = [(ADA, AT), (BEN, AT), (EVE, AT)]
    start = int(query.get("NextToken") or 0)
    rows = [
        {"EmailAddress": address, "LastUpdateTime": at.timestamp(), "Reason": "BOUNCE"}
        for address, at in people[start : start + 2]
    ]
    return {"SuppressedDestinationSummaries": rows, **({"NextToken": "2"} if not start else {})}


def mailgun_pages(path, query):
    if not path.endswith("unsubscribes"):
        return {"items": []}
    people = [ADA, BEN, EVE]
    start = people.index(query["address"]) + 1 if query.get("page") == "next" else 0
    stamp = "Sun, 03 May 2026 14:02:00 UTC"
    rows = [{"address": each, "tags": ["*"], "created_at": stamp} for each in people[start : start + 2]]
    return {"items": rows, "paging": {"next": "https://elsewhere.example/steals/the/key"}}


def resend_pages(path, query):
    people = [ADA, BEN, EVE]
    start = int(query.get("after") or 0)
    rows = [
        {
            "object": "suppression",
            "id": str(number + 1),
            "email": people[number],
            "origin": "manual",
            "source_id": None,
            "created_at": "2026-05-03T14:02:00.000Z",
        }
        for number in range(start, min(start + 2, 3))
    ]
    return {"object": "list", "has_more": start == 0, "data": rows}


def sparkpost_pages(path, query):
    people = {"initial": [ADA, BEN], "two": [EVE]}[query["cursor"]]
    rows = [
        {
            "recipient": each,
            "type": "non_transactional",
            "source": "List Unsubscribe",
            "created": "2017-10-01T12:00:00+00:00",
            "updated": "2026-05-03T14:02:00+00:00",
        }
        for each in people
    ]
    after = [{"href": "https://elsewhere.example/?cursor=two&per_page=2", "rel": "next"}]
    return {"results": rows, "links": after if query["cursor"] == "initial" else [], "total_count": 3}


def dump(path, query):
    rows = [
        {
            "EmailAddress": each,
            "SuppressionReason": "ManualSuppression",
            "Origin": "Recipient",
            "CreatedAt": "2026-05-03T10:02:00-04:00",
        }
        for each in (ADA, BEN, EVE)
    ]
    return {"Suppressions": rows}


BREVO = [
    {
        "email": each,
        "senderEmail": sender,
        "blockedAt": "2026-05-03T14:02:00.000Z",
        "reason": {"code": "hardBounce"},
    }
    for each, sender in (
        (ADA, "Hello@Larkspur.example"),
        (BEN, ""),
        (EVE, None),
        ("x@example.com", "other@y.example"),
    )
]
MAILJET = [
    {
        "Email": each,
        "IsExcludedFromCampaigns": True,
        "ExclusionFromCampaignsUpdatedAt": "2026-05-03T14:02:00Z",
    }
    for each in (ADA, BEN, EVE)
]
SENDGRID = [{"email": each, "created": int(AT.timestamp())} for each in (ADA, BEN, EVE)]
ONE = {"Suppressions": [{"EmailAddress": ADA}]}
CASES = {
    "amazon_ses": Case(
        ses_pages,
        [("PUT", "/v2/email/suppression/addresses", {"EmailAddress": ADA, "Reason": "COMPLAINT"})],
        [("DELETE", f"/v2/email/suppression/addresses/{QUOTED}", None)],
        settings={"region": "eu-west-1"},
        credentials=SES,
    ),
    "brevo": Case(
        offsets("blockedContacts", "limit", "offset", BREVO, "contacts"),
        [
            (
                "POST",
                "/contacts",
                {"email": ADA, "updateEnabled": True, "smtpBlacklistSender": ["hello@larkspur.example"]},
            )
        ],
        [("DELETE", f"/smtp/blockedContacts/{QUOTED}", None)],
        page=(brevo, "MOST", 2),
    ),
    "mailgun": Case(
        mailgun_pages,
        [("POST", "/larkspur.example/unsubscribes", [{"address": ADA, "tags": ["*"]}])],
        [
            ("DELETE", f"/larkspur.example/{name}/{QUOTED}", None)
            for name in ("unsubscribes", "complaints", "bounces")
        ],
        page=(mailgun, "MOST", 2),
    ),
    "mailjet": Case(
        offsets("contact", "Limit", "Offset", MAILJET, "Data"),
        [("PUT", f"/contact/{QUOTED}", {"IsExcludedFromCampaigns": True})],
        [("PUT", f"/contact/{QUOTED}", {"IsExcludedFromCampaigns": False})],
        page=(mailjet, "MOST", 2),
    ),
    "postmark": Case(
        dump,
        [("POST", "/message-streams/broadcast/suppressions", ONE)],
        [("POST", "/message-streams/broadcast/suppressions/delete", ONE)],
        settings={"message_stream": "broadcast"},
        answers={
            "/message-streams/broadcast/suppressions": {
                "Suppressions": [{"EmailAddress": ADA, "Status": "Suppressed", "Message": None}]
            },
            "/message-streams/broadcast/suppressions/delete": {
                "Suppressions": [{"EmailAddress": ADA, "Status": "Deleted", "Message": None}]
            },
        },
    ),
    "resend": Case(
        resend_pages,
        [("POST", "/suppressions", {"email": ADA})],
        [("DELETE", f"/suppressions/{QUOTED}", None)],
        page=(resend, "MOST", 2),
    ),
    "sendgrid": Case(
        offsets("unsubscribes", "limit", "offset", SENDGRID),
        [("POST", "/asm/suppressions/global", {"recipient_emails": [ADA]})],
        [
            ("DELETE", f"/{name}/{QUOTED}", None)
            for name in (
                "asm/suppressions/global",
                "suppression/bounces",
                "suppression/spam_reports",
                "suppression/invalid_emails",
            )
        ],
        page=(sendgrid, "MOST", 2),
    ),
    "sparkpost": Case(
        sparkpost_pages,
        [
            ("PUT", f"/suppression-list/{QUOTED}", {"type": kind, "description": "Unsubscribed"})
            for kind in ("transactional", "non_transactional")
        ],
        [
            ("DELETE", f"/suppression-list/{QUOTED}", {"type": kind})
            for kind in ("transactional", "non_transactional")
        ],
        page=(sparkpost, "MOST", 2),
    ),
}
every_service = pytest.mark.parametrize("provider", sorted(CASES))


class Tried:
    """A service's list against a server on loopback."""

    def __init__(self, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.case = CASES[provider]
        self.make = SERVICES[provider].agreement
        self.monkeypatch = monkeypatch
        monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")
        self.way = Way(
            uuid.uuid4(), provider, "hello@larkspur.example", self.case.settings, "t", self.case.credentials
        )
        if self.case.page:
            monkeypatch.setattr(*self.case.page)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        place = urlsplit(str(request.rel_url))
        if request.method == "GET":
            query = {name: values[0] for name, values in parse_qs(place.query).items()}
            return web.json_response(self.case.pages(request.path, query))
        return web.json_response(self.case.answers.get(request.path, {}))

    def run(self, act: Callable[[Any], Any], answer: loopback.Answer | None = None) -> Any:
        """What came of `act(agreement)`, and the requests it made."""

        async def work() -> Any:
            agreement = self.make()
            try:
                return await act(agreement)
            finally:
                await agreement.close()

        with loopback.provider(answer or self.answer) as far:
            self.monkeypatch.setattr(self.make, "api_url", f"{far.url}/")
            return asyncio.run(work()), far.requests

    def changes(self, act: Callable[[Any], Any], answer: loopback.Answer | None = None) -> list[Any]:
        _, requests = self.run(act, answer)
        return [(each.method, each.path, orjson.loads(each.body) if each.body else None) for each in requests]


@pytest.fixture
def tried(provider, monkeypatch):
    return Tried(provider, monkeypatch)


async def listed(agreement, way):
    return [each async for each in agreement.listed(way)]


def test_every_service_has_one():
    assert set(CASES) == set(SERVICES)
    for provider in SERVICES.values():
        assert provider.agreement is not None
        assert provider.agreement.lists and provider.agreement.adds and provider.agreement.removes


@every_service
def test_the_whole_list_is_read_with_when_people_opted_out(tried):
    found, requests = tried.run(lambda agreement: listed(agreement, tried.way))

    assert found == [Listed(Channel.EMAIL, each, AT) for each in (ADA, BEN, EVE)]
    assert all(each.method == "GET" for each in requests)


@every_service
@pytest.mark.parametrize(("verb", "asked"), [("add", "added"), ("remove", "removed")])
def test_a_change_is_asked_for_as_the_service_documents_it(tried, verb, asked):
    told = tried.changes(lambda agreement: getattr(agreement, verb)(tried.way, Channel.EMAIL, ADA))

    assert told == getattr(tried.case, asked)


@every_service
def test_every_request_is_signed_in(tried):
    async def act(agreement):
        await listed(agreement, tried.way)
        await agreement.add(tried.way, Channel.EMAIL, ADA)
        await agreement.remove(tried.way, Channel.EMAIL, ADA)

    _, requests = tried.run(act)

    told = [" ".join([*each.headers.values(), *_basic(each.headers)]) for each in requests]
    secret = "Credential=AKIDEXAMPLE/" if tried.case.credentials is SES else "key-7f3a9c0e"
    assert told and all(secret in each for each in told)
    assert not any("secret-51d0" in each.path for each in requests)


def _basic(headers):
    kind, _, rest = headers.get("Authorization", "").partition(" ")
    return [base64.b64decode(rest).decode()] if kind == "Basic" else []


@every_service
def test_who_is_not_on_the_list_any_more_is_taken_off_all_the_same(tried, provider):
    if provider == "postmark":  # says so in a 200, as of anybody
        answer = loopback.answers(200, {"Suppressions": [{"EmailAddress": ADA, "Status": "Deleted"}]})
    else:
        answer = loopback.answers(404, {})

    tried.run(lambda agreement: agreement.remove(tried.way, Channel.EMAIL, ADA), answer)


@every_service
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, Misconfigured),
        (403, Misconfigured),
        (307, Misconfigured),
        (400, MessageRefused),
        (422, MessageRefused),
        (429, TryLater),
        (500, TryLater),
        (503, TryLater),
    ],
)
def test_a_refusal_of_a_change_is_named_by_what_to_do_next(tried, status, error):
    headers = {"Retry-After": "7", "Location": "http://127.0.0.1:9/"}

    with pytest.raises(error) as caught:
        tried.run(
            lambda agreement: agreement.add(tried.way, Channel.EMAIL, ADA),
            loopback.answers(status, {}, headers),
        )

    assert str(caught.value) and "key-7f3a9c0e" not in str(caught.value)
    if status == 429:
        assert caught.value.after_seconds == 7


@every_service
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (loopback.says(200, b"<html>"), TryLater),
        (loopback.says(200, b"7"), TryLater),
        (loopback.says(200, b'{"items": [7], "data": 7, "Suppressions": 7}'), TryLater),
        (loopback.hangs_up, TryLater),
        (loopback.stops_half_way, TryLater),
        (loopback.answers(429), TryLater),
        (loopback.answers(403), Misconfigured),
        (loopback.answers(404), Misconfigured),
    ],
    ids=["a page", "a number", "another shape", "hangs up", "half", "too many", "no right", "no such list"],
)
def test_a_list_that_cannot_be_read_ends_the_comparison_by_name(tried, answer, error):
    with pytest.raises(error):
        tried.run(lambda agreement: listed(agreement, tried.way), answer)


@every_service
def test_it_reaches_public_addresses_only(tried, monkeypatch):
    monkeypatch.delenv("STOPLINE_PRIVATE_NETWORKS")

    with pytest.raises(Misconfigured, match="not a public address"):
        tried.run(lambda agreement: listed(agreement, tried.way))


# What is one service's own


def test_brevo_keeps_what_other_senders_hold(monkeypatch):
    tried = Tried("brevo", monkeypatch)

    async def act(agreement):
        await listed(agreement, tried.way)
        await agreement.add(tried.way, Channel.EMAIL, "x@example.com")
        with pytest.raises(MessageRefused, match="another sender"):
            await agreement.remove(tried.way, Channel.EMAIL, "x@example.com")

    told = [each for each in tried.changes(act) if each[0] != "GET"]

    assert [each[2]["smtpBlacklistSender"] for each in told] == [
        ["hello@larkspur.example", "other@y.example"]
    ]


def test_mailjet_makes_a_contact_it_did_not_have(monkeypatch):
    tried = Tried("mailjet", monkeypatch)

    async def answer(request):
        return web.json_response({}, status=404 if request.method == "PUT" else 201)

    told = tried.changes(lambda agreement: agreement.add(tried.way, Channel.EMAIL, ADA), answer)

    assert told[-1] == ("POST", "/contact", {"Email": ADA, "IsExcludedFromCampaigns": True})


@pytest.mark.parametrize("what", ["add", "remove"])
def test_postmark_says_no_in_a_200(what, monkeypatch):
    tried = Tried("postmark", monkeypatch)
    why = "You do not have the required authority to change this suppression."
    answer = loopback.answers(
        200, {"Suppressions": [{"EmailAddress": ADA, "Status": "Failed", "Message": why}]}
    )

    with pytest.raises(MessageRefused, match="required authority"):
        tried.run(lambda agreement: getattr(agreement, what)(tried.way, Channel.EMAIL, ADA), answer)


def test_what_sparkpost_keeps_itself_is_the_addresss_own_matter(monkeypatch):
    tried = Tried("sparkpost", monkeypatch)

    with pytest.raises(MessageRefused, match="keeps this address"):
        tried.run(lambda agreement: agreement.remove(tried.way, Channel.EMAIL, ADA), loopback.answers(403))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (AT.timestamp(), AT),
        ("2026-05-03T16:02:00+02:00", AT),
        ("2026-05-03T14:02:00", AT),
        ("2026-05-03 14:02:00.000+00", AT),
        ("Sun, 03 May 2026 14:02:00 GMT", AT),
        (None, None),
        ("", None),
        ("soon", None),
        (1e300, None),
        ({}, None),
    ],
)
def test_a_time_is_read_in_every_notation(told, expected):
    assert when(told) == expected
