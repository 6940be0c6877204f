"""An empty installation: the first admin, the second member, the second account."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import news, row_of, sign_in
from tests.doors.cli.copies import Copy

PASSWORD = "a meadow in late May"
# There is no page to found a second account with: whoever runs the installation does it.
SECOND_ACCOUNT = """
from stopline.apps.accounts import account
from stopline.apps.accounts.models import Member, User
branch = account.new("Larkspur Wholesale", "Europe/Paris", "FR")
Member.objects.create(account=branch, user=User.objects.get(email="mo@larkspur.example"), role="admin")
"""


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Iterator[Copy]:
    copy = Copy(tmp_path_factory.mktemp("first-run") / "data")
    try:
        yield copy.start()
    finally:
        copy.clear()


@pytest.fixture(scope="module")
def set_up(empty: Copy, browser) -> Copy:
    """With its first admin, who came by the page that an empty installation shows."""
    page = browser.new_page(base_url=f"http://127.0.0.1:{empty.port}", timezone_id="Europe/Lisbon")
    page.goto("/")
    expect(page).to_have_url(re.compile("/welcome/$"))
    expect(page.get_by_role("heading", name="Welcome to Stopline")).to_be_visible()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Lisbon")

    page.get_by_label("Account name").fill("Larkspur Cycles")
    page.get_by_label("Default country").select_option(label="Portugal")
    page.get_by_label("Your name").fill("Inês Prado")
    page.get_by_label("E-mail").fill("ines@larkspur.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()

    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    expect(news(page)).to_contain_text("Welcome to Stopline, Inês Prado. Larkspur Cycles is ready.")
    page.close()
    return empty


def test_whoever_comes_second_finds_the_sign_in_page(set_up, open_browser):
    page = open_browser("/welcome/", copy=set_up)

    expect(page).to_have_url(re.compile("/account/sign-in/"))
    expect(page.get_by_text("Demo sign-ins")).to_have_count(0)


def test_an_empty_inbox_says_what_to_do_first(set_up, open_browser):
    ines = _enter(open_browser, set_up, "ines@larkspur.example")

    expect(ines.get_by_role("link", name="Write a message")).to_be_visible()
    ines.get_by_role("link", name="All contacts").click()
    expect(ines.get_by_role("link", name="Add the first contact")).to_be_visible()


def test_a_second_person_joins_by_a_link_that_works_once_and_switches_accounts(set_up, open_browser, watch):
    watch.expected |= {404, 409}  # the used link; the last admin, who can't be demoted
    ines = _enter(open_browser, set_up, "ines@larkspur.example")
    link = _invite(ines, "mo@larkspur.example")

    mo = open_browser(link, copy=set_up)
    expect(mo.get_by_role("heading", name="Join Larkspur Cycles")).to_be_visible()
    expect(mo.get_by_text("You are invited as agent")).to_be_visible()
    mo.get_by_label("Your name").fill("Mo Adeyemi")
    mo.get_by_label("Password").fill(PASSWORD)
    mo.get_by_role("button", name="Join").click()

    expect(news(mo)).to_contain_text("You are now a member of Larkspur Cycles.")
    expect(row_of(ines, "Mo Adeyemi")).to_contain_text("Agent")  # live, in the list of members
    _link_is_used_up(open_browser(copy=set_up), link)
    _only_admin_stays(ines)
    _switch(set_up, mo)


def _enter(open_browser, copy: Copy, email: str) -> Page:
    page = open_browser("/", copy=copy)
    sign_in(page, email, PASSWORD)
    return page


def _invite(page: Page, email: str) -> str:
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Members").click()
    page.get_by_role("link", name="Invite member").click()
    dialog = page.get_by_role("dialog", name="Invite member")
    dialog.get_by_label("E-mail").fill(email)
    dialog.get_by_role("button", name="Create link").click()
    shown = page.get_by_role("dialog", name=f"Invitation for {email}")
    link = shown.get_by_label("Link", exact=True).input_value()
    shown.get_by_role("link", name="Done").click()
    expect(row_of(page, email)).to_be_visible()
    return link


def _link_is_used_up(page: Page, link: str) -> None:
    answer = page.goto(link)

    assert answer.status == 404
    expect(page.get_by_role("heading", name="This invitation doesn't work")).to_be_visible()
    expect(page.get_by_text("Ask the person who sent it for a new one")).to_be_visible()


def _only_admin_stays(ines: Page) -> None:
    row = row_of(ines, "Inês Prado")
    row.get_by_role("button", name="More actions for Inês Prado").click()
    row.get_by_role("menuitem", name="Make agent").click()

    expect(news(ines)).to_contain_text("Inês Prado is the only admin and can't be made an agent")
    expect(news(ines)).to_contain_text("Make another member an admin first")
    expect(row).to_contain_text("Admin")


def _switch(copy: Copy, mo: Page) -> None:
    done = copy.run("manage", "shell", "-c", SECOND_ACCOUNT)
    assert done.returncode == 0, done.stderr

    mo.reload()
    mo.get_by_role("button", name="Profile").click()
    mo.get_by_role("menuitem", name="Larkspur Wholesale").click()

    expect(mo.get_by_role("button", name="Profile")).to_contain_text("Larkspur Wholesale")
    mo.get_by_role("button", name="Profile").click()
    expect(mo.get_by_role("menu", name="Profile")).to_contain_text("Admin · mo@larkspur.example")
    mo.get_by_role("menuitem", name="Larkspur Cycles").click()
    expect(mo.get_by_role("button", name="Profile")).to_contain_text("Larkspur Cycles")
