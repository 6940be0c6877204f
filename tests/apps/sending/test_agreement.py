"""Stopline and a provider agree about who has opted out: ours wins, theirs becomes ours, and nothing is lost.

The provider is a made-up one that speaks HTTP to a real server on loopback; its list is the test's to change.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import ClassVar
from urllib.parse import unquote

import pytest
from aiohttp import web
from django.db.utils import OperationalError
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from psycopg.errors import LockNotAvailable

from stopline.apps.consent import erasure, subscription
from stopline.apps.consent.models import Entry, Subscription
from stopline.apps.contacts.models import Contact
from stopline.apps.sending.agreement import differences, pull, run
from stopline.apps.sending.models import Comparison, Connection, ProviderOptOut
from stopline.doors.worker import tasks
from stopline.providers import http
from stopline.providers.base import Listed, Provider
from stopline.providers.errors import AddressDead, Misconfigured, OptedOutAtProvider, TryLater
from stopline.providers.registry import PROVIDERS
from stopline.providers.sandbox.receiver import SandboxReceiver
from stopline.providers.sandbox.sender import SandboxSender
from stopline.rules.errors import NotAllowed
from stopline.rules.words import CONSENT_CHANNELS, Channel, ResubscribeReason, Source
from tests import loopback, make

pytestmark = pytest.mark.django_db
ADA, BEN, EVE = "+14155550101", "+14155550102", "+14155550103"
ERRORS = {401: Misconfigured, 404: AddressDead, 409: OptedOutAtProvider, 429: TryLater, 503: TryLater}


class FakeAgreement:
    """A list read in pages of two lines of text; PUT and DELETE of one address."""

    lists = adds = removes = True
    url: ClassVar[str] = ""

    @cached_property
    def session(self):
        return http.client(anywhere=True)

    async def listed(self, way):
        place = 0
        while True:
            answer = await self._ask("GET", f"/list/{place}")
            lines = answer.body.decode().splitlines()
            for line in lines:
                channel, address, *since = line.split(" ")
                yield Listed(Channel(channel), address, datetime.fromisoformat(*since) if since else None)
            if len(lines) < 2:
                return
            place += 2

    async def add(self, way, channel, address):
        await self._ask("PUT", f"/{channel}/{address}")

    async def remove(self, way, channel, address):
        await self._ask("DELETE", f"/{channel}/{address}")

    async def close(self):
        await self.session.close()

    async def _ask(self, method, path):
        answer = await http.ask(self.session, method, self.url + path, {})
        if answer.status in ERRORS:
            raise ERRORS[answer.status]
        return answer


class Far:
    """The provider: `list` is who has opted out there, `refuses` the status with which it refuses an address,
    `since` when somebody opted out, where it says so.
    """

    def __init__(self) -> None:
        self.list: list[tuple[str, str]] = []
        self.refuses: dict[str, int] = {}
        self.since: dict[str, datetime] = {}
        self.breaks_at: int | None = None
        self.told: list[tuple[str, str, str]] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        first, rest = unquote(request.path).strip("/").split("/", 1)
        if first == "list":
            if self.breaks_at is not None and int(rest) >= self.breaks_at:
                return web.Response(status=503)
            page = self.list[int(rest) : int(rest) + 2]
            return web.Response(text="\n".join(self.line(channel, address) for channel, address in page))
        self.told.append((request.method, first, rest))
        if rest in self.refuses:
            return web.Response(status=self.refuses[rest])
        if request.method == "PUT" and (first, rest) not in self.list:
            self.list.append((first, rest))
        if request.method == "DELETE" and (first, rest) in self.list:
            self.list.remove((first, rest))
        return web.Response(status=204)

    def line(self, channel: str, address: str) -> str:
        since = self.since.get(address)
        return f"{channel} {address.replace(' ', '')}" + (f" {since.isoformat()}" if since else "")


@pytest.fixture
def far(monkeypatch):
    playing = Far()
    with loopback.provider(playing.answer) as server:
        monkeypatch.setattr(FakeAgreement, "url", server.url)
        register(monkeypatch)
        yield playing


def register(monkeypatch, **able) -> None:
    made = type("Made", (FakeAgreement,), able)
    provider = Provider("Fake", CONSENT_CHANNELS, SandboxSender, SandboxReceiver, agreement=made)
    monkeypatch.setitem(PROVIDERS, "fake", provider)


@pytest.fixture
def connection(far) -> Connection:
    return make.connection(make.account(), provider="fake", name="Fake texts", channels=["sms", "email"])


def stop(connection, address, channel="sms", source=Source.ADMIN):
    subscription.unsubscribe(connection.account_id, [(channel, address)], source=source, actor=make.system())


def resume(connection, address, channel="sms"):
    subscription.resubscribe(
        connection.account_id,
        [(channel, address)],
        source=Source.ADMIN,
        actor=make.system(),
        reason=ResubscribeReason.ASKED,
        evidence={"text": "Asked on the phone"},
    )


def later(**by):
    """Time goes on: what was done is older now."""
    for row in ProviderOptOut.objects.exclude(done_at=None):
        row.done_at -= timedelta(**by)
        row.save()


def compare(connection) -> Comparison:
    return run.run(connection.account_id, connection.id)


def ours(connection, address, channel="sms") -> str:
    return subscription.of(connection.account_id, [(channel, address)])[channel, address].standing


def row(connection, address, channel="sms") -> ProviderOptOut:
    return ProviderOptOut.objects.get(connection_id=connection.id, channel=channel, address=address)


# Theirs


def test_an_opt_out_of_theirs_becomes_ours_with_its_proof(far, connection):
    ada = make.contact(connection.account, phone=ADA)
    far.list = [("sms", ADA), ("email", "Ben@Example.com")]

    told = compare(connection)

    assert ours(connection, ADA) == "unsubscribed"
    assert ours(connection, "ben@example.com", "email") == "unsubscribed"
    entry = Entry.objects.get(channel="sms", address=ADA)
    assert (entry.source, entry.actor_name, entry.contact_id) == ("provider", "Fake", ada.id)
    assert entry.reason == "On Fake's list of opt-outs."
    assert (told.listed, told.taken, told.problem) == (2, 2, "") and told.finished_at


def test_a_number_stopped_there_is_stopped_on_all_that_carriers_treat_as_one(far, connection):
    far.list = [("sms", ADA)]

    compare(connection)

    assert [ours(connection, ADA, channel) for channel in ("mms", "rcs", "whatsapp")] == [
        "unsubscribed",
        "unsubscribed",
        "subscribed",
    ]


def test_where_a_stop_ends_everything_it_does_here_too(far, connection):
    connection.account.stop_everything = True
    connection.account.save()
    make.contact(connection.account, phone=ADA, email="ada@example.com")
    far.list = [("sms", ADA)]

    compare(connection)

    assert ours(connection, "ada@example.com", "email") == "unsubscribed"


def test_a_bad_address_never_sinks_a_run(far, connection):
    far.list = [("sms", "not a number"), ("email", "@"), ("sms", ADA), ("sms", "0" * 300), ("sms", BEN)]

    told = compare(connection)

    assert (told.listed, told.unreadable, told.taken) == (5, 3, 2)
    assert ours(connection, BEN) == "unsubscribed"


def test_a_list_that_breaks_off_counts_as_far_as_it_was_read(far, connection, monkeypatch):
    monkeypatch.setattr(pull, "BATCH", 2)
    stop(connection, EVE)
    far.list = [("sms", ADA), ("sms", BEN), ("sms", "+14155550104")]
    far.breaks_at = 2

    told = compare(connection)

    assert told.problem and told.finished_at is None
    assert ours(connection, ADA) == ours(connection, BEN) == "unsubscribed"
    assert ("PUT", "sms", EVE) in far.told  # pushing doesn't wait for it

    far.breaks_at = None
    assert compare(connection).problem == ""
    assert ours(connection, "+14155550104") == "unsubscribed"


def test_a_list_half_read_says_nothing_of_what_it_does_not_hold(far, connection, monkeypatch):
    monkeypatch.setattr(pull, "BATCH", 2)
    far.list = [("sms", ADA), ("sms", BEN), ("sms", EVE)]
    compare(connection)
    far.breaks_at, far.told = 2, []

    compare(connection)

    assert row(connection, EVE).held
    assert far.told == []


def test_an_opt_in_of_theirs_lifts_nothing_and_is_put_right(far, connection):
    far.list = [("sms", ADA)]
    compare(connection)
    later(minutes=11)
    far.list.clear()

    told = compare(connection)

    assert ours(connection, ADA) == "unsubscribed"
    assert ("sms", ADA) in far.list and told.added >= 1


def test_an_address_that_hangs_in_a_hand_off_is_taken_at_the_next_run(far, connection, monkeypatch):
    far.list = [("sms", ADA)]

    def waits(*args, **kwargs):
        raise OperationalError("lock timeout") from LockNotAvailable()

    with monkeypatch.context() as hanging:
        hanging.setattr(subscription, "unsubscribe_each", waits)
        assert compare(connection).problem == ""
    assert ours(connection, ADA) == "subscribed"

    compare(connection)

    assert ours(connection, ADA) == "unsubscribed"


def test_an_erased_address_is_not_written_down_again(far, connection):
    make.contact(connection.account, phone=ADA, sms="unsubscribed")
    erasure.forget(connection.account_id, [ADA])
    Contact.objects.all().delete()
    far.list = [("sms", ADA)]

    compare(connection)

    assert not Subscription.objects.filter(address=ADA, channel="sms").exists()
    assert not ProviderOptOut.objects.filter(address=ADA, channel="sms").exists()
    assert far.told == []


def test_an_address_erased_later_leaves_the_comparison_too(far, connection):
    stop(connection, ADA)
    compare(connection)
    erasure.forget(connection.account_id, [ADA])

    compare(connection)

    assert not ProviderOptOut.objects.filter(address=ADA).exists()


# Ours


def test_an_unsubscribe_of_ours_reaches_the_provider(far, connection):
    stop(connection, ADA)
    stop(connection, "ben@example.com", "email")
    stop(connection, BEN, "whatsapp")  # which this connection doesn't have

    told = compare(connection)

    assert sorted(far.list) == [("email", "ben@example.com"), ("sms", ADA)]
    assert told.added == 2 and row(connection, ADA).done == "added"


def test_what_both_know_is_told_to_nobody(far, connection):
    stop(connection, ADA)
    far.list = [("sms", ADA)]

    told = compare(connection)

    assert far.told == [] and (told.added, told.taken) == (0, 0)
    assert Entry.objects.filter(address=ADA).count() == 1


def test_a_list_that_lags_is_not_told_twice(far, connection):
    stop(connection, ADA)
    compare(connection)
    far.list.clear()  # it doesn't show yet

    compare(connection)

    assert len(far.told) == 1


@pytest.mark.parametrize("status", [404, 409])
def test_an_address_the_provider_will_not_take_is_told_and_left_alone(far, connection, status):
    stop(connection, ADA)
    stop(connection, BEN)
    far.refuses[ADA] = status

    told = compare(connection)
    compare(connection)

    assert told.added == 1 and ("sms", BEN) in far.list
    assert row(connection, ADA).problem and row(connection, ADA).todo == "add"
    assert far.told.count(("PUT", "sms", ADA)) == 1


def test_a_provider_that_takes_nothing_now_is_tried_again_later(far, connection):
    for number in range(15):
        stop(connection, f"+1415555012{number:02}"[:12])
    far.refuses = {address: 429 for _, address in Subscription.objects.values_list("channel", "address")}

    told = compare(connection)

    assert "try again" in told.problem
    assert len(far.told) <= 10  # it isn't hammered

    far.refuses.clear()
    ProviderOptOut.objects.update(due_at=timezone.now())
    assert compare(connection).problem == ""
    assert not ProviderOptOut.objects.exclude(todo="").exists()


def test_wrong_settings_end_the_run_and_say_nothing_of_the_address(far, connection):
    stop(connection, ADA)
    far.refuses[ADA] = 401

    told = compare(connection)

    assert "settings are not right" in told.problem
    assert row(connection, ADA).tries == 0
    connection.refresh_from_db()
    assert connection.state == "active"  # messages may well leave: nothing is paused


def test_a_fault_of_the_adapter_is_kept_to_its_address(far, connection, monkeypatch):
    async def add(self, way, channel, address):
        if address == ADA:
            raise KeyError("surprise")
        await FakeAgreement.add(self, way, channel, address)

    register(monkeypatch, add=add)
    stop(connection, ADA)
    stop(connection, BEN)

    told = compare(connection)

    assert told.added == 1 and "could not be understood" in row(connection, ADA).problem


# Resubscribed


def test_only_after_our_resubscribe_is_it_taken_off_the_list(far, connection):
    stop(connection, ADA)
    compare(connection)
    resume(connection, ADA)

    told = compare(connection)

    assert far.list == [] and told.removed == 1
    assert ours(connection, ADA) == "subscribed"


def test_a_list_that_still_shows_it_a_moment_later_makes_no_new_opt_out(far, connection):
    stop(connection, ADA)
    compare(connection)
    resume(connection, ADA)
    compare(connection)
    far.list = [("sms", ADA)]

    compare(connection)
    assert ours(connection, ADA) == "subscribed"

    later(minutes=11)
    compare(connection)
    assert ours(connection, ADA) == "unsubscribed"  # by now it is a new one


def test_an_opt_out_of_theirs_that_we_first_hear_of_after_our_resubscribe_counts(far, connection):
    stop(connection, ADA)
    resume(connection, ADA)
    far.list = [("sms", ADA)]

    compare(connection)

    assert ours(connection, ADA) == "unsubscribed"
    assert far.told == []


def hours(number):
    return timezone.now() + timedelta(hours=number)


def test_an_opt_out_of_theirs_that_is_older_than_our_resubscribe_does_not_undo_it(far, connection):
    stop(connection, "ada@example.com", "email")
    resume(connection, "ada@example.com", "email")
    far.list, far.since = [("email", "ada@example.com")], {"ada@example.com": hours(-2)}

    told = compare(connection)

    assert ours(connection, "ada@example.com", "email") == "subscribed"
    assert (told.taken, told.removed, far.list) == (0, 1, [])


def test_where_only_the_person_can_lift_it_an_older_one_is_shown_and_stays(far, connection, monkeypatch):
    register(monkeypatch, removes=False)
    stop(connection, "ada@example.com", "email")
    resume(connection, "ada@example.com", "email")
    far.list, far.since = [("email", "ada@example.com")], {"ada@example.com": hours(-2)}

    compare(connection)

    assert ours(connection, "ada@example.com", "email") == "subscribed"
    assert [each.row.todo for each in differences.page(connection, 10)] == ["stays"]
    key = ("email", "ada@example.com")
    assert differences.after_resubscribe(connection.account_id, [key])[
        key
    ]  # the dialog says who goes on refusing


@pytest.mark.parametrize("since", [1, 0, -0.1], ids=["in our future", "now", "six minutes before"])
def test_one_that_may_be_newer_than_our_resubscribe_becomes_ours(far, connection, since):
    """Their clock may be behind ours: in doubt nobody is written to."""
    stop(connection, ADA)
    resume(connection, ADA)
    far.list, far.since = [("sms", ADA)], {ADA: hours(since)}

    compare(connection)

    assert ours(connection, ADA) == "unsubscribed"


def test_an_address_nobody_ever_decided_about_is_never_older(far, connection):
    make.contact(connection.account, phone=ADA)
    far.list, far.since = [("sms", ADA)], {ADA: hours(-9000)}

    compare(connection)

    assert ours(connection, ADA) == "unsubscribed"


def test_who_stops_there_again_after_our_resubscribe_is_believed(far, connection):
    far.list, far.since = [("email", "ada@example.com")], {"ada@example.com": hours(-2)}
    compare(connection)
    resume(connection, "ada@example.com", "email")
    far.refuses["ada@example.com"] = 503
    compare(connection)
    assert row(connection, "ada@example.com", "email").todo == "remove"

    far.since["ada@example.com"] = hours(0)  # the same line of their list, with a new time
    compare(connection)

    assert ours(connection, "ada@example.com", "email") == "unsubscribed"
    assert row(connection, "ada@example.com", "email").todo == ""


def test_a_time_that_comes_a_moment_after_our_own_push_makes_no_new_opt_out(far, connection):
    stop(connection, ADA)
    compare(connection)
    far.since[ADA] = hours(0)
    compare(connection)
    resume(connection, ADA)

    compare(connection)

    assert ours(connection, ADA) == "subscribed" and far.list == []


def test_of_several_lists_of_theirs_the_last_word_counts(far, connection):
    stop(connection, "ada@example.com", "email")
    resume(connection, "ada@example.com", "email")
    far.list = [("email", "ada@example.com"), ("email", "Ada@example.com")]
    far.since = {"ada@example.com": hours(-2), "Ada@example.com": hours(0)}

    compare(connection)

    assert ours(connection, "ada@example.com", "email") == "unsubscribed"


def test_a_number_unsubscribed_on_a_sister_channel_is_not_lifted(far, connection):
    far.list = [("sms", ADA)]  # ours then on SMS, MMS and RCS
    compare(connection)
    resume(connection, ADA)

    compare(connection)
    assert row(connection, ADA).todo == "shared" and ("sms", ADA) in far.list

    for channel in ("mms", "rcs"):
        resume(connection, ADA, channel)
    compare(connection)
    assert far.list == []


def test_where_only_the_person_can_lift_it_that_is_told(far, connection, monkeypatch):
    register(monkeypatch, removes=False)
    stop(connection, ADA)
    compare(connection)
    resume(connection, ADA)

    compare(connection)

    assert row(connection, ADA).todo == "stays" and ours(connection, ADA) == "subscribed"
    assert far.list == [("sms", ADA)]


def test_stopped_again_while_it_was_to_be_lifted_it_stays(far, connection):
    stop(connection, ADA)
    compare(connection)
    resume(connection, ADA)
    ProviderOptOut.objects.update(todo="remove")
    stop(connection, ADA)

    compare(connection)

    assert far.list == [("sms", ADA)] and not any(verb == "DELETE" for verb, _, _ in far.told)


# What providers can't


def test_a_provider_that_takes_none_from_us_is_told_nothing(far, connection, monkeypatch):
    register(monkeypatch, adds=False)
    stop(connection, ADA)

    compare(connection)

    assert row(connection, ADA).todo == "ours_only" and far.told == []


def test_a_provider_without_a_list_is_told_each_of_ours_once(far, connection, monkeypatch):
    register(monkeypatch, lists=False)
    stop(connection, ADA)

    for _ in range(2):
        compare(connection)
    assert far.told == [("PUT", "sms", ADA)]

    resume(connection, ADA)
    compare(connection)
    assert far.told[-1] == ("DELETE", "sms", ADA)


def test_a_connection_that_is_gone_or_has_nothing_to_compare_is_left_alone(connection):
    assert run.run(connection.account_id, make.account("Elsewhere").id) is None
    assert run.run(connection.account_id, make.connection(connection.account, provider="panel").id) is None


def test_another_accounts_opt_outs_are_never_told(far, connection):
    elsewhere = make.connection(make.account("Elsewhere"), provider="fake", channels=["sms"])
    stop(elsewhere, ADA)
    far.list = [("sms", BEN)]

    compare(connection)

    assert far.told == []
    assert ours(elsewhere, BEN) == "subscribed"


# Asked for


def test_every_quarter_of_an_hour_a_worker_is_asked_once_a_connection(connection):
    tasks.agreement.ask_all()
    tasks.agreement.ask_all()

    job = ProcrastinateJob.objects.get(task_name=run.TASK)
    assert job.args == {"account_id": str(connection.account_id), "connection_id": str(connection.id)}


def test_only_an_admin_compares_now(connection):
    assert run.compare_now(make.member(connection.account)) == 1
    with pytest.raises(NotAllowed):
        run.compare_now(make.member(connection.account, "agent"))


def test_a_worker_that_stops_leaves_the_rest_to_the_next_run(far, connection):
    far.list = [("sms", ADA), ("sms", BEN)]

    told = run.run(connection.account_id, connection.id, stopping=lambda: True)

    assert told.finished_at is None and "stopped" in told.problem
