"""Erasure reaches everything the ledger knows of a person, and keeps what they unsubscribed from."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from stopline.apps.consent import evidence, ledger, subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.consent.models import Entry, EvidenceFile
from stopline.apps.contacts import contact as contacts
from stopline.apps.contacts import standing
from stopline.rules.errors import NotAllowed
from tests import make

pytestmark = pytest.mark.django_db
OLD, NEW = "+12125550101", "+12125550102"


@pytest.fixture
def account():
    return make.account()


@pytest.fixture
def admin(account):
    return Actor.member(make.member(account, "admin"))


def everything_kept(account):
    return str(list(Entry.objects.filter(account=account).values()))


def test_a_former_address_is_forgotten_too(account, admin):
    ada = make.contact(account, phone=OLD, sms="unsubscribed")
    contacts.change(ada, admin, phone=NEW)

    contacts.forget(ada, admin)

    assert OLD not in everything_kept(account) and NEW not in everything_kept(account)
    assert ledger.verify(account.id)[1] == []


def test_both_come_back_unsubscribed(account, admin):
    ada = make.contact(account, phone=OLD, sms="unsubscribed")
    contacts.change(ada, admin, phone=NEW)
    contacts.forget(ada, admin)

    for phone in (OLD, NEW):
        again = make.contact(account, phone=phone)
        assert subscription.of(account.id, again.channels)["sms", phone].standing == "unsubscribed"


def test_a_former_address_that_somebody_else_has_now_stays_theirs(account, admin):
    ada = make.contact(account, phone=OLD, sms="unsubscribed")
    contacts.change(ada, admin, phone=NEW)
    make.contact(account, "Ben", phone=OLD)

    contacts.forget(ada, admin)

    assert subscription.of(account.id, [("sms", OLD)])["sms", OLD].standing == "unsubscribed"
    assert NEW not in everything_kept(account)


def test_a_file_goes_with_the_last_person_it_is_evidence_for(account, admin):
    people = [make.contact(account, name, sms="unsubscribed") for name in ("Ada", "Ben")]
    file = evidence.keep(account.id, SimpleUploadedFile("form.pdf", b"signed"))
    proof = {"text": "Both asked.", "file": evidence.reference(file)}
    standing.resubscribe(account.id, people, ["sms"], actor=admin, reason="asked", evidence=proof)

    contacts.forget(people[0], admin)
    assert EvidenceFile.objects.filter(account=account).exists()

    contacts.forget(people[1], admin)
    assert not EvidenceFile.objects.filter(account=account).exists()


def test_agents_forget_nobody(account, admin):
    ada, agent = make.contact(account), Actor.member(make.member(account, "agent"))

    with pytest.raises(NotAllowed, match=r"Only admins can forget contacts\. Ask Ana Ruiz"):
        contacts.forget(ada, agent)

    assert account.contacts.filter(id=ada.id).exists()
