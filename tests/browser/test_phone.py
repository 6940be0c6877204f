"""On a phone: one pane at a time, and everything within reach of a thumb."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import message, news, row_of, sign_in

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def page(enter) -> Page:
    return enter("admin@demo.test", **PHONE)


def test_list_thread_and_profile_take_turns(page, watch):
    listed = page.get_by_role("list", name="Conversations")
    thread = page.get_by_role("region", name="Conversation with Sofia Marini")

    listed.get_by_role("link", name=re.compile("Sofia Marini")).tap()
    expect(thread).to_be_visible()
    expect(listed).to_be_hidden()
    page.get_by_role("textbox", name="Message", exact=True).fill("A giovedì!")
    page.get_by_role("button", name="Send", exact=True).tap()
    expect(message(page, "A giovedì!")).to_be_in_viewport()
    watch.look_for_overflow(page, "thread")

    page.get_by_role("button", name="Show contact profile").first.tap()
    profile = page.get_by_role("complementary", name="Contact profile")
    expect(profile).to_contain_text("Subscription status")
    watch.look_for_overflow(page, "profile")
    profile.get_by_role("button", name="Hide contact profile").tap()
    expect(profile).to_be_hidden()

    page.get_by_role("link", name="Back to the conversations").tap()
    expect(listed).to_be_visible()
    expect(thread).to_be_hidden()


def test_the_menu_leads_to_a_contact_who_is_unsubscribed(page, watch):
    page.get_by_role("button", name="Menu").tap()
    page.get_by_role("link", name="All contacts").tap()
    expect(page.get_by_role("heading", name="All contacts")).to_be_visible()
    page.goto("/contacts/?q=Oliver+Bennett")
    row_of(page, "Oliver Bennett").get_by_role("button", name="More actions for Oliver Bennett").tap()
    page.get_by_role("menuitem", name="Unsubscribe").tap()
    dialog = page.get_by_role("dialog", name="Unsubscribe contact")
    dialog.get_by_role("button", name="Channels").tap()
    dialog.get_by_role("checkbox", name="RCS").check()
    page.keyboard.press("Escape")
    watch.look_for_overflow(page, "dialog")
    dialog.get_by_role("button", name="Mark unsubscribed").tap()

    expect(news(page)).to_contain_text("Oliver Bennett is unsubscribed from RCS.")
    expect(row_of(page, "Oliver Bennett").get_by_text("RCS unsubscribed")).to_be_visible()


def test_one_signs_out(open_browser):
    page = open_browser("/", **PHONE)  # a sign-in of its own, which nobody else goes on using
    sign_in(page, "agent@demo.test")
    page.get_by_role("button", name="Menu").tap()
    page.get_by_role("button", name="Profile").tap()
    page.get_by_role("menuitem", name="Sign out").tap()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/inbox/")
    expect(page).to_have_url(re.compile("/account/sign-in/"))
