"""An export says everything about a contact, and an import takes it back."""

import csv
import io

import pytest

from stopline.apps.consent import subscription
from stopline.apps.contacts import directory, exporting, fields, lists
from stopline.apps.contacts.directory import Filters
from stopline.apps.contacts.models import Contact, ListMembership
from tests import make
from tests.apps.contacts.importing_file import faults, run

pytestmark = pytest.mark.django_db


def export(account, **filters) -> str:
    return "".join(exporting.as_csv(account, directory.find(account, Filters(**filters))))


def rows(account, **filters) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(export(account, **filters).removeprefix("\ufeff"))))


def everything(account) -> list[list]:
    told = []
    for contact in Contact.objects.filter(account_id=account.id).order_by("email", "phone"):
        standings = {key: row.standing for key, row in subscription.of(account.id, contact.channels).items()}
        names = ListMembership.objects.filter(account_id=account.id, contact_id=contact.id)
        listed = sorted(names.values_list("contact_list__name", flat=True))
        told.append(
            [contact.name, contact.phone, contact.email, contact.notes, contact.custom, standings, listed]
        )
    return told


def cast(account, admin) -> None:
    make.contact(account, "=cmd|' /C calc'!A0", phone="+14155550123", notes="-1\n'=two\n", sms="unsubscribed")
    vip = make.contact(account, "Zoë", last_name='"Quote", Jr', email="unsubscribed", custom={"town": "@Ulm"})
    make.contact(account, "Bo", custom={"orders": -3.125, "birthday": "1990-05-03"}, notes="'+plus")
    lists.add(lists.create(account, "A;B"), [vip])
    lists.add(lists.create(account, "=VIP"), [vip])


def test_a_row_tells_standing_since_and_source_on_each_channel():
    account = make.account(time_zone="Europe/Berlin")
    make.contact(account, "Ada", phone="+14155550123", sms="unsubscribed")

    row = rows(account)[0]

    assert (row["First name"], row["Phone"]) == ("Ada", "+14155550123")
    assert (row["SMS status"], row["SMS source"]) == ("unsubscribed", "Changed by an admin")
    assert row["SMS since"].endswith(("+01:00", "+02:00"))
    assert (row["WhatsApp status"], row["WhatsApp since"]) == ("subscribed", "")
    assert row["E-mail status"] == ""


def test_no_cell_of_an_export_is_a_formula():
    account = make.account()
    admin = make.member(account)
    fields.create(admin, "=1+1", "text")
    cast(account, admin)

    cells = [cell for row in csv.reader(io.StringIO(export(account).removeprefix("\ufeff"))) for cell in row]

    risky = [cell for cell in cells if cell[:1] in tuple("=+-@\t\r") and cell]
    assert risky and all(cell.lstrip("+-").replace(".", "").isdigit() for cell in risky)


def test_an_export_comes_back_into_another_account_with_nothing_lost():
    here, there = make.account("Here"), make.account("There")
    for account in (here, there):
        for label, kind in (("Town", "text"), ("Orders", "number"), ("Birthday", "date")):
            fields.create(make.member(account), label, kind)
    cast(here, None)

    done = run(make.member(there), export(here))

    assert faults(done) == {}
    assert everything(there) == everything(here)


def test_an_export_comes_back_into_its_own_account_and_changes_nothing():
    account = make.account()
    admin = make.member(account)
    for label, kind in (("Town", "text"), ("Orders", "number"), ("Birthday", "date")):
        fields.create(admin, label, kind)
    cast(account, admin)
    before = everything(account)

    done = run(admin, export(account))

    assert everything(account) == before
    assert (done.created_count, done.updated_count, done.unsubscribed_count) == (0, 3, 0)


def test_the_filter_of_the_page_narrows_the_export():
    account = make.account()
    make.contact(account, "Ada")
    make.contact(account, "Bob")
    make.contact(make.account("Elsewhere"), "Ada")

    assert [row["First name"] for row in rows(account, text="ada")] == ["Ada"]
