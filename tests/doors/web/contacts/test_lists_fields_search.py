"""The Lists page, custom fields in the settings, and global search."""

import pytest

from stopline.apps.contacts import fields, lists
from stopline.apps.contacts.models import ContactList, CustomField
from tests import make

pytestmark = pytest.mark.django_db
LISTS, FIELDS = "/contacts/lists/", "/settings/fields/"


def test_lists_are_made_renamed_and_deleted(agent):
    agent.htmx.post(f"{LISTS}create/", {"name": "VIP"})
    made = ContactList.objects.get()
    agent.htmx.post(f"{LISTS}{made.id}/rename/", {"name": "Guests"})

    assert "Guests" in agent.get(LISTS).content.decode()
    assert "No lists yet" not in agent.get(LISTS).content.decode()

    agent.htmx.post(f"{LISTS}{made.id}/delete/")
    assert "No lists yet" in agent.get(LISTS).content.decode()


def test_a_name_in_use_is_told_in_the_dialog(admin):
    lists.create(admin.account, "VIP")

    response = admin.htmx.post(f"{LISTS}create/", {"name": "vip"})

    assert response.status_code == 422 and "There is a list named" in response.content.decode()


def test_another_accounts_lists_do_not_exist(outsider, admin):
    vips = lists.create(admin.account, "VIP")

    assert "VIP" not in outsider.get(LISTS).content.decode()
    for tail in ("rename/", "delete/"):
        assert outsider.post(f"{LISTS}{vips.id}/{tail}", {"name": "Mine"}).status_code == 404
    assert ContactList.objects.get().name == "VIP"


def test_selected_contacts_join_a_list_old_or_new(admin):
    people = [make.contact(admin.account, name) for name in ("Ada", "Ben")]
    vips = lists.create(admin.account, "VIP")
    ids = [each.id for each in people]

    old = admin.htmx.post(f"{LISTS}add/", {"contact": ids, "into": vips.id})
    new = admin.htmx.post(f"{LISTS}add/", {"all": "1", "q": "ada", "name": "Adas"})

    assert "2 contacts added to VIP." in old["HX-Trigger"] and "1 contact added to Adas." in new["HX-Trigger"]
    assert [(each.name, size) for each, size in lists.with_sizes(admin.account)] == [("Adas", 1), ("VIP", 2)]


def test_no_list_chosen_is_told(admin):
    ada = make.contact(admin.account)

    response = admin.htmx.post(f"{LISTS}add/", {"contact": ada.id, "into": ""})

    assert response.status_code == 422 and "No list is chosen" in response.content.decode()


def test_an_admin_keeps_the_custom_fields(admin):
    admin.htmx.post(f"{FIELDS}add/", {"label": "Points", "kind": "number"})
    field = CustomField.objects.get()
    admin.htmx.post(f"{FIELDS}{field.id}/rename/", {"label": "Loyalty"})

    assert "Loyalty" in admin.get(FIELDS).content.decode()
    assert "Loyalty" in admin.get("/contacts/add/").content.decode()

    admin.htmx.post(f"{FIELDS}{field.id}/delete/")
    assert not CustomField.objects.exists()


def test_agents_read_the_fields_and_change_none(agent, admin):
    field = fields.create(admin.member, "Points", "number")

    shown = agent.get(FIELDS).content.decode()
    assert "Points" in shown and "Ask Ana Ruiz" in shown and "More actions" not in shown
    for tail in ("add/", f"{field.id}/rename/", f"{field.id}/delete/"):
        assert agent.post(f"{FIELDS}{tail}", {"label": "Mine", "kind": "text"}).status_code == 403


def test_another_accounts_fields_do_not_exist(outsider, admin):
    field = fields.create(admin.member, "Points", "number")

    for tail in ("rename/", "delete/"):
        assert outsider.post(f"{FIELDS}{field.id}/{tail}", {"label": "Mine"}).status_code == 404
    assert "Points" not in outsider.get(FIELDS).content.decode()


def test_global_search_finds_a_contact_from_anywhere(agent, outsider):
    ada = make.contact(agent.account, "Adalbert")
    make.contact(outsider.account, "Adalbert Else")

    fragment = agent.htmx.get("/contacts/search/", {"q": "adal"}).content.decode()
    whole = agent.get("/contacts/search/", {"q": "adal"}).content.decode()

    assert f'href="/contacts/{ada.id}/"' in fragment and "Else" not in fragment
    assert "<h1" not in fragment and "<h1>Search</h1>" in whole
    assert "Nothing matches" in agent.htmx.get("/contacts/search/", {"q": "zz"}).content.decode()
    assert agent.htmx.get("/contacts/search/", {"q": ""}).content.decode().strip() == ""
