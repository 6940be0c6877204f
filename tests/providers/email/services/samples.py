"""What the tests of the services share: a mail of Ada's, and the events reports become."""

from dataclasses import replace

from stopline.providers.base import Event, OptOut, Progress, Received
from stopline.providers.email.services.reading import mark_of
from stopline.providers.registry import PROVIDERS
from stopline.rules.words import Channel
from tests.providers.contract import Contract, Sample

ADA = "ada@example.com"
MAIL = (
    b"From: Ada <ada@example.com>\r\nTo: hello@larkspur.example\r\nSubject: Bike\r\n"
    b"Message-ID: <1@example.com>\r\n\r\nHello"
)


def ended(raw, source, reason, provider_id="", *, address=ADA) -> Event:
    mark = mark_of(raw)
    return OptOut(f"opt-out:{mark}", Channel.EMAIL, address, source, reason, {}, provider_id=provider_id)


def went(raw, provider_id, state, failure="") -> Event:
    return Progress(f"progress:{mark_of(raw)}", provider_id, state, {}, failure)


def wrote(event_id, **fields) -> Event:
    fields = {"name": "Ada", "subject": "Bike", "mail_id": "<1@example.com>", **fields}
    return Received(event_id, Channel.EMAIL, ADA, "Hello", {}, **fields)


def reads(provider, name, request, *expected):
    """A sample whose mail's id is a hash of what is in it."""
    found = PROVIDERS[provider].receiver().read(request)
    return Sample(
        name,
        request,
        tuple(replace(each, event_id=got.event_id) for each, got in zip(expected, found, strict=True)),
    )


class Service(Contract):
    sender = "hello@larkspur.example"
    credentials = {"api_key": "key-7f3a9c0e"}
    adapter: type

    def aim(self, monkeypatch, url):
        monkeypatch.setattr(self.adapter, "api_url", f"{url}/")
