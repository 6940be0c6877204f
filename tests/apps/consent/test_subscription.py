"""The verbs of consent and the ledger behind them."""

import threading

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from hypothesis.strategies import sampled_from

from stopline.apps.consent import ledger, subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.consent.models import Entry, Subscription
from stopline.apps.contacts import contact as contacts
from stopline.rules.errors import InvalidInput, NotAllowed
from stopline.rules.words import Source, Standing
from tests import make

pytestmark = pytest.mark.django_db
PHONE = "+14155550123"
PROOF = {"text": "Called on 3 May and asked for it."}


@pytest.fixture
def account():
    return make.account()


@pytest.fixture
def admin(account):
    return Actor.member(make.member(account, "admin"))


@pytest.fixture
def agent(account):
    return Actor.member(make.member(account, "agent"))


def standing(account, channel="sms", address=PHONE):
    return subscription.of(account.id, [(channel, address)])[(channel, address)].standing


def unsubscribe(account, actor, *channels, address=PHONE):
    return subscription.unsubscribe(
        account.id,
        [(channel, address) for channel in channels],
        source=Source.ADMIN,
        actor=actor,
        reason="Asked.",
    )


def test_an_address_nobody_decided_about_is_subscribed(account):
    assert standing(account) == Standing.SUBSCRIBED
    assert Subscription.objects.count() == 0


def test_an_unsubscribe_ends_the_named_channel_alone_and_is_written_down(account, admin):
    (change,) = unsubscribe(account, admin, "sms")

    entry = Entry.objects.get(account=account, id=change.entry_id)
    assert (standing(account, "sms"), standing(account, "whatsapp")) == ("unsubscribed", "subscribed")
    assert (entry.before, entry.standing, entry.source) == ("subscribed", "unsubscribed", "admin")
    assert (entry.actor_kind, entry.actor_name, entry.reason) == ("member", "Ana Ruiz", "Asked.")


def test_what_is_unsubscribed_already_is_no_change_and_no_entry(account, admin):
    unsubscribe(account, admin, "sms")

    assert unsubscribe(account, admin, "sms", "mms")[0].channel == "mms"
    assert Entry.objects.count() == 2


def test_an_agent_can_neither_unsubscribe_nor_resubscribe_and_is_told_whom_to_ask(account, admin, agent):
    unsubscribe(account, admin, "sms")

    with pytest.raises(NotAllowed, match=r"Only admins can unsubscribe contacts. Ask Ana Ruiz"):
        unsubscribe(account, agent, "whatsapp")
    with pytest.raises(NotAllowed, match=r"Only admins can resubscribe contacts. Ask Ana Ruiz"):
        resubscribe(account, agent)
    assert (standing(account, "whatsapp"), standing(account, "sms")) == ("subscribed", "unsubscribed")


def resubscribe(account, actor, reason="asked", evidence=PROOF, source=Source.ADMIN):
    return subscription.resubscribe(
        account.id, [("sms", PHONE)], source=source, actor=actor, reason=reason, evidence=evidence
    )


@pytest.mark.parametrize(
    ("reason", "evidence"), [("", PROOF), ("asked", {}), ("asked", {"text": " "}), ("because", PROOF)]
)
def test_an_admin_resubscribes_only_with_one_of_the_two_reasons_and_evidence(
    account, admin, reason, evidence
):
    unsubscribe(account, admin, "sms")

    with pytest.raises(InvalidInput):
        resubscribe(account, admin, reason, evidence)
    assert standing(account) == "unsubscribed"


def test_resubscribing_keeps_the_evidence_and_the_whole_story(account, admin):
    unsubscribe(account, admin, "sms")
    resubscribe(account, admin)

    story = ledger.history(account.id, [("sms", PHONE)])
    assert [entry.standing for entry in story] == ["subscribed", "unsubscribed"]
    assert story[0].evidence == PROOF
    assert standing(account) == "subscribed"


def test_resubscribing_what_was_never_unsubscribed_changes_nothing(account, admin):
    assert resubscribe(account, admin) == []
    assert Subscription.objects.count() == 0


def test_the_standing_belongs_to_the_account(account, admin):
    other = make.account("Elsewhere")
    unsubscribe(account, admin, "sms")

    assert standing(other) == "subscribed"
    assert ledger.history(other.id, [("sms", PHONE)]).count() == 0


def test_a_hold_is_no_unsubscribe_and_ends_with_the_decision(account, admin):
    message_id = make.contact(account).id
    subscription.hold(account.id, [("sms", PHONE)], message_id)
    held = subscription.of(account.id, [("sms", PHONE)])[("sms", PHONE)]
    unsubscribe(account, admin, "sms")

    decided = subscription.of(account.id, [("sms", PHONE)])[("sms", PHONE)]
    assert (held.standing, held.held_message_id) == ("subscribed", message_id)
    assert (decided.standing, decided.held_message_id) == ("unsubscribed", None)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE consent_entry SET standing = 'subscribed'",
        "UPDATE consent_entry SET at = now()",
        "UPDATE consent_entry SET evidence = '{}'",
        "UPDATE consent_entry SET address = 'erased:x'",
        "UPDATE consent_entry SET address = 'erased:x', evidence = '{\"erased\": true}', reason = ''",
        "DELETE FROM consent_entry",
        "TRUNCATE consent_entry",
        "UPDATE consent_entry SET position = DEFAULT",
    ],
)
def test_the_database_refuses_to_change_the_ledger(account, admin, attack):
    unsubscribe(account, admin, "sms")

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
    assert Entry.objects.get().evidence == {}


def test_the_trigger_refuses_even_where_the_permissions_would_allow(account, admin):
    unsubscribe(account, admin, "sms")

    for attack in ("UPDATE consent_entry SET standing = 'subscribed'", "DELETE FROM consent_entry"):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"GRANT UPDATE, DELETE ON consent_entry TO CURRENT_USER; {attack}")


def test_verify_finds_a_projection_that_was_changed_behind_the_ledgers_back(account, admin):
    unsubscribe(account, admin, "sms")
    assert ledger.verify(account.id)[1] == []

    Subscription.objects.update(standing="subscribed", entry_id=None)

    ((difference),) = ledger.verify(account.id)[1]
    assert difference.ledger.standing == "unsubscribed"


def test_a_deleted_contact_comes_back_unsubscribed_with_its_history(account, admin):
    contact = make.contact(account, sms="unsubscribed")
    contacts.delete(contact)

    again = contacts.add(account, admin, phone=contact.phone, first_name="Again")

    assert standing(account, address=again.phone) == "unsubscribed"
    assert ledger.history(account.id, again.channels, again.id).count() == 1


def test_a_new_number_of_an_unsubscribed_contact_is_unsubscribed_too(account, admin):
    contact = make.contact(account, sms="unsubscribed")
    old, new = contact.phone, make.phone()

    contacts.change(contact, admin, phone=new)

    assert standing(account, address=old) == standing(account, address=new) == "unsubscribed"
    assert standing(account, "whatsapp", new) == "subscribed"
    assert Entry.objects.get(address=new).source == Source.ADDRESS_CHANGED


def test_an_erased_contact_leaves_no_address_and_stays_suppressed(account, admin):
    contact = make.contact(account, sms="unsubscribed")
    phone = contact.phone
    contacts.forget(contact, admin)

    assert not Subscription.objects.filter(address=phone).exists()
    assert not Entry.objects.filter(address=phone).exists()
    assert ledger.verify(account.id)[1] == []
    contacts.add(account, admin, phone=phone)
    assert standing(account, address=phone) == "unsubscribed"


@pytest.mark.django_db(transaction=True)
def test_two_who_unsubscribe_the_same_contact_at_once_write_one_entry_each_channel():
    account = make.account()
    start = threading.Barrier(2)

    def press():
        start.wait(5)
        unsubscribe(account, make.system(), "sms", "mms", "rcs")
        connection.close()

    both = [threading.Thread(target=press) for _ in range(2)]
    [each.start() for each in both]
    [each.join(10) for each in both]

    assert Entry.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_an_admin_never_waits_without_bound_and_is_told_that_nothing_was_changed():
    account = make.account()
    admin = Actor.member(make.member(account, "admin"))
    subscription.hold(account.id, [("sms", PHONE)], account.id)
    held, let_go = threading.Event(), threading.Event()

    def hand_off():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM consent_subscription FOR SHARE")
            held.set()
            let_go.wait(10)
        connection.close()

    worker = threading.Thread(target=hand_off)
    worker.start()
    held.wait(5)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    with pytest.raises(subscription.Busy, match="nothing was changed"):
        unsubscribe(account, admin, "sms")
    let_go.set()
    worker.join(5)

    assert [change.channel for change in unsubscribe(account, admin, "sms")] == ["sms"]
    connection.close()


class Ledger(RuleBasedStateMachine):
    """Whatever happens in whatever order, the ledger rebuilt equals the projection, and says what a model says."""

    channels = sampled_from(["sms", "whatsapp", "email"])
    addresses = sampled_from(["+14155550101", "+14155550102"])

    def __init__(self):
        super().__init__()
        self.account = make.account()
        self.model = {}

    @rule(channel=channels, address=addresses)
    def stop(self, channel, address):
        changes = subscription.unsubscribe(
            self.account.id, [(channel, address)], source=Source.KEYWORD, actor=Actor.person(address)
        )
        assert bool(changes) == (self.model.get((channel, address)) != "unsubscribed")
        self.model[(channel, address)] = "unsubscribed"

    @rule(channel=channels, address=addresses)
    def start(self, channel, address):
        changes = subscription.resubscribe(
            self.account.id,
            [(channel, address)],
            source=Source.KEYWORD,
            actor=Actor.person(address),
            reason="START",
            evidence={},
        )
        assert bool(changes) == (self.model.get((channel, address)) == "unsubscribed")
        self.model[(channel, address)] = "subscribed"

    @rule(channel=channels, address=addresses)
    def hold(self, channel, address):
        subscription.hold(self.account.id, [(channel, address)], self.account.id)

    @invariant()
    def ledger_and_projection_agree(self):
        assert ledger.verify(self.account.id)[1] == []
        found = subscription.of(self.account.id, list(self.model))
        assert {key: row.standing for key, row in found.items()} == self.model


class TestLedger(Ledger.TestCase, TestCase):
    settings = settings(
        max_examples=20, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
    )
