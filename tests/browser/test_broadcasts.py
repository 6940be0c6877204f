"""A broadcast at the screen: written, looked at, sent, stopped for one person in the middle, and read about."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.acts import add_contact, new_phone, news, received, say, take_phone

PLAIN = {"java_script_enabled": False}
PEOPLE = ("Alma", "Bela", "Caro", "Dora")


def begin(page: Page, name: str) -> None:
    page.goto("/broadcasts/")
    page.get_by_role("link", name="New broadcast").click()
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def choose_people(page: Page, found_by: str) -> None:
    page.get_by_role("radio", name="Some contacts").check()
    page.get_by_role("searchbox", name="Search contacts").fill(found_by)
    page.get_by_role("button", name="Add filter").click()
    expect(page.get_by_role("checkbox", name=f"Found by “{found_by}”")).to_be_checked()


def progress(page: Page) -> Locator:
    return page.get_by_role("region", name="Progress")


def shows(page: Page, label: str, number: int) -> None:
    expect(progress(page)).to_contain_text(re.compile(rf"{label}\s*{number}(?!\d)"))


def names_in(page: Page, state: str) -> list[str]:
    """Of the recipients whose message is in that state."""
    page.get_by_role("combobox", name="State").select_option(label=state)
    expect(page).to_have_url(re.compile(r"state=\w"))
    expect(page.get_by_role("cell", name=re.compile(f"^(?!{state})")).get_by_text("Queued")).to_have_count(0)
    return page.get_by_role("rowheader").all_inner_texts()


def test_who_says_stop_in_the_middle_is_refused_and_everybody_else_is_served(enter, measured):
    page = enter("agent@demo.test", "/broadcasts/")
    for first in PEOPLE:
        add_contact(page, first, "Castelo", phone=new_phone())

    begin(page, "Roadworks")
    choose_people(page, "Castelo")
    page.get_by_role("radio", name="Service", exact=True).check()
    page.get_by_role("checkbox", name="SMS").check()
    text = page.get_by_role("textbox", name="Text")
    text.fill("Hello ")
    page.get_by_role("button", name="Insert field").click()
    page.get_by_role("button", name="First name").click()
    text.press_sequentially(", the road is closed.")
    expect(text).to_have_value('Hello {{ first_name | default: "there" }}, the road is closed.')
    pane = page.get_by_role("region", name="Preview")
    expect(pane.get_by_role("article", name="SMS")).to_contain_text("Hello Alma, the road is closed.")
    pane.get_by_role("button", name="Next contact").click()
    expect(pane.get_by_role("article", name="SMS")).to_contain_text("Hello Bela, the road is closed.")
    page.get_by_role("textbox", name="Speed limit").fill("0.5")
    page.get_by_role("button", name="Review", exact=True).click()

    expect(page.get_by_role("region", name="Who gets it")).to_contain_text("4 of 4 contacts get it.")
    page.get_by_role("link", name="Send", exact=True).click()
    dialog = page.get_by_role("dialog", name="Send Roadworks?")
    expect(dialog).to_contain_text("4 by SMS")
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(progress(page)).to_contain_text(re.compile(r"Sent\s*[12]\D"))

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused", exact=True).first).to_be_visible()
    broadcast = page.url
    page.get_by_role("link", name="Recipients").click()
    waiting, served = names_in(page, "Queued"), names_in(page, "Delivered")
    phone = enter("admin@demo.test", "/sandbox/")
    for name in (waiting[0], served[0]):
        take_phone(phone, name)
        say(phone, "STOP")

    page.goto(broadcast)
    page.get_by_role("button", name="Resume").click()

    shows(page, "Refused", 1)
    shows(page, "Unsubscribed by it", 1)
    expect(progress(page)).to_contain_text("4 of 4 messages")
    expect(page.get_by_role("region", name="Refused, by reason")).to_contain_text(
        re.compile(r"Unsubscribed\s*1")
    )
    shows(page, "Sent", 3)
    take_phone(phone, waiting[0])
    expect(received(phone, "the road is closed")).to_have_count(0)
    page.get_by_text("Table").click()
    expect(page.get_by_role("table", name="Messages over time")).to_be_visible()


def test_an_unknown_field_is_named_and_what_was_typed_stays(enter, watch):
    watch.expected.add(422)
    page = enter("agent@demo.test", "/broadcasts/")
    begin(page, "Misspelt")
    page.get_by_role("checkbox", name="SMS").check()
    page.get_by_role("textbox", name="Text").fill("Hello {{ first_nme }}")

    page.get_by_role("button", name="Save draft").click()

    expect(page.get_by_role("alert").first).to_contain_text("did you mean first_name?")
    expect(page.get_by_role("textbox", name="Text")).to_have_value("Hello {{ first_nme }}")


def test_channels_are_put_in_order_with_the_keyboard_alone(enter):
    page = enter("agent@demo.test", "/broadcasts/")
    begin(page, "In order")
    page.get_by_role("radio", name="Everybody").check()
    for name in ("SMS", "E-mail"):
        page.get_by_role("checkbox", name=name).focus()
        page.keyboard.press("Space")

    up = page.get_by_role("button", name="Move E-mail up")
    up.focus()
    for _ in range(4):
        page.keyboard.press("Enter")
    expect(up).to_be_focused()
    page.get_by_role("button", name="Save draft").press("Enter")

    expect(news(page)).to_contain_text("Draft saved.")
    expect(
        page.get_by_role("group", name="In order of preference").get_by_role("checkbox").first
    ).to_have_value("email")


def test_a_test_shows_how_far_it_is(enter):
    page = enter("agent@demo.test", "/broadcasts/")
    begin(page, "Tried out")
    choose_people(page, "Grace Holloway")
    page.get_by_role("checkbox", name="SMS").check()
    page.get_by_role("textbox", name="Text").fill("Hello {{ first_name }}")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_role("link", name="Send a test").click()
    page.get_by_role("textbox", name="Address").fill(new_phone())
    page.get_by_role("dialog").get_by_role("button", name="Send a test").click()

    expect(page.get_by_role("dialog", name=re.compile("^Test to"))).to_contain_text("Delivered")


def test_those_left_out_are_listed_in_their_row(enter):
    page = enter("agent@demo.test", "/broadcasts/")
    page.get_by_role("link", name="Autumn service week").click()
    page.get_by_role("checkbox", name="E-mail").uncheck()
    page.get_by_role("button", name="Review", exact=True).click()

    left_out = page.get_by_role("region", name="Who is left out, and why")
    left_out.get_by_text("No address").click()

    expect(left_out.get_by_role("table", name="Contacts who are left out: No address")).to_be_visible()


def test_without_scripts_one_is_written_sent_and_watched(enter):
    page = enter("agent@demo.test", "/broadcasts/", **PLAIN)
    begin(page, "By hand")
    choose_people(page, "Grace Holloway")
    page.get_by_role("radio", name="Service", exact=True).check()
    page.get_by_role("checkbox", name="WhatsApp").check()
    page.get_by_role("textbox", name="Text").fill("Your bicycle is ready, {{ first_name }}.")
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(page.get_by_role("article", name="WhatsApp")).to_contain_text("Your bicycle is ready, Grace.")

    page.get_by_role("link", name="Review").click()
    page.get_by_role("link", name="Send", exact=True).click()
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.get_by_role("heading", name="By hand", level=1)).to_be_visible()
    expect(progress(page)).to_contain_text("1 of 1 messages")  # the page fetches itself anew
