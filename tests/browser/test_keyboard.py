"""No mouse: every step by keys, and the focus is always somewhere sensible."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.acts import add_contact, message, new_phone, news, row_of


def test_the_inbox_is_worked_through_by_keys(admin):
    press = admin.keyboard.press
    rows = admin.get_by_role("list", name="Conversations").get_by_role("link")
    first, second = (rows.nth(place).get_attribute("href") for place in (0, 1))

    press("j")
    expect(admin).to_have_url(re.compile(re.escape(first)))
    press("j")
    expect(admin).to_have_url(re.compile(re.escape(second)))
    press("k")
    expect(admin).to_have_url(re.compile(re.escape(first)))

    press("/")
    expect(admin.get_by_role("searchbox", name="Find contact")).to_be_focused()
    admin.keyboard.type("Tyler Brooks")
    expect(rows).to_have_count(1)
    press("Tab")
    admin.get_by_role("region", name=re.compile("^Conversation with")).wait_for()
    admin.evaluate("document.activeElement.blur()")
    press("j")
    expect(admin.get_by_role("region", name="Conversation with Tyler Brooks")).to_be_visible()

    press("r")
    field = admin.get_by_role("textbox", name="Message", exact=True)
    expect(field).to_be_focused()
    admin.keyboard.type("jkeu? The side door it is.")
    press("Control+Enter")
    expect(message(admin, "jkeu? The side door it is.")).to_be_visible()
    expect(field).to_have_value("")
    expect(field).to_be_focused()

    admin.evaluate("document.activeElement.blur()")
    press("e")
    expect(admin.get_by_role("button", name="Reopen")).to_be_visible()
    press("e")
    expect(admin.get_by_role("button", name="Close", exact=True)).to_be_visible()
    press("u")
    expect(admin).to_have_url(re.compile(r"/inbox/(\?.*)?$"))
    expect(admin.get_by_role("heading", name="No conversation chosen")).to_be_visible()
    expect(rows.filter(has_text="Tyler Brooks").get_by_role("img", name=re.compile("unread"))).to_be_visible()


def test_question_mark_lists_the_keys_and_ctrl_k_searches_everything(admin):
    admin.keyboard.press("?")
    shortcuts = admin.get_by_role("dialog", name="Keyboard shortcuts")
    expect(shortcuts).to_be_visible()
    for key in ("j", "k", "/", "n"):
        expect(shortcuts.get_by_text(key, exact=True)).to_be_visible()
    admin.keyboard.press("Escape")
    expect(shortcuts).to_be_hidden()

    admin.keyboard.press("Control+k")
    field = admin.get_by_role("searchbox", name="Search everything")
    expect(field).to_be_focused()
    admin.keyboard.type("Walter Kimball")
    found = admin.get_by_role("dialog", name="Search").get_by_role("link", name=re.compile("Walter Kimball"))
    expect(found.first).to_be_visible()
    _tab_to(admin, found.first)
    admin.keyboard.press("Enter")
    expect(admin.get_by_role("heading", name="Walter Kimball", level=1)).to_be_visible()


def test_a_contact_is_unsubscribed_by_keys_alone(admin):
    name = add_contact(admin, "Keyboard", "Only", phone=new_phone())
    press = admin.keyboard.press
    admin.goto("/contacts/")
    press("/")
    expect(admin.get_by_role("searchbox", name="Search contacts")).to_be_focused()
    with admin.expect_response(re.compile(r"q=Keyboard%20Only")):
        admin.keyboard.type(name)
    expect(admin.get_by_role("main").get_by_role("status")).to_have_text("1 contact")
    row = row_of(admin, name)
    button = row.get_by_role("button", name=f"More actions for {name}")

    _tab_to(admin, button)
    press("Enter")
    expect(row.get_by_role("menuitem", name="View")).to_be_focused()
    press("u")
    expect(row.get_by_role("menuitem", name="Unsubscribe")).to_be_focused()
    press("Enter")
    dialog = admin.get_by_role("dialog", name="Unsubscribe contact")
    expect(dialog).to_be_visible()
    _tab_to(admin, dialog.get_by_role("button", name="Channels"))
    press("Enter")
    expect(dialog.get_by_role("checkbox", name="SMS")).to_be_focused()
    press("Space")
    press("Escape")
    expect(dialog.get_by_role("button", name="Channels")).to_contain_text("SMS")
    expect(dialog.get_by_role("button", name="Channels")).to_be_focused()
    _tab_to(admin, dialog.get_by_role("button", name="Mark unsubscribed"))
    press("Enter")

    expect(news(admin)).to_contain_text(f"{name} is unsubscribed from SMS.")
    expect(row.get_by_text("SMS unsubscribed")).to_be_visible()
    expect(button).to_be_focused()


def test_escape_leaves_a_dialog_and_nothing_is_changed(admin):
    name = add_contact(admin, "Keyboard", "Escapes", phone=new_phone())
    row = row_of(admin, name)
    button = row.get_by_role("button", name=f"More actions for {name}")
    button.focus()
    admin.keyboard.press("ArrowDown")
    expect(row.get_by_role("menuitem", name="View")).to_be_focused()
    admin.keyboard.press("d")
    expect(row.get_by_role("menuitem", name="Delete")).to_be_focused()
    admin.keyboard.press("Enter")
    dialog = admin.get_by_role("dialog", name="Delete contact")
    expect(dialog).to_be_visible()

    admin.keyboard.press("Escape")

    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    expect(row).to_be_visible()


def _tab_to(page: Page, target, most: int = 40) -> None:
    """Tab by Tab, as somebody does who sees where the focus is."""
    for _ in range(most):
        if target.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached by {most} × Tab")
