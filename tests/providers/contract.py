"""The suite every adapter inherits: one shape, bad days survived, no secret told, nothing lost or counted twice.

An adapter's test subclasses `Contract`, names its provider and gives samples; see tests/providers/sandbox.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

import hypothesis
import orjson
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

import stopline.providers
from stopline.apps.consent.models import Entry, Subscription
from stopline.apps.sending import connections, credentials
from stopline.apps.sending.models import Connection, InboundEvent, Message
from stopline.doors.inbound import door
from stopline.providers import base, wire
from stopline.providers.base import (
    Event,
    OptOut,
    Outgoing,
    Permit,
    Progress,
    Receipt,
    Received,
    Request,
    Unknown,
    Way,
)
from stopline.providers.documents import storable
from stopline.providers.errors import (
    Misconfigured,
    OutcomeUnknown,
    PermitLapsed,
    ProviderError,
    TryLater,
)
from stopline.providers.registry import PROVIDERS
from stopline.rules.errors import NotAllowed, NotFound, StoplineError
from stopline.rules.words import CHANNELS, AddressKind, Channel, Standing
from tests import loopback, make

F = TypeVar("F", bound=Callable[..., None])
LONGEST_EVENT_ID, LONGEST_PROVIDER_ID = 160, 120  # as the tables keep them
LEAST_SECRET = 6  # characters; a shorter value would be found in any log by chance
# Answers that no adapter can read. With a 2xx the message may have left, so it must never be sent again by itself.
GARBAGE = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b'"no"',
    b"<html>Bad gateway</html>",
    b"\xff\xfe{",
    b'{"id": {"id": 1}}',
)


@dataclass(frozen=True)
class Sample:
    """A request as the provider sends it, not signed yet, and what must be read from it.

    The `raw` of expected events is not compared (give {}): every event is read again from its raw instead.
    """

    name: str
    request: Request
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Answered:
    """What the provider answers to a hand-off, and the error it must become; `words` must be in what people read."""

    name: str
    status: int
    body: Any = None  # as JSON; bytes as they are
    error: type[ProviderError] = OutcomeUnknown
    words: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    after_seconds: float | None = None


def json_request(body: Any, **headers: str) -> Request:
    return Request(orjson.dumps(body), {"content-type": "application/json", **headers})


def form_request(fields: Mapping[str, str] | list[tuple[str, str]], **headers: str) -> Request:
    pairs = fields if isinstance(fields, list) else list(fields.items())
    kind = "application/x-www-form-urlencoded"
    return Request(urlencode(pairs).encode(), {"content-type": kind, **headers})


def permit(message: Outgoing, *, seconds: float = 30, locked: bool = True) -> Permit:
    now = datetime.now(UTC)
    return Permit(
        message.id,
        uuid.uuid4(),
        message.channel,
        message.address,
        message.way.id,
        now,
        base.clock() + seconds,
        lambda: locked,
    )


def only_where(fits: Callable[[type[Contract]], bool]) -> Callable[[F], F]:
    """The test is part of the contract of those adapters only: for others it isn't there, rather than skipped."""

    def mark(test: F) -> F:
        test.fits = fits  # type: ignore[attr-defined]
        return test

    return mark


class Contract:
    """Set the attributes, override what the provider does its own way; every test below then runs for it."""

    provider: str
    sender = "+14155550100"
    settings: Mapping[str, Any] = {}
    credentials: Mapping[str, str] = {}  # made up, and unlike any other word: they are looked for in logs
    samples: tuple[Sample, ...] = ()
    unknown: tuple[Request, ...] = ()  # well formed, of a kind this version can't read
    accepted = Answered("accepted", 200)
    provider_id = ""  # the id in `accepted`
    failures: tuple[Answered, ...] = ()
    http = True  # hands over with providers.wire
    signs = True  # its webhooks are signed; otherwise the secret is in their address alone
    covers_body = True  # the signature covers the body, not only who calls
    refuses: type[ProviderError] = Misconfigured  # a 401

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not hasattr(cls, "provider"):
            return  # what several adapters' tests have in common
        for name, test in inspect.getmembers(Contract, inspect.isfunction):
            if name.startswith("test_") and name not in cls.__dict__ and not _applies(test, cls):
                setattr(cls, name, None)

    def aim(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        """Make the adapter hand over to `url` instead of its provider."""
        raise NotImplementedError

    def sign(self, request: Request, way: Way) -> Request:
        """The request as the provider would send it to this way."""
        return request

    def outgoing(self, channel: Channel, way: Way) -> Outgoing:
        by_mail = CHANNELS[channel].address_kind is AddressKind.EMAIL
        address = "ada@example.com" if by_mail else "+14155550123"
        return Outgoing(
            uuid.uuid4(), channel, address, "Your bike is ready.", way, "Your bike" if by_mail else ""
        )

    @contextlib.contextmanager
    def far_end(self, answered: Answered | loopback.Answer) -> Iterator[loopback.Provider]:
        """The provider on loopback: something with `url` and `requests`."""
        if isinstance(answered, Answered):
            headers = dict(answered.headers)
            if isinstance(answered.body, bytes):
                answered = loopback.says(answered.status, answered.body, headers)
            else:
                answered = loopback.answers(answered.status, answered.body, headers)
        with loopback.provider(answered) as playing:
            yield playing

    # What the tests below stand on.

    @property
    def way(self) -> Way:
        return Way(
            uuid.UUID(int=1),
            self.provider,
            self.sender,
            dict(self.settings),
            "TokenThatNobodyGuesses",
            dict(self.credentials),
            f"https://stopline.example/inbound/{self.provider}/TokenThatNobodyGuesses",
        )

    @property
    def channels(self) -> tuple[Channel, ...]:
        return PROVIDERS[self.provider].channels

    def secrets(self, way: Way) -> list[str]:
        return [value for value in (*way.credentials.values(), way.token) if len(value) >= LEAST_SECRET]

    def send(self, message: Outgoing, permitted: Permit | None = None) -> Receipt:
        async def work() -> Receipt:
            sender = PROVIDERS[self.provider].sender()
            try:
                return await sender.send(permitted or permit(message), message)
            finally:
                await sender.close()

        return asyncio.run(work())

    def refused(self, message: Outgoing, permitted: Permit | None = None) -> ProviderError:
        with pytest.raises(ProviderError) as caught:
            self.send(message, permitted)
        return caught.value

    @pytest.fixture
    def connection(self, db: None) -> Connection:
        return make.connection(
            make.account(),
            provider=self.provider,
            name="Tried",
            channels=[channel.value for channel in self.channels],
            sender=self.sender,
            settings=dict(self.settings),
            credentials=credentials.encrypt(self.credentials),
        )

    @pytest.fixture(autouse=True)
    def loopback_is_reachable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        tables: dict[str, tuple[Any, ...]] = {
            "sample": self.samples,
            "odd": self.unknown,
            "failure": self.failures,
            "channel": self.channels,
        }
        for name, rows in tables.items():
            if name in metafunc.fixturenames:
                ids = [getattr(row, "name", None) or f"{name}{number}" for number, row in enumerate(rows)]
                metafunc.parametrize(name, rows, ids=ids)

    def take(self, connection: Connection, request: Request) -> Any:
        signed = self.sign(request, connections.way(connection))
        return door.take([connection.provider, connection.token], signed)

    # Shape

    def test_it_has_the_shape_of_every_provider(self):
        provider = PROVIDERS[self.provider]

        sender, receiver = provider.sender(), provider.receiver()

        assert provider.label and provider.channels
        assert isinstance(sender.can_be_asked, bool)
        for method in (sender.send, sender.find, sender.close):
            assert inspect.iscoroutinefunction(method)
        for method in (receiver.verify, receiver.read, receiver.handshake):
            assert callable(method) and not inspect.iscoroutinefunction(method)

    def test_its_form_asks_for_what_it_needs_and_marks_the_secrets(self):
        fields = PROVIDERS[self.provider].fields

        secret = {field.name for field in fields if field.secret}
        plain = {field.name for field in fields if not field.secret}

        assert len(fields) == len(secret) + len(plain), "two fields of one name"
        assert all(field.label for field in fields)
        assert all(field.choices for field in fields if field.kind == "choice")
        assert set(self.credentials) <= secret, "a credential that is no secret field"
        assert set(self.settings) <= plain, "a setting that is no plain field"

    def test_it_says_in_its_readme_what_it_needs(self):
        readme = _folder(self.provider) / "README.md"

        assert readme.exists() or not PROVIDERS[self.provider].offered
        assert not readme.exists() or len(readme.read_text()) > 200

    def test_it_knows_no_database_and_nothing_above_it(self):
        for path in _folder(self.provider).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                above = ("stopline.apps", "stopline.doors", "stopline.project", "django.db", "psycopg")
                assert not [name for name in names if name.startswith(above)], path

    @only_where(lambda adapter: PROVIDERS[adapter.provider].agreement is not None)
    def test_an_agreement_says_what_it_can_do(self):
        agreement = PROVIDERS[self.provider].agreement()

        assert all(isinstance(can, bool) for can in (agreement.lists, agreement.adds, agreement.removes))
        assert agreement.lists or agreement.adds or agreement.removes, "leave `agreement` out instead"
        assert inspect.iscoroutinefunction(agreement.add) and inspect.iscoroutinefunction(agreement.remove)
        assert inspect.iscoroutinefunction(agreement.close) and callable(agreement.listed)

    # Out

    def test_a_message_is_handed_over_once_on_every_channel(self, channel, monkeypatch):
        with self.far_end(self.accepted) as far:
            self.aim(monkeypatch, far.url)

            receipt = self.send(self.outgoing(channel, self.way))

            assert receipt.provider_id == self.provider_id
            assert len(receipt.provider_id) <= LONGEST_PROVIDER_ID
            assert len(far.requests) == 1

    @pytest.mark.parametrize("lapsed", [{"seconds": -1}, {"locked": False}], ids=["too late", "lock lost"])
    def test_nothing_leaves_without_a_good_permit(self, lapsed, monkeypatch):
        with self.far_end(self.accepted) as far:
            self.aim(monkeypatch, far.url)
            message = self.outgoing(self.channels[0], self.way)

            error = self.refused(message, permit(message, **lapsed))

            assert isinstance(error, PermitLapsed)
            assert not far.requests

    def test_answers_are_named_by_what_to_do_next(self, failure, monkeypatch):
        with self.far_end(failure) as far:
            self.aim(monkeypatch, far.url)

            error = self.refused(self.outgoing(self.channels[0], self.way))

        assert type(error) is failure.error
        assert failure.words in str(error)
        assert str(error), "people must be told something"
        if failure.after_seconds is not None:
            assert isinstance(error, TryLater) and error.after_seconds == failure.after_seconds

    @only_where(lambda adapter: adapter.http)
    def test_a_wrong_credential_pauses_the_connection(self, monkeypatch):
        with self.far_end(Answered("401", 401, {})) as far:
            self.aim(monkeypatch, far.url)

            assert type(self.refused(self.outgoing(self.channels[0], self.way))) is self.refuses

    @only_where(lambda adapter: adapter.http)
    def test_too_many_requests_waits_as_long_as_it_is_told(self, monkeypatch):
        with self.far_end(Answered("429", 429, {}, headers={"Retry-After": "7"})) as far:
            self.aim(monkeypatch, far.url)

            error = self.refused(self.outgoing(self.channels[0], self.way))

            assert isinstance(error, TryLater) and error.after_seconds == 7
            assert len(far.requests) == 1

    @only_where(lambda adapter: adapter.http)
    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_a_broken_provider_is_never_asked_twice_at_once(self, status, monkeypatch):
        with self.far_end(Answered("broken", status, b"<html>")) as far:
            self.aim(monkeypatch, far.url)

            error = self.refused(self.outgoing(self.channels[0], self.way))

            assert isinstance(error, TryLater | OutcomeUnknown)
            assert len(far.requests) == 1

    @only_where(lambda adapter: adapter.http)
    @pytest.mark.parametrize(
        "breaks", [loopback.hangs_up, loopback.stops_half_way], ids=["hangs up", "half answer"]
    )
    def test_an_answer_that_is_lost_leaves_the_outcome_unknown(self, breaks, monkeypatch):
        with self.far_end(breaks) as far:
            self.aim(monkeypatch, far.url)

            assert type(self.refused(self.outgoing(self.channels[0], self.way))) is OutcomeUnknown
            assert len(far.requests) == 1

    @only_where(lambda adapter: adapter.http)
    def test_no_answer_in_time_leaves_the_outcome_unknown(self, monkeypatch):
        monkeypatch.setattr(wire, "ANSWER_WITHIN", 0.3)
        with self.far_end(loopback.never_answers) as far:
            self.aim(monkeypatch, far.url)

            assert type(self.refused(self.outgoing(self.channels[0], self.way))) is OutcomeUnknown
            assert len(far.requests) == 1

    @pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
    @only_where(lambda adapter: adapter.http)
    @pytest.mark.parametrize("status", [200, 202, 400, 404, 422])
    def test_an_answer_that_cannot_be_read_is_a_named_error(self, status, body, monkeypatch):
        with self.far_end(Answered("garbage", status, body)) as far:
            self.aim(monkeypatch, far.url)

            error = self.refused(self.outgoing(self.channels[0], self.way))

            assert status >= 300 or type(error) is OutcomeUnknown

    @only_where(lambda adapter: adapter.http)
    def test_a_redirect_is_not_followed(self, monkeypatch):
        with self.far_end(Answered("moved", 307, {}, headers={"Location": "/elsewhere"})) as far:
            self.aim(monkeypatch, far.url)

            self.refused(self.outgoing(self.channels[0], self.way))

            assert len(far.requests) == 1

    def test_a_provider_out_of_reach_is_tried_later(self, monkeypatch):
        with self.far_end(self.accepted) as far:
            gone = far.url
        self.aim(monkeypatch, gone)

        assert type(self.refused(self.outgoing(self.channels[0], self.way))) is TryLater

    # In

    def test_it_reads_what_the_provider_documents(self, sample):
        events = PROVIDERS[self.provider].receiver().read(self.sign(sample.request, self.way))

        assert [replace(event, raw={}) for event in events] == [
            replace(event, raw={}) for event in sample.events
        ]

    def test_it_reads_an_event_again_from_what_was_kept(self, sample):
        receiver = PROVIDERS[self.provider].receiver()
        for event in receiver.read(sample.request):
            if isinstance(event, Received | Progress):
                again = receiver.read(Request(orjson.dumps(event.raw), {}))

                assert replace(event, raw={}) in [replace(each, raw={}) for each in again]

    def test_a_signed_request_is_taken(self, sample):
        PROVIDERS[self.provider].receiver().verify(self.sign(sample.request, self.way), self.way)

    @only_where(lambda adapter: adapter.signs)
    def test_a_forged_request_is_refused(self, sample):
        verify = PROVIDERS[self.provider].receiver().verify
        signed = self.sign(sample.request, self.way)
        others = replace(
            self.way, credentials={name: f"{value}x" for name, value in self.credentials.items()}
        )
        forged = [sample.request, self.sign(sample.request, others)]
        forged += [replace(signed, body=signed.body + b" ")] if self.covers_body else []
        forged += [
            replace(signed, headers={**signed.headers, name: ""}) for name in _added(sample.request, signed)
        ]

        for request in forged:
            with pytest.raises(NotAllowed):
                verify(request, self.way)

    @only_where(lambda adapter: adapter.signs)
    def test_the_door_refuses_what_is_not_signed(self, sample, connection):
        with pytest.raises(NotAllowed):
            door.take([self.provider, connection.token], sample.request)

        assert not any(_footprint(connection))

    def test_the_door_refuses_an_address_that_names_no_connection(self, connection):
        with pytest.raises(NotFound):
            door.take([self.provider, connection.token + "x"], Request(b"{}", {}))

    def test_what_comes_twice_counts_once(self, sample, connection):
        self.take(connection, sample.request)
        once = _footprint(connection)
        self.take(connection, sample.request)

        assert any(once), "nothing came of it"
        assert _footprint(connection) == once

    def test_messages_arrive_and_opt_outs_are_in_force_when_the_door_answers(self, sample, connection):
        self.take(connection, sample.request)

        written = Message.objects.filter(account_id=connection.account_id, kind="inbound")
        texts = [event.text for event in sample.events if isinstance(event, Received)]
        assert sorted(message.text for message in written) == sorted(texts)
        for event in sample.events:
            if isinstance(event, OptOut) and event.stop:
                held = Subscription.objects.get(account_id=connection.account_id, channel=event.channel)
                assert held.standing == Standing.UNSUBSCRIBED

    def test_an_unknown_event_is_kept_and_is_no_error(self, odd, connection):
        events = PROVIDERS[self.provider].receiver().read(odd)

        self.take(connection, odd)
        self.take(connection, odd)

        assert [type(event) for event in events] == [Unknown]
        kept = InboundEvent.objects.get(account_id=connection.account_id)
        assert kept.body == orjson.loads(orjson.dumps(events[0].raw)) and kept.applied_at

    @hypothesis.settings(
        deadline=None,
        max_examples=200,
        suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
    )
    @given(data=st.data())
    def test_hostile_bodies_raise_nothing_but_our_own_errors(self, data):
        request = data.draw(hostile([sample.request for sample in self.samples] + list(self.unknown)))
        receiver = PROVIDERS[self.provider].receiver()
        with contextlib.suppress(StoplineError):
            receiver.handshake(request, self.way)
        with contextlib.suppress(StoplineError):
            receiver.verify(request, self.way)
        with contextlib.suppress(StoplineError):
            events = receiver.read(request)
            assert receiver.read(request) == events, "its ids must be the same when it comes twice"
            for event in events:
                _can_be_kept(event)

    @pytest.mark.parametrize("depth", [100, 300, 600, 1000, 100_000])
    @pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
    def test_a_body_nested_without_end_is_our_own_error_or_an_event(self, opens, closes, depth):
        """Python and orjson each give up at some depth, with an error of their own."""
        body = f'{{"id": "x", "type": "x", "x": {opens * depth}1{closes * depth}}}'.encode()
        receiver = PROVIDERS[self.provider].receiver()

        with contextlib.suppress(StoplineError):
            for event in receiver.read(Request(body, {"content-type": "application/json"})):
                _can_be_kept(event)

    # Secrets

    def test_no_secret_is_told_when_sending(self, monkeypatch, caplog, capfd):
        caplog.set_level(logging.DEBUG)
        told = []
        for answered in (self.accepted, *self.failures):
            with self.far_end(answered) as far:
                self.aim(monkeypatch, far.url)
                message = self.outgoing(self.channels[0], self.way)
                told.append(repr(message))
                try:
                    told.append(repr(self.send(message)))
                except ProviderError as error:
                    told += _said(error)

        out, err = capfd.readouterr()
        assert not _leaks(self.secrets(self.way), [*told, caplog.text, out, err])

    def test_no_secret_is_told_when_receiving(self, connection, caplog, capfd):
        caplog.set_level(logging.DEBUG)
        way = connections.way(connection)
        told = [repr(way)]
        for request in [sample.request for sample in self.samples] + [
            Request(b"\xff", {}),
            Request(b"{}", {}),
        ]:
            for sent in (request, self.sign(request, way)):
                try:
                    told.append(repr(door.take([self.provider, connection.token], sent)))
                except StoplineError as error:
                    told += _said(error)

        out, err = capfd.readouterr()
        assert not _leaks(self.secrets(way), [*told, caplog.text, out, err])


# Hostile requests: noise, and samples of the provider with something wrong in them.

KINDS = st.sampled_from(
    [
        "",
        "application/json",
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-99",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "text/plain",
    ]
)
WORDS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "\x00", "STOP", "-1", "9" * 5000, "1e999", "NaN", "+1", "a" * 5000, "../.."]),
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), WORDS
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=8,
)


@st.composite
def hostile(draw: st.DrawFn, samples: list[Request]) -> Request:
    """A request nobody should send."""
    if not samples or draw(st.integers(0, 3)) == 0:
        body = draw(st.one_of(st.binary(max_size=300), TREES.map(orjson.dumps)))
        return Request(
            body,
            {"content-type": draw(KINDS)},
            draw(st.sampled_from(["POST", "GET"])),
            draw(st.text(max_size=30)),
        )
    sample = draw(st.sampled_from(samples))
    body = _spoiled(draw, sample)
    headers = {
        name: draw(WORDS) if draw(st.integers(0, 9)) == 0 else value for name, value in sample.headers.items()
    }
    return replace(sample, body=body, headers=headers)


def _spoiled(draw: st.DrawFn, sample: Request) -> bytes:
    if draw(st.integers(0, 4)) == 0:
        cut = draw(st.integers(0, len(sample.body)))
        return sample.body[:cut] + draw(st.binary(max_size=5)) + sample.body[cut + draw(st.integers(0, 3)) :]
    if "urlencoded" in sample.headers.get("content-type", ""):
        pairs = parse_qsl(sample.body.decode(), keep_blank_values=True)
        for _ in range(draw(st.integers(1, 3))):
            place = draw(st.integers(0, len(pairs) - 1))
            name = pairs[place][0]
            pairs[place : place + 1] = draw(
                st.sampled_from([[], [(name, draw(WORDS))], [pairs[place], (name, "again")]])
            )
            pairs = pairs or [("", "")]
        return urlencode(pairs).encode()
    try:
        return orjson.dumps(_changed(draw, orjson.loads(sample.body)))
    except orjson.JSONDecodeError:
        return sample.body + draw(st.binary(max_size=20))


def _changed(draw: st.DrawFn, tree: Any) -> Any:
    """A JSON document with one branch replaced or gone."""
    inside = tree if isinstance(tree, dict) else dict(enumerate(tree)) if isinstance(tree, list) else {}
    if not inside or draw(st.integers(0, 5)) == 0:
        return draw(TREES)
    name = draw(st.sampled_from(sorted(inside, key=str)))
    if draw(st.integers(0, 3)) == 0:
        inside = {key: value for key, value in inside.items() if key != name}
    else:
        inside = {**inside, name: _changed(draw, inside[name])}
    return inside if isinstance(tree, dict) else list(inside.values())


def _can_be_kept(event: Event) -> None:
    """As PostgreSQL keeps it: text without NUL, ids of bounded length, raw as JSON."""
    raw = orjson.loads(orjson.dumps(event.raw))
    assert storable(raw) == raw
    assert 0 < len(event.event_id) <= LONGEST_EVENT_ID
    if isinstance(event, Progress):
        assert 0 < len(event.provider_id) <= LONGEST_PROVIDER_ID
    for name in event.__dataclass_fields__:
        value = getattr(event, name)
        if isinstance(value, str):
            assert "\x00" not in value
            value.encode()


def _applies(test: Callable[..., None], adapter: type[Contract]) -> bool:
    """Without a sample, say, there is nothing to try with it."""
    rows = {"sample": adapter.samples, "odd": adapter.unknown, "failure": adapter.failures}
    wanted = inspect.signature(test).parameters
    fits = getattr(test, "fits", lambda adapter: True)
    return fits(adapter) and all(rows[name] for name in rows if name in wanted)


def _folder(provider: str) -> Path:
    """The adapter's, whatever the registry calls it."""
    module = inspect.getmodule(PROVIDERS[provider].sender)
    assert module is not None and module.__name__.startswith("stopline.providers.")
    return Path(stopline.providers.__path__[0]) / module.__name__.split(".")[2]


def _added(request: Request, signed: Request) -> list[str]:
    return [name for name in signed.headers if signed.headers[name] != request.headers.get(name)]


def _footprint(connection: Connection) -> tuple[int, ...]:
    own = {"account_id": connection.account_id}
    return tuple(model.objects.filter(**own).count() for model in (Message, InboundEvent, Entry))


def _said(error: BaseException | None) -> list[str]:
    """Everything an error and its causes say."""
    return [] if error is None else [str(error), repr(error), *_said(error.__cause__)]


def _leaks(secrets: list[str], told: list[str]) -> list[str]:
    return [secret for secret in secrets if any(secret in words for words in told)]
