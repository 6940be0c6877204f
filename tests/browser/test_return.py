"""An unsubscribe belongs to the address: it outlives the contact, and follows the person to a new number."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.acts import (
    add_contact,
    choose_action,
    choose_channels,
    find_contact,
    new_phone,
    news,
    open_page_of,
)


def test_a_contact_deleted_and_added_again_comes_back_unsubscribed_with_its_history(admin):
    number = new_phone()
    name = add_contact(admin, "Gone", "Before", phone=number)
    _unsubscribe(find_contact(admin, name), name, "SMS", "WhatsApp")
    choose_action(find_contact(admin, name), name, "Delete")
    dialog = admin.get_by_role("dialog", name="Delete contact")
    expect(dialog).to_contain_text("comes back unsubscribed where it is unsubscribed now")
    dialog.get_by_role("button", name="Delete contact").click()
    expect(news(admin)).to_contain_text(f"{name} deleted.")
    expect(admin.get_by_role("heading", name="No contact matches")).to_be_visible()

    again = add_contact(admin, "Back", "After", phone=number)

    row = find_contact(admin, again)
    expect(row.get_by_text("SMS unsubscribed")).to_be_visible()
    expect(row.get_by_text("WhatsApp unsubscribed")).to_be_visible()
    open_page_of(admin, again)
    expect(_history(admin).get_by_role("listitem").first).to_contain_text("Unsubscribed from SMS, WhatsApp")
    expect(_history(admin)).to_contain_text("Said so in the shop")


def test_a_new_number_is_unsubscribed_too_and_the_old_one_stays_so(admin):
    old, new = new_phone(), new_phone()
    name = add_contact(admin, "New", "Number", phone=old)
    _unsubscribe(find_contact(admin, name), name, "SMS")

    choose_action(find_contact(admin, name), name, "Edit")
    dialog = admin.get_by_role("dialog", name="Edit contact")
    dialog.get_by_label("Phone").fill(new)
    dialog.get_by_role("button", name="Save").click()

    expect(news(admin)).to_contain_text(f"{name} saved.")
    expect(find_contact(admin, name).get_by_text("SMS unsubscribed")).to_be_visible()
    open_page_of(admin, name)
    expect(_history(admin).get_by_role("listitem").first).to_contain_text("Address changed")
    other = add_contact(admin, "Old", "Number", phone=old)
    expect(find_contact(admin, other).get_by_text("SMS unsubscribed")).to_be_visible()


def test_an_address_that_somebody_has_is_named_and_not_taken_twice(admin, watch):
    watch.expected.add(422)
    number = new_phone()
    owner = add_contact(admin, "First", "Owner", phone=number)

    admin.get_by_role("link", name="Add contact").click()
    dialog = admin.get_by_role("dialog", name="Add contact")
    dialog.get_by_label("First name").fill("Second")
    dialog.get_by_label("Phone").fill(number)
    dialog.get_by_role("button", name="Add contact").click()

    expect(dialog.get_by_role("alert")).to_contain_text(f"{owner} already has it")
    expect(dialog.get_by_label("First name")).to_have_value("Second")
    with admin.expect_navigation():
        dialog.get_by_role("link", name=f"Open {owner}").click()
    expect(admin.get_by_role("heading", name=owner, level=1)).to_be_visible()


def _unsubscribe(row: Locator, name: str, *channels: str) -> None:
    choose_action(row, name, "Unsubscribe")
    dialog = row.page.get_by_role("dialog", name="Unsubscribe contact")
    choose_channels(dialog, *channels)
    dialog.get_by_label("Reason").fill("Said so in the shop")
    dialog.get_by_role("button", name="Mark unsubscribed").click()
    expect(dialog).to_have_count(0)


def _history(page: Page) -> Locator:
    return page.get_by_role("region", name="History")
