"""Connecting a provider: what is kept and how, who may, and what becomes of a queue."""

import asyncio
import logging
import socket
import time

import pytest
from psycopg_pool import AsyncConnectionPool

from stopline.apps.accounts import live
from stopline.apps.accounts.tenancy import new_token
from stopline.apps.consent.models import Entry
from stopline.apps.inbox import receive, stored
from stopline.apps.inbox import trial as trials
from stopline.apps.sending import connecting, connections, credentials, health, queue, routes
from stopline.apps.sending.filled import Unusable
from stopline.apps.sending.handover import Handover
from stopline.apps.sending.models import Connection, InboundEvent, Message
from stopline.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound
from stopline.rules.words import Channel, MessageKind
from tests import loopback, make
from tests.apps.sending.filling import typed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything", "keys")]
SECRETS = ("s3cret-token", "s3cret-sign")


@pytest.fixture
def admin():
    return make.member(make.account())


@pytest.fixture
def agent(admin):
    return make.member(admin.account, "agent")


def added(by, **fields):
    return connecting.add(by, "everything", typed(**fields))


def queued(by, connection, channel=Channel.SMS, contact=None):
    contact = contact or make.contact(by.account)
    taken = receive.take(connection, make.received("Hello", sender=contact.phone))
    return queue.put(
        by.account_id,
        conversation_id=taken.conversation_id,
        contact_id=contact.id,
        channel=channel,
        address=contact.phone,
        text="Your bike is ready.",
        kind=MessageKind.REPLY,
        connection_id=connection.id,
    )


def fresh(row):
    return type(row)._base_manager.get(account_id=row.account_id, id=row.id)


def work_once():
    async def worker():
        pool = AsyncConnectionPool(kwargs=live.connection_parameters(), min_size=1, max_size=4, open=False)
        async with pool:
            handover = Handover(pool)
            await handover.hand_over(await handover.claim())
            await handover.close()

    asyncio.run(worker())


def test_what_is_secret_is_kept_encrypted_and_the_rest_as_what_it_is(admin):
    values = {"field_window": "5", "field_tls": "on", "field_region": "eu", "field_signing": "s3cret-sign"}

    made = added(admin, values=values)

    kept = fresh(made)
    assert kept.settings == {"account": "AC1", "window": 5, "tls": True, "region": "eu"}
    assert connections.way(kept).credentials == {"token": "s3cret-token", "signing": "s3cret-sign"}
    assert (kept.sender, kept.channels) == ("+14155550100", ["sms"])
    assert not any(secret in kept.credentials for secret in SECRETS)


def test_a_secret_left_empty_stays_and_an_optional_one_can_be_given_up(admin):
    made = added(admin, values={"field_signing": "s3cret-sign"})
    entered = credentials.set_at(fresh(made).credentials)

    connecting.change(admin, made.id, typed(name="Renamed", values={"field_token": ""}))
    unchanged = fresh(made)
    connecting.change(admin, made.id, typed(values={"field_token": ""}, forget=["signing", "token"]))

    assert unchanged.name == "Renamed"
    assert credentials.decrypt(unchanged.credentials) == {"token": "s3cret-token", "signing": "s3cret-sign"}
    assert credentials.set_at(unchanged.credentials) == entered
    assert credentials.decrypt(fresh(made).credentials) == {"token": "s3cret-token"}


def test_every_field_says_what_is_wrong_with_it(admin):
    values = {
        "field_account": " ",
        "field_token": "",
        "field_window": "many",
        "field_region": "mars",
        "field_url": "gateway",
    }

    with pytest.raises(Unusable) as refused:
        added(admin, name=" ", sender="+12", channels=["fax"], values=values)

    assert refused.value.problems.keys() == {"name", "sender", "channels", *values}
    assert Connection.objects.count() == 0


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://127.0.0.1/send", "not a public address"),
        ("https://[::1]/send", "not a public address"),
        ("https://0x7f.1/send", "not a public address"),
        ("https://169.254.169.254/latest", "not a public address"),
        ("https://inside.example/send", "not a public address"),
        ("http://8.8.8.8/send", "Use https://"),
        ("https://user:word@8.8.8.8/", "Leave name and password out"),
        ("ftp://8.8.8.8/", "not a web address"),
        ("https://", "not a web address"),
        ("https://8.8.8.8:99999/", "not a web address"),
    ],
)
def test_an_address_inside_our_network_is_refused_where_it_is_entered(admin, monkeypatch, url, said):
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **how: real("10.1.2.3" if host == "inside.example" else host, *rest, **how),
    )

    with pytest.raises(Unusable) as refused:
        added(admin, values={"field_url": url})

    assert said in refused.value.problems["field_url"]


def test_an_operator_may_open_a_network_of_their_own(admin, monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")

    made = added(admin, values={"field_url": "http://127.0.0.1:9000/send"})

    assert fresh(made).settings["url"] == "http://127.0.0.1:9000/send"


def test_a_host_that_does_not_resolve_just_now_is_taken_over_https_only(admin):
    made = added(admin, values={"field_url": "https://nowhere.invalid/send"})

    assert fresh(made).settings["url"] == "https://nowhere.invalid/send"
    with pytest.raises(Unusable):
        added(admin, name="Another", values={"field_url": "http://nowhere.invalid/send"})


def test_two_connections_never_have_one_name(admin):
    first = added(admin)

    with pytest.raises(Unusable, match="has this name"):
        added(admin, name="bridge")

    assert connecting.change(admin, first.id, typed(name="BRIDGE")).name == "BRIDGE"


def test_only_providers_that_are_offered_can_be_connected(admin, settings):
    settings.SANDBOX = False

    for name in ("panel", "nonsense", "sandbox"):
        with pytest.raises(NotFound):
            connecting.add(admin, name, typed())


def test_nothing_of_a_connection_is_for_agents(agent, admin):
    made = added(admin)

    for refused in (
        lambda: added(agent, name="Mine"),
        lambda: connecting.change(agent, made.id, typed()),
        lambda: connections.pause(agent, made.id),
        lambda: connections.resume(agent, made.id),
        lambda: connections.rotate_token(agent, made.id),
        lambda: connections.remove(agent, made.id),
        lambda: trials.send(agent, made.id, "sms", "+14155550123"),
        lambda: routes.put(agent, "sms", "", made.id),
        lambda: routes.remove(agent, "sms", ""),
    ):
        with pytest.raises(NotAllowed, match=r"Only admins can .* Ask Ana Ruiz"):
            refused()


def test_the_connections_of_another_account_do_not_exist(admin):
    made, outsider = added(admin), make.member(make.account("Elsewhere"))

    for missing in (
        lambda: connecting.change(outsider, made.id, typed()),
        lambda: connections.pause(outsider, made.id),
        lambda: connections.resume(outsider, made.id),
        lambda: connections.rotate_token(outsider, made.id),
        lambda: connections.remove(outsider, made.id),
        lambda: trials.send(outsider, made.id, "sms", "+14155550123"),
        lambda: routes.put(outsider, "sms", "", made.id),
    ):
        with pytest.raises(NotFound):
            missing()
    assert fresh(made).state == "active"


def test_no_secret_shows_in_a_repr_an_error_or_a_log(admin, caplog):
    caplog.set_level(logging.DEBUG)
    made = added(admin, values={"field_signing": "s3cret-sign"})

    shown = [
        repr(made),
        str(made),
        repr(connections.way(made)),
        repr(typed(values={"field_token": SECRETS[0]})),
    ]
    with pytest.raises(Unusable) as refused:
        connecting.change(admin, made.id, typed(name="", values={"field_signing": "s3cret-sign"}))

    everything = " ".join([*shown, repr(refused.value), str(refused.value), caplog.text])
    assert not any(secret in everything for secret in (*SECRETS, made.token))


def test_a_pause_says_by_whom_and_a_resume_forgets_it(admin):
    made = added(admin)

    connections.pause(admin, made.id)
    paused = fresh(made)
    connections.resume(admin, made.id)

    assert (paused.state, paused.paused_by_id, paused.paused_because) == ("paused", admin.id, "")
    assert (fresh(made).state, fresh(made).paused_by_id, fresh(made).paused_at) == ("active", None, None)


def test_health_says_the_last_thing_that_happened(admin):
    made = added(admin)
    words = [health.of(made).word]

    for fields in (
        {"last_sent_at": "2026-05-03T14:00Z"},
        {"last_error_at": "2026-05-03T15:00Z", "last_error": "Busy."},
        {"last_sent_at": "2026-05-03T16:00Z"},
        {"state": "paused"},
        {"paused_because": "The token has expired."},
    ):
        Connection.objects.filter(id=made.id).update(**fields)
        words.append(health.of(fresh(made)).word)

    assert words == ["Not used yet", "Works", "In trouble", "Works", "Paused", "Must be mended"]


def test_removing_gives_the_queue_to_another_connection_and_keeps_what_was(admin):
    gone, other = added(admin), added(admin, name="Other")
    message = queued(admin, gone)
    routes.put(admin, "sms", "+1", gone.id)

    connections.remove(admin, gone.id)

    assert fresh(message).connection_id == other.id
    assert list(admin.account.connections.all()) == [other]
    assert (fresh(gone).credentials, admin.account.routes.count()) == ("", 0)
    with pytest.raises(NotFound):
        connections.of_token("everything", gone.token)


def test_messages_that_arrive_together_ask_for_their_connection_once(admin, monkeypatch):
    made = added(admin)
    first = connections.of_token(made.provider, made.token)
    monkeypatch.setattr(connections.sql, "rows", lambda *_: pytest.fail("asked again"))

    assert connections.of_token(made.provider, made.token) is first


def test_a_wrong_token_of_a_known_account_is_never_kept(admin):
    made = added(admin)

    for _ in range(2):
        with pytest.raises(NotFound):
            connections.of_token(made.provider, made.token[:-1] + "#")

    assert (made.provider, made.token[:-1] + "#") not in connections._kept


def test_a_change_by_another_process_is_seen_after_a_second(admin, monkeypatch):
    made = added(admin)
    connections.of_token(made.provider, made.token)
    now = time.monotonic()
    Connection.objects.filter(id=made.id).update(token=new_token(made.account_id))

    monkeypatch.setattr(connections.time, "monotonic", lambda: now + 1.1)

    with pytest.raises(NotFound):
        connections.of_token(made.provider, made.token)


def test_a_new_token_is_the_only_one_at_once_where_it_was_made(admin):
    made = added(admin)
    connections.of_token(made.provider, made.token)

    token = connections.rotate_token(admin, made.id)

    assert connections.of_token(made.provider, token).id == made.id
    with pytest.raises(NotFound):
        connections.of_token(made.provider, made.token)


def test_only_so_many_connections_are_kept(admin, monkeypatch):
    monkeypatch.setattr(connections, "MOST_KEPT", 2)

    for name in "abcde":
        connections.of_token("everything", added(admin, name=name).token)

    assert len(connections._kept) <= 2


def test_without_another_connection_the_queue_waits_until_there_is_one(admin):
    gone = added(admin)
    message = queued(admin, gone)

    connections.remove(admin, gone.id)
    waiting = fresh(message).state, routes.take_over()
    other = added(admin, name="Other")
    taken = routes.take_over()

    assert (waiting, taken) == (("queued", 0), 1)
    assert fresh(message).connection_id == other.id


def test_an_opt_out_that_was_stored_survives_the_removal_of_its_connection(admin):
    gone, contact = added(admin), make.contact(admin.account)
    body = {
        "opt_out": {"channel": "sms", "address": contact.phone, "source": "provider", "reason": "Said so."}
    }
    InboundEvent.objects.create(
        account=admin.account, connection_id=gone.id, event_id="e", body=body, received_at="2026-05-03T14:00Z"
    )

    connections.remove(admin, gone.id)
    stored.apply()

    assert set(Entry.objects.filter(address=contact.phone).values_list("standing", flat=True)) == {
        "unsubscribed"
    }


def test_the_support_chat_cannot_be_removed(admin):
    with pytest.raises(Conflict, match="part of Stopline"):
        connections.remove(admin, connections.chat(admin.account_id).id)


def test_a_channel_given_up_hands_its_queue_on_or_is_kept(admin):
    first = added(admin, channels=["sms", "mms"])
    message = queued(admin, first, Channel.MMS)

    with pytest.raises(Unusable, match="Messages wait for MMS"):
        connecting.change(admin, first.id, typed(channels=["sms"]))
    other = added(admin, name="Other", channels=["mms"])
    connecting.change(admin, first.id, typed(channels=["sms"]))

    assert fresh(message).connection_id == other.id


def test_a_test_message_goes_through_the_queue_to_a_contact_made_for_it(admin):
    made = added(admin)

    message = trials.send(admin, made.id, "sms", "(415) 555-0123")

    contact = admin.account.contacts.get(phone="+14155550123")
    assert (message.state, message.connection_id, message.contact_id) == ("queued", made.id, contact.id)
    assert contact.origin == "Added for a test message"
    assert trials.send(admin, made.id, "sms", "+14155550123").contact_id == contact.id


def test_a_test_message_is_refused_where_it_could_only_wait_or_has_no_address(admin):
    made = added(admin)

    with pytest.raises(InvalidInput):
        trials.send(admin, made.id, "sms", "nobody")
    with pytest.raises(InvalidInput, match="doesn't carry"):
        trials.send(admin, made.id, "whatsapp", "+14155550123")
    connections.pause(admin, made.id)
    with pytest.raises(Conflict, match="Resume it first"):
        trials.send(admin, made.id, "sms", "+14155550123")
    assert Message.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_test_message_to_somebody_unsubscribed_is_refused_at_the_gate(admin, monkeypatch):
    sandbox, contact = make.connection(admin.account), make.contact(admin.account, sms="unsubscribed")
    message = trials.send(admin, sandbox.id, "sms", contact.phone)

    with loopback.provider() as provider:
        monkeypatch.setenv("STOPLINE_SANDBOX_URL", provider.url)
        work_once()

    assert (fresh(message).state, fresh(message).refusal) == ("refused", "unsubscribed")
    assert provider.got == []


@pytest.mark.django_db(transaction=True)
def test_wrong_credentials_hold_the_queue_and_a_resume_sends_it_at_once(admin, monkeypatch):
    sandbox = make.connection(admin.account)
    messages = [queued(admin, sandbox) for _ in range(3)]
    heard = []
    monkeypatch.setattr(live, "announce_now", lambda account, *topics: heard.append(topics))

    with loopback.provider(loopback.answers(401)) as provider:
        monkeypatch.setenv("STOPLINE_SANDBOX_URL", provider.url)
        work_once()
        paused, held = fresh(sandbox), [fresh(each).state for each in messages]
        provider.answer = loopback.accepts
        work_once()
        connections.resume(admin, sandbox.id)
        work_once()

    assert (paused.state, paused.paused_by_id, paused.told_at) == ("paused", None, None)
    assert paused.paused_because and paused.paused_at
    assert held == ["queued"] * 3
    assert [fresh(each).state for each in messages] == ["sent"] * 3
    assert ("connections", f"connection-paused:{sandbox.id}") in heard and any(
        "outbox" in topics for topics in heard
    )
