"""Every page and dialog, light and dark, wide and narrow: axe finds nothing, nothing sticks out.

What no page may do in any test, `watch` looks for.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.acts import (
    choose_channel,
    find_contact,
    new_phone,
    news,
    open_conversation,
    take_phone,
)

WIDE, PHONE, NARROW = ({"width": width, "height": 844} for width in (1440, 390, 360))
# Preloading, axe would copy every stylesheet into the page, where the Content-Security-Policy refuses it.
RULES = {"resultTypes": ["violations"], "preload": False}
CONTRAST = {**RULES, "runOnly": ["color-contrast"]}
Open = Callable[[Page], None]
axe = Axe()


def _page(path: str) -> Open:
    return lambda page: page.goto(path) and None


def _conversation(name: str, channel: str = "") -> Open:
    def open_it(page: Page) -> None:
        open_conversation(page, name)
        if channel:
            choose_channel(page, channel)

    return open_it


def _profile(modify: bool) -> Open:
    def open_it(page: Page) -> None:
        open_conversation(page, "Grace Holloway")
        page.get_by_role("button", name="Show contact profile").first.click()
        if modify:
            page.get_by_role("switch", name="Modify").check()
            page.get_by_role("button", name="Save", exact=True).wait_for()

    return open_it


def _contact(name: str) -> Open:
    def open_it(page: Page) -> None:
        find_contact(page, name).get_by_role("link", name=name).click()
        page.get_by_role("heading", name="History").wait_for()
        for evidence in page.get_by_text("Evidence", exact=True).all()[:2]:
            evidence.click()

    return open_it


def _action(name: str, action: str) -> Open:
    def open_it(page: Page) -> None:
        row = find_contact(page, name)
        row.get_by_role("button", name=f"More actions for {name}").click()
        row.get_by_role("menuitem", name=action, exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Cancel").wait_for()

    return open_it


def _menu(path: str, button: str) -> Open:
    def open_it(page: Page) -> None:
        page.goto(path)
        page.get_by_role("button", name=re.compile(button)).first.click()
        page.get_by_role("menuitem").first.wait_for()

    return open_it


def _dialog(path: str, link: str) -> Open:
    def open_it(page: Page) -> None:
        page.goto(path)
        page.get_by_role("link", name=link, exact=True).first.click()
        page.get_by_role("dialog").wait_for()

    return open_it


def _channels_drop_down(page: Page) -> None:
    _action("Grace Holloway", "Unsubscribe")(page)
    page.get_by_role("button", name="Channels").click()
    page.get_by_role("checkbox", name="WhatsApp").check()


def _selection(page: Page) -> None:
    page.goto("/contacts/?q=w")
    for place in (1, 2):
        page.get_by_role("checkbox", name=re.compile("^Select (?!all)")).nth(place).check()
    page.get_by_role("region", name="Selection").wait_for()


def _columns(page: Page) -> None:
    page.goto("/contacts/import/")
    rows = f"Name;Mobile;Stop\nAxe One;{new_phone()};no\nAxe Two;12;\n"
    page.get_by_label("CSV file").set_input_files(
        {"name": "axe.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    )
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Name the columns").wait_for()


def _bad_rows(page: Page) -> None:
    _columns(page)
    page.get_by_role("button", name="Import 2 rows").click()
    page.get_by_role("link", name="Download bad rows").wait_for()


def _reports(page: Page) -> None:
    page.goto("/reports/?range=90-days")
    page.locator("details").evaluate_all("all => all.forEach((each) => each.open = true)")


def _sandbox_phone(page: Page) -> None:
    take_phone(page, "Grace Holloway", "WhatsApp")


def _support(page: Page) -> None:
    page.goto("/settings/profile/")
    page.get_by_role("button", name="Profile").click()
    page.get_by_role("menuitem", name="Chat with Support").click()
    page.get_by_label("Message to Support").wait_for()


def _news(page: Page) -> None:
    page.goto("/settings/general/")
    page.get_by_role("button", name="Save").click()
    news(page).get_by_role("button", name="Dismiss").wait_for()


def _keys(page: Page) -> None:
    page.goto("/inbox/")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()


def _search(page: Page) -> None:
    page.goto("/contacts/lists/")
    page.keyboard.press("Control+k")
    page.keyboard.type("Walter")
    page.get_by_role("dialog", name="Search").get_by_role("link").first.wait_for()


def _broadcast(name: str, *then: str) -> Open:
    """A broadcast of the demo, and what is pressed on its page."""

    def open_it(page: Page) -> None:
        page.goto("/broadcasts/")
        page.get_by_role("link", name=name, exact=True).click()
        page.get_by_role("heading", name=name, level=1).wait_for()
        for label in then:
            button = page.get_by_role("button", name=label, exact=True)
            button.or_(page.get_by_role("link", name=label, exact=True)).first.click()
            page.wait_for_load_state()

    return open_it


def _left_out(page: Page) -> None:
    _broadcast("Autumn service week")(page)
    page.get_by_role("checkbox", name="E-mail").uncheck()
    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_text("No address", exact=True).click()
    page.get_by_role("table", name="Contacts who are left out").wait_for()


def _course_as_table(page: Page) -> None:
    _broadcast("Spring sale")(page)
    page.get_by_text("Table", exact=True).click()


SCREENS: dict[str, Open] = {
    "inbox": _page("/inbox/"),
    "closed conversations": _page("/inbox/?tab=closed"),
    "nobody found": _page("/inbox/?q=zzzz"),
    "conversation": _conversation("Lucía Navarro"),
    "unsubscribed": _conversation("Julien Mercier", "SMS"),
    "refused": _conversation("Grace Holloway"),
    "failed and unknown": _conversation("Peter Lund"),
    "looks like an opt-out": _conversation("Ashley Turner"),
    "profile": _profile(modify=False),
    "profile modified": _profile(modify=True),
    "new message": _dialog("/inbox/", "New message"),
    "inbox menu": _menu("/inbox/", "More actions for the Inbox"),
    "profile menu": _menu("/inbox/", "^Profile"),
    "keyboard shortcuts": _keys,
    "all contacts": _page("/contacts/"),
    "unsubscribed contacts": _page("/contacts/?status=unsubscribed&channel=whatsapp"),
    "no contact": _page("/contacts/?q=zzzz"),
    "contact menu": _menu("/contacts/?q=walter", "^More actions for"),
    "selection": _selection,
    "add contact": _dialog("/contacts/?q=walter", "Add contact"),
    "news": _news,
    "edit contact": _action("Grace Holloway", "Edit"),
    "unsubscribe": _channels_drop_down,
    "resubscribe": _action("Grace Holloway", "Resubscribe"),
    "delete contact": _action("Grace Holloway", "Delete"),
    "contact": _contact("Walter Kimball"),
    "lists": _page("/contacts/lists/"),
    "create list": _dialog("/contacts/lists/", "Create list"),
    "search": _search,
    "import": _page("/contacts/import/"),
    "columns": _columns,
    "bad rows": _bad_rows,
    "broadcasts": _page("/broadcasts/"),
    "new broadcast": _dialog("/broadcasts/", "New broadcast"),
    "broadcast, draft": _broadcast("Autumn service week"),
    "broadcast, fields": _broadcast("Autumn service week", "Insert field"),
    "broadcast, preview": _broadcast("Autumn service week", "Preview"),
    "broadcast, test": _broadcast("Autumn service week", "Preview", "Send a test"),
    "broadcast, review": _broadcast("Autumn service week", "Review"),
    "broadcast, left out": _left_out,
    "broadcast, send": _broadcast("Autumn service week", "Review", "Send"),
    "broadcast, scheduled": _broadcast("Saturday ride"),
    "broadcast, paused": _broadcast("Brake lever recall"),
    "broadcast, cancel": _broadcast("Brake lever recall", "Cancel"),
    "broadcast, cancelled": _broadcast("Trade prices"),
    "broadcast, sent": _course_as_table,
    "broadcast, retry": _broadcast("Spring sale", "Retry unknown outcomes"),
    "broadcast, recipients": _broadcast("Spring sale", "Recipients"),
    "broadcast rules": _page("/settings/broadcasts/"),
    "reports": _reports,
    "reports of a quiet day": _page("/reports/?from=2020-05-01&to=2020-05-01&channel=mms"),
    "general settings": _page("/settings/general/"),
    "members": _page("/settings/members/"),
    "invite member": _dialog("/settings/members/", "Invite member"),
    "channels": _page("/settings/channels/"),
    "replies": _page("/settings/replies/"),
    "automations": _page("/settings/automations/"),
    "automation menu": _menu("/settings/automations/", "^More actions for ride"),
    "add automation": _dialog("/settings/automations/", "Add automation"),
    "keyword reply": _dialog("/settings/automations/", "ride, saturday ride"),
    "out-of-hours reply": _page("/settings/automations/add/out_of_hours/"),
    "saved replies": _page("/settings/saved-replies/"),
    "add saved reply": _dialog("/settings/saved-replies/", "Add saved reply"),
    "custom fields": _page("/settings/fields/"),
    "add field": _dialog("/settings/fields/", "Add field"),
    "own profile": _page("/settings/profile/"),
    "sandbox phone": _sandbox_phone,
    "support": _support,
}
WITHOUT_SIGN_IN = ("/account/sign-in/", "/account/password/forgotten/")
MISSING = ("/nowhere/", "/inbox/00000000-0000-0000-0000-000000000000/")


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_has_no_barrier(admin, watch, screen):
    SCREENS[screen](admin)

    _examine(admin, watch)


@pytest.mark.parametrize("path", WITHOUT_SIGN_IN)
def test_a_page_before_sign_in_has_no_barrier(open_browser, watch, path):
    _examine(open_browser(path), watch)


@pytest.mark.parametrize("path", MISSING)
def test_a_page_that_is_not_there_has_no_barrier(admin, watch, path):
    watch.expected.add(404)
    admin.goto(path)

    _examine(admin, watch)


@pytest.mark.parametrize(
    "screen", ["looks like an opt-out", "unsubscribed", "contact menu", "reports", "members", "contact"]
)
def test_a_screen_as_an_agent_sees_it_has_no_barrier(agent, watch, screen):
    SCREENS[screen](agent)

    _examine(agent, watch)


def test_the_theme_that_is_chosen_stays(admin):
    admin.emulate_media(color_scheme="light")
    admin.get_by_role("button", name="Profile").click()
    with admin.expect_response(re.compile("/theme/")):
        admin.get_by_role("menuitemradio", name="Dark").click()

    for _ in range(2):
        expect(admin.locator("html")).to_have_attribute("data-theme", "dark")
        assert _lightness(admin) < 0.3
        admin.reload()
    admin.emulate_media(color_scheme="dark")
    admin.get_by_role("button", name="Profile").click()
    admin.get_by_role("menuitemradio", name="Light").click()
    expect(admin.locator("html")).to_have_attribute("data-theme", "light")
    assert _lightness(admin) > 0.9


def _lightness(page: Page) -> float:
    """Of the page's background: the L of oklch(L C H)."""
    colour = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return float(re.search(r"\(([\d.]+)", colour)[1])


def _examine(page: Page, watch) -> None:
    """Every rule wide and light and narrow and dark; contrast in the two others."""
    page.evaluate("document.fonts.ready")
    for size, theme, rules in (
        (WIDE, "light", RULES),
        (WIDE, "dark", CONTRAST),
        (PHONE, "dark", RULES),
        (PHONE, "light", CONTRAST),
    ):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=theme)
        found = axe.run(page, options=rules)
        assert found.violations_count == 0, f"{size['width']} px, {theme}: {found.generate_report()}"
    page.set_viewport_size(NARROW)
    watch.look_for_overflow(page, "at 360 px")
