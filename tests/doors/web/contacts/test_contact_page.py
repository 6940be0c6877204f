"""One contact: its page, its form, its lists, and how it leaves."""

import pytest

from stopline.apps.consent.models import Entry
from stopline.apps.contacts import fields, lists
from stopline.apps.contacts.models import Contact
from tests import make

pytestmark = pytest.mark.django_db


def of(contact, tail=""):
    return f"/contacts/{contact.id}/{tail}"


def named(account, name):
    return Contact.objects.get(account=account, first_name=name)


def test_the_page_tells_the_whole_story(admin):
    points = fields.create(admin.member, "Points", "number")
    ada = make.contact(admin.account, "Ada", phone="+12125550143", sms="unsubscribed", custom={points.key: 7})
    lists.add(lists.create(admin.account, "VIP"), [ada])

    shown = admin.get(of(ada)).content.decode()

    for words in (
        "+1 212-555-0143",
        "SMS unsubscribed",
        "MMS subscribed",
        "Points",
        "VIP",
        "No messages yet",
    ):
        assert words in shown
    assert "Unsubscribed from SMS" in shown and "Changed by an admin" in shown


def test_times_are_the_accounts_own(admin):
    admin.account.__class__.objects.filter(id=admin.account.id).update(time_zone="Asia/Tokyo")
    ada = make.contact(admin.account, sms="unsubscribed")

    assert "Times in Asia/Tokyo" in admin.get(of(ada)).content.decode()


def test_the_history_reaches_back_to_a_former_number(admin):
    ada = make.contact(admin.account, "Ada", phone="+12125550143", sms="unsubscribed")
    admin.post(of(ada, "edit/"), {"first_name": "Ada", "phone": "+12125550144"})

    shown = admin.get(of(ada)).content.decode()

    assert "Address changed" in shown and "(former address)" in shown


def test_another_accounts_contact_does_not_exist(outsider, admin):
    ada = make.contact(admin.account, "Adalbert")

    for tail in ("", "edit/", "delete/", "forget/"):
        response = outsider.get(of(ada, tail))
        assert response.status_code == 404 and "Adalbert" not in response.content.decode()
    for tail in ("edit/", "delete/", "forget/", "lists/add/", "lists/remove/"):
        assert outsider.post(of(ada, tail), {"first_name": "Mallory"}).status_code == 404
    assert named(admin.account, "Adalbert")


def test_a_contact_is_added_as_typed(agent):
    response = agent.htmx.post(
        "/contacts/add/", {"first_name": "Zoe", "phone": "(212) 555-0143", "email": "Zoe@Example.ORG"}
    )

    zoe = named(agent.account, "Zoe")
    assert response.status_code == 204 and "Zoe added." in response["HX-Trigger"]
    assert (zoe.phone, zoe.email, zoe.origin) == ("+12125550143", "zoe@example.org", "Added by Ben Okafor")


def test_what_can_not_be_used_is_said_at_its_field(admin):
    fields.create(admin.member, "Points", "number")

    response = admin.htmx.post(
        "/contacts/add/", {"first_name": "Zoe", "phone": "12", "email": "zoe", "custom_points": "many"}
    )

    shown = response.content.decode()
    assert response.status_code == 422
    for words in ("too few digits", "it needs exactly one @", "isn&#x27;t a number"):
        assert words in shown
    assert shown.count('aria-invalid="true"') == 3 and not Contact.objects.exists()


def test_nobody_at_all_is_refused(admin):
    response = admin.htmx.post("/contacts/add/", {"notes": "who?"})

    assert response.status_code == 422 and "A contact needs a name" in response.content.decode()


def test_an_address_in_use_names_and_links_who_has_it(admin):
    ada = make.contact(admin.account, "Ada", phone="+12125550143")

    response = admin.htmx.post("/contacts/add/", {"first_name": "Zoe", "phone": "212 555 0143"})

    shown = response.content.decode()
    assert response.status_code == 422
    assert "Ada already has it" in shown and f'href="{of(ada)}"' in shown
    assert Contact.objects.count() == 1


def test_the_same_address_in_another_account_is_no_matter(admin, outsider):
    make.contact(outsider.account, phone="+12125550143")

    assert admin.htmx.post("/contacts/add/", {"phone": "212 555 0143"}).status_code == 204


def test_custom_fields_are_filled_and_emptied(admin):
    fields.create(admin.member, "Birthday", "date")
    ada = make.contact(admin.account, "Ada")

    admin.post(of(ada, "edit/"), {"first_name": "Ada", "custom_birthday": "2026-05-03"})
    assert named(admin.account, "Ada").custom == {"birthday": "2026-05-03"}
    assert "2026-05-03" in admin.get(of(ada, "edit/")).content.decode()

    admin.post(of(ada, "edit/"), {"first_name": "Ada", "custom_birthday": ""})
    assert named(admin.account, "Ada").custom == {}


def test_deleting_from_the_contacts_own_page_leads_to_the_list(admin):
    ada = make.contact(admin.account, "Ada", sms="unsubscribed")
    there = {"HX-Current-URL": f"http://testserver{of(ada)}"}

    response = admin.htmx.post(of(ada, "delete/"), headers=there)

    assert response["HX-Redirect"] == "/contacts/"
    assert not Contact.objects.exists() and Entry.objects.count() == 1


def test_forgetting_says_what_will_happen_then_does_it(admin):
    ada = make.contact(admin.account, "Ada", phone="+12125550143", sms="unsubscribed")

    assert "keyed hash" in admin.get(of(ada, "forget/")).content.decode()
    admin.post(of(ada, "forget/"))

    assert not Contact.objects.exists()
    assert Entry.objects.get().address.startswith("erased:")


def test_agents_forget_nobody(agent, admin):
    ada = make.contact(agent.account)

    responses = [agent.get(of(ada, "forget/")), agent.post(of(ada, "forget/"))]

    assert [each.status_code for each in responses] == [403, 403]
    assert "Only admins can forget contacts. Ask Ana Ruiz." in agent.get(of(ada)).content.decode()
    assert Contact.objects.exists()


def test_a_contact_joins_and_leaves_lists(agent, outsider):
    ada, vips = make.contact(agent.account, "Ada"), lists.create(agent.account, "VIP")
    foreign = lists.create(outsider.account, "Theirs")

    agent.htmx.post(of(ada, "lists/add/"), {"list": vips.id})
    assert lists.of_contacts(agent.account.id, [ada]) == {ada.id: ["VIP"]}

    agent.htmx.post(of(ada, "lists/remove/"), {"list": vips.id})
    assert lists.of_contacts(agent.account.id, [ada]) == {ada.id: []}
    assert agent.htmx.post(of(ada, "lists/add/"), {"list": foreign.id}).status_code == 404
