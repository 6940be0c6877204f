"""A browser that runs no scripts: reading, answering, and every change of standing."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.acts import message, news, row_of, sign_in

PLAIN = {"java_script_enabled": False}


def test_one_signs_in_reads_a_thread_and_replies(open_browser):
    page = open_browser("/", **PLAIN)
    sign_in(page, "agent@demo.test")

    page.get_by_role("link", name=re.compile("Jonas Brandt")).click()
    expect(message(page, "passt der Gepäckträger vom Kestrel")).to_be_visible()
    page.get_by_role("textbox", name="Message", exact=True).fill("Ist heute angekommen?")
    page.get_by_role("button", name="Send", exact=True).click()

    expect(message(page, "Ist heute angekommen?")).to_contain_text("WhatsApp")
    expect(message(page, "Ist heute angekommen?")).to_contain_text("Ben Okafor")


def test_one_finds_a_contact_unsubscribes_it_and_subscribes_it_again(enter):
    page = enter("admin@demo.test", "/contacts/", **PLAIN)
    _search(page, "Anouk Willems")
    _act(page, "Unsubscribe")
    page.get_by_role("heading", name="Unsubscribe contact").wait_for()
    page.get_by_role("button", name="Channels").click()
    page.get_by_role("checkbox", name="SMS").check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Mark unsubscribed").click()

    expect(news(page)).to_contain_text("Anouk Willems is unsubscribed from SMS.")
    expect(page.get_by_text("SMS unsubscribed")).to_be_visible()

    _search(page, "Anouk Willems")
    _act(page, "Resubscribe")
    page.get_by_role("button", name="Channels").click()
    page.get_by_role("checkbox", name="SMS").check()
    page.keyboard.press("Escape")
    page.get_by_label("The contact was unsubscribed by mistake").check()
    page.get_by_label("Evidence", exact=True).fill("I meant Anke Willems.")
    page.get_by_role("button", name="Resubscribe").click()

    expect(news(page)).to_contain_text("Anouk Willems is subscribed again to SMS.")
    expect(page.get_by_text("I meant Anke Willems.")).to_have_count(1)


def test_the_composer_gives_way_to_the_alert_and_another_channel_can_be_chosen(enter):
    page = enter("admin@demo.test", **PLAIN)
    page.get_by_role("link", name=re.compile("Julien Mercier")).click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Julien Mercier is unsubscribed from SMS")
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_have_count(0)

    page.get_by_role("combobox", name="Channel", exact=True).select_option(label="WhatsApp · subscribed")
    page.get_by_role("button", name="Switch").click()
    page.get_by_role("textbox", name="Message", exact=True).fill("On WhatsApp then?")
    page.get_by_role("button", name="Send", exact=True).click()

    expect(message(page, "On WhatsApp then?")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_mistake_is_told_on_the_page_and_nothing_typed_is_lost(enter, watch):
    watch.expected.add(422)
    page = enter("admin@demo.test", "/contacts/", **PLAIN)
    _search(page, "Giulia Ferrante")
    _act(page, "Unsubscribe")
    page.get_by_label("Reason").fill("Asked in the shop")
    page.get_by_role("button", name="Mark unsubscribed").click()

    expect(page.get_by_role("alert")).to_contain_text("channel")
    expect(page.get_by_label("Reason")).to_have_value("Asked in the shop")


def _search(page: Page, name: str) -> None:
    page.goto("/contacts/")
    page.get_by_role("searchbox", name="Search contacts").fill(name)
    page.get_by_role("button", name="Show").click()
    expect(row_of(page, name)).to_be_visible()


def _act(page: Page, action: str) -> None:
    page.get_by_role("button", name=re.compile("^More actions for")).click()
    page.get_by_role("menuitem", name=action, exact=True).click()


def test_one_reads_the_reports_of_other_days(enter):
    page = enter("agent@demo.test", "/inbox/", **PLAIN)
    page.get_by_role("link", name="Reports").click()
    page.get_by_label("From", exact=True).fill("2020-01-01")
    page.get_by_label("To", exact=True).fill("2020-01-31")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("1 Jan 2020 to 31 Jan 2020")).to_be_visible()
    expect(page.get_by_text("Nothing in this range").first).to_be_visible()

    page.get_by_role("link", name="Last 90 days").click()
    expect(page.get_by_role("img", name=re.compile("^Sent, 90 bars; the longest is"))).to_be_visible()
    page.locator("summary", has_text=re.compile("^By day$")).first.click()
    expect(page.get_by_role("table", name="Messages: By day", exact=True).get_by_role("row")).to_have_count(
        91
    )
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV – Messages: By day", exact=True).click()
    assert download.value.suggested_filename.startswith("messages-over-time-")
