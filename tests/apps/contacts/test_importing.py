"""A file becomes contacts: nobody twice, nobody resubscribed, and no bad row costs another."""

import pytest
from django.db import connection

from stopline.apps.consent import ledger, subscription
from stopline.apps.consent.actors import Actor
from stopline.apps.consent.models import Entry
from stopline.apps.contacts import contact as contacts
from stopline.apps.contacts import fields, search
from stopline.apps.contacts.importing import chunk, running
from stopline.apps.contacts.models import Contact, ContactList, Import, ListMembership
from stopline.rules.errors import Conflict, InvalidInput, NotAllowed
from stopline.rules.words import ResubscribeReason, Source
from tests import make
from tests.apps.contacts.importing_file import faults, run, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return make.account(default_country="DE")


@pytest.fixture
def admin(account):
    return make.member(account)


@pytest.fixture
def agent(account):
    return make.member(account, "agent")


def unsubscribed(contact: Contact) -> set[str]:
    rows = subscription.of(contact.account_id, contact.channels)
    return {channel.value for (channel, _), row in rows.items() if row.standing == "unsubscribed"}


def only(account) -> Contact:
    return Contact.objects.get(account_id=account.id)


def test_rows_become_contacts_with_numbers_in_one_form(account, admin):
    done = run(
        admin, "Vorname;Nachname;Handy;E-Mail;Notizen\nZoë;Müller;0151 23456789;ZOE@Example.com;Hallo\n"
    )

    made = only(account)
    assert (made.name, made.phone, made.email, made.notes) == (
        "Zoë Müller",
        "+4915123456789",
        "zoe@example.com",
        "Hallo",
    )
    assert made.origin == "Imported from people.csv"
    assert (done.state, done.created_count, done.updated_count, done.fault_count) == ("done", 1, 0, 0)


def test_imported_contacts_are_found_by_search(account, admin):
    run(admin, "Name,Phone\nZoë Müller,0151 23456789\n")

    for typed in ("muller", "zoe", "0151 23456", "3456789"):
        assert search.matching(account.contacts.all(), typed, "DE").count() == 1, typed


@pytest.mark.parametrize(
    "row", ["Zoë,,ada@example.com", "Zoë,0151 23456789,", "Zoë,0151 23456789,ada@example.com"]
)
def test_a_contact_is_known_by_phone_or_email_and_updated(account, admin, row):
    known = make.contact(account, "Ada", phone="+4915123456789", email="ada@example.com", notes="Keep me")

    done = run(admin, f"First name,Phone,E-mail,Notes\n{row},\n")

    known.refresh_from_db()
    assert (only(account).id, known.first_name, known.notes) == (known.id, "Zoë", "Keep me")
    assert (known.phone, known.email) == ("+4915123456789", "ada@example.com")
    assert (done.created_count, done.updated_count) == (0, 1)


def test_a_row_whose_addresses_belong_to_two_contacts_is_named(account, admin):
    make.contact(account, "Ada", phone="+4915123456789")
    make.contact(account, "Bob", email="bob@example.com")

    done = run(admin, "Phone,E-mail\n0151 23456789,bob@example.com\n")

    assert "belongs to Ada" in faults(done)[2] and "to Bob" in faults(done)[2]
    assert account.contacts.count() == 2


def test_of_lines_with_one_address_the_first_counts_and_the_others_are_named(account, admin):
    done = run(admin, "Name,Phone,E-mail\nJo,0151 23456789,jo@x.org\nMo,,JO@x.org\nLu,+4915123456789,\n")

    assert only(account).name == "Jo"
    assert list(faults(done)) == [3, 4]
    assert "Line 2 of this file has jo@x.org too" in faults(done)[3]


def test_a_repeated_line_is_named_across_chunks_too(account, admin, monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 1)

    done = run(admin, "Name,Phone\nJo,0151 23456789\nMo,0151 23456788\nLu,0151 23456789\n")

    assert "Line 2 of this file" in faults(done)[4]
    assert account.contacts.count() == 2


def test_bad_rows_are_listed_with_line_and_reason_and_cost_no_other(account, admin):
    text = 'Name,Phone,E-mail\nJo,12,\n\nMo,,\n"Lu"x,0151 23456789,\nTo,,to@x@org\nOk,0151 23456788,\n'

    done = run(admin, text)

    assert only(account).name == "Ok"
    told = faults(done)
    assert "phone number can't be used" in told[2] and "neither a phone number nor" in told[4]
    assert "quotation mark" in told[5] and "e-mail address can't be used" in told[6]
    assert (done.rows, done.done, done.fault_count) == (5, 5, 4)


@pytest.mark.parametrize("cell", ["yes", "STOP", "2024-05-03", "opted out"])
def test_a_column_unsubscribes_with_file_and_line_as_evidence(account, admin, cell):
    done = run(admin, f"Phone,E-mail,Unsubscribed\n0151 23456789,jo@x.org,{cell}\n")

    made = only(account)
    assert unsubscribed(made) == {"sms", "mms", "whatsapp", "rcs", "email"}
    entry = Entry.objects.filter(account_id=account.id).first()
    assert (entry.source, entry.actor_id, entry.contact_id) == (Source.IMPORT, str(admin.id), made.id)
    assert (entry.evidence["file"], entry.evidence["line"]) == ("people.csv", 2)
    assert entry.evidence["text"] == f"Unsubscribed: {cell}"
    assert done.unsubscribed_count == 1
    assert ledger.verify(account.id) == (5, [])


def test_a_column_of_one_channel_unsubscribes_there_only(account, admin):
    run(admin, "Phone,E-mail,WhatsApp opt-out\n0151 23456789,jo@x.org,x\n")

    assert unsubscribed(only(account)) == {"whatsapp"}


def test_a_known_contact_is_unsubscribed_under_all_its_addresses(account, admin):
    known = make.contact(account, phone="+4915123456789", email="ada@example.com")

    run(admin, "E-mail,Unsubscribed\nada@example.com,yes\n")

    assert "sms" in unsubscribed(known)


def test_a_bad_row_that_says_unsubscribed_is_heard_all_the_same(account, admin):
    known = make.contact(account, email="ada@example.com")

    done = run(admin, "Phone,E-mail,Unsubscribed\n12,ada@example.com,yes\n")

    assert done.fault_count == 1
    assert unsubscribed(known) == {"email"}


def test_a_cell_that_says_neither_yes_nor_no_is_asked_about(account, admin):
    done = run(admin, "E-mail,Unsubscribed\njo@x.org,perhaps\n")

    assert "“perhaps” in Unsubscribed says neither yes nor no" in faults(done)[2]
    assert account.contacts.count() == 0


@pytest.mark.parametrize("cell", ["no", "subscribed", "", "false", "START", "opted in"])
def test_an_import_never_resubscribes_whatever_the_file_says(account, admin, cell):
    known = make.contact(account, phone="+4915123456789", sms="unsubscribed")

    run(admin, f"Phone,SMS status\n+4915123456789,{cell}\n", column1="unsubscribed:sms")

    assert unsubscribed(known) == {"sms"}


def test_a_deleted_contact_comes_back_unsubscribed_with_its_history(account, admin):
    contacts.delete(make.contact(account, phone="+4915123456789", sms="unsubscribed"))

    run(admin, "Phone\n+4915123456789\n")

    assert unsubscribed(only(account)) == {"sms"}


def test_an_erased_address_comes_back_unsubscribed(account, admin):
    contacts.forget(make.contact(account, phone="+4915123456789", sms="unsubscribed"), Actor.member(admin))

    run(admin, "Phone\n+4915123456789\n")

    assert unsubscribed(only(account)) == {"sms"}
    assert ledger.verify(account.id)[1] == []


def test_an_unsubscribe_follows_to_the_number_a_file_gives(account, admin):
    known = make.contact(account, phone="+4915123456789", email="ada@example.com", sms="unsubscribed")

    run(admin, "E-mail,Phone\nada@example.com,0151 99999999\n")

    known.refresh_from_db()
    assert known.phone == "+4915199999999"
    assert unsubscribed(known) == {"sms"}
    entry = Entry.objects.get(account_id=account.id, source=Source.ADDRESS_CHANGED)
    assert (entry.evidence["former_address"], entry.evidence["file"]) == ("+4915123456789", "people.csv")


def test_what_was_resubscribed_with_evidence_stays_so(account, admin):
    known = make.contact(account, phone="+4915123456789", sms="unsubscribed")
    evidence = {"text": "Called on 3 May"}
    subscription.resubscribe(
        account.id,
        [("sms", known.phone)],
        source=Source.ADMIN,
        actor=Actor.member(admin),
        reason=ResubscribeReason.ASKED,
        evidence=evidence,
    )

    run(admin, "Name,Phone\nJo,+4915123456789\n")

    assert unsubscribed(known) == set()


def test_agents_import_contacts_but_do_not_unsubscribe(account, agent, admin):
    run(agent, "Phone\n0151 23456789\n")

    with pytest.raises(NotAllowed, match=f"Only admins can unsubscribe contacts. Ask {admin.user.name}"):
        start(agent, "Phone,Unsubscribed\n0151 23456788,yes\n")
    assert only(account).phone == "+4915123456789"


def test_a_change_of_role_afterwards_does_not_stop_what_an_admin_started(account, admin):
    started = start(admin, "Phone,Unsubscribed\n0151 23456789,yes\n")
    type(admin).objects.filter(pk=admin.pk).update(role="agent")

    running.run(account.id, started.id)

    assert "sms" in unsubscribed(only(account))


def test_everybody_joins_the_chosen_list_and_those_their_row_names(account, admin):
    make.contact(account, phone="+4915123456789")

    run(admin, 'Phone,Lists\n0151 23456789,vip; "A;B"\n0151 23456788,\n', list_name="Spring")

    names = ListMembership.objects.filter(account_id=account.id).values_list("contact_list__name", flat=True)
    assert sorted(names) == ["A;B", "Spring", "Spring", "vip"]


def test_a_list_is_found_by_name_without_regard_to_case(account, admin):
    ContactList.objects.create(account=account, name="Éclair VIP")

    run(admin, "Phone,Lists\n0151 23456789,éclair vip\n", list_name="ÉCLAIR VIP")

    assert ContactList.objects.filter(account_id=account.id).count() == 1


def test_a_column_mistaken_for_lists_makes_no_flood_of_them(account, admin):
    rows = "".join(f"0151 2345{n:04},List {n}\n" for n in range(105))

    done = run(admin, f"Phone,Lists\n{rows}")

    assert ContactList.objects.filter(account_id=account.id).count() == 100
    assert done.fault_count == 5 and "more new lists" in faults(done)[106]


def test_custom_fields_are_read_by_their_kind(account, admin):
    for label, kind in (("Town", "text"), ("Orders", "number"), ("Birthday", "date")):
        fields.create(admin, label, kind)

    done = run(
        admin,
        "Phone,Town,Orders,Birthday\n0151 23456781,Köln,1234.5,1990-5-3\n0151 23456782,Ulm,few,3.5.90\n",
    )

    assert only(account).custom == {"town": "Köln", "orders": 1234.5, "birthday": "1990-05-03"}
    assert "“few” in Orders isn't a number" in faults(done)[3] and "isn't a date" in faults(done)[3]


def test_importing_the_same_file_again_changes_nothing(account, admin):
    text = "Name,Phone,Unsubscribed\nJo,0151 23456789,yes\nMo,0151 23456788,\n"
    run(admin, text)
    before = list(account.contacts.order_by("id").values_list("id", "updated_at"))

    done = run(admin, text)

    assert list(account.contacts.order_by("id").values_list("id", "updated_at")) == before
    assert (done.created_count, done.updated_count, done.unsubscribed_count) == (0, 2, 0)
    assert Entry.objects.filter(account_id=account.id).count() == 4


def test_an_address_given_up_by_one_row_is_free_for_the_next(account, admin):
    ada = make.contact(account, "Ada", phone="+4915123456789", email="ada@example.com")

    done = run(admin, "Name,Phone,E-mail\nAda,0151 23456789,new@example.com\nEve,,ada@example.com\n")

    assert done.fault_count == 0
    assert account.contacts.get(email="new@example.com").id == ada.id
    assert account.contacts.get(email="ada@example.com").name == "Eve"


def test_what_the_database_refuses_costs_its_own_row_only(account, admin, monkeypatch):
    """As when somebody else takes an address between looking and writing."""
    make.contact(account, "Ada", phone="+4915123456789")
    monkeypatch.setattr(chunk, "_owners", lambda job, candidates: {})

    done = run(admin, "Name,Phone,Unsubscribed\nJo,0151 23456788,\nEve,0151 23456789,yes\n")

    assert (done.created_count, done.fault_count) == (1, 1)
    assert "The database refused it" in faults(done)[3]
    assert "sms" in unsubscribed(account.contacts.get(first_name="Ada"))


def test_an_import_cut_off_goes_on_from_where_it_was(account, admin, monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 2)
    started = start(
        admin, "Phone,Unsubscribed\n" + "".join(f"0151 2345678{n},yes\n" for n in (0, 1, 2, 2, 0, 3))
    )
    running.run(account.id, started.id, stopping=lambda: True)
    halfway = Import.objects.get(pk=started.pk)

    running.run(account.id, started.id)

    done = Import.objects.get(pk=started.pk)
    assert (halfway.state, halfway.done, halfway.created_count) == ("running", 2, 2)
    assert (done.state, done.done, done.created_count, done.unsubscribed_count) == ("done", 6, 4, 4)
    assert list(faults(done)) == [5, 6]
    assert "Line 2 of this file" in faults(done)[6]


def test_two_workers_with_one_import_import_it_once(account, admin, monkeypatch):
    started = start(admin, "Phone\n0151 23456789\n")
    late = Import.objects.get(pk=started.pk)
    running.run(account.id, started.id)

    running._go_on(late, lambda: False)

    assert account.contacts.count() == 1
    assert Import.objects.get(pk=started.pk).created_count == 1


def test_something_unexpected_is_told_and_can_be_resumed(account, admin, monkeypatch):
    started = start(admin, "Phone\n0151 23456789\n")
    monkeypatch.setattr(chunk, "save", lambda job, candidates: 1 / 0)
    running.run(account.id, started.id)
    failed = Import.objects.get(pk=started.pk)
    monkeypatch.undo()

    running.resume(failed)
    running.run(account.id, started.id)

    assert failed.state == "failed" and "Press Resume" in failed.problem
    assert Import.objects.get(pk=started.pk).state == "done"


def test_the_file_is_gone_once_it_is_imported(account, admin):
    done = run(admin, "Phone\n0151 23456789\n")

    assert bytes(done.content) == b""
    with pytest.raises(Conflict):
        running.resume(done)


def test_an_import_is_started_once(account, admin):
    from stopline.apps.contacts.importing import uploads

    started = start(admin, "Phone\n0151 23456789\n")

    with pytest.raises(Conflict, match="started already"):
        uploads.start(started, admin, started.mapping, None, "")


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ({"column0": "", "column1": ""}, "No column becomes Phone or E-mail"),
        ({"column1": "phone"}, "both become Phone"),
        ({"column1": "shoe size"}, "can't become"),
    ],
)
def test_a_mapping_that_can_not_work_is_told(account, admin, mapping, told):
    with pytest.raises(InvalidInput, match=told):
        start(admin, "Phone,Other\n0151 23456789,x\n", **mapping)


def test_another_account_s_contacts_are_neither_matched_nor_changed(account, admin):
    elsewhere = make.contact(make.account("Elsewhere"), "Eve", phone="+4915123456789", sms="unsubscribed")

    run(admin, "Name,Phone,Unsubscribed\nJo,+4915123456789,\nMo,+4915123456788,yes\n")

    elsewhere.refresh_from_db()
    assert elsewhere.first_name == "Eve"
    assert unsubscribed(account.contacts.get(first_name="Jo")) == set()


def test_the_planner_knows_the_new_contacts_at_once(account, admin):
    run(admin, "phone\n" + "".join(f"0151 2345{number:04}\n" for number in range(300)))

    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'contacts_contact'::regclass")
        assert cursor.fetchone()[0] >= 300
