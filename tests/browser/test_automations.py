"""Answers that nobody writes: set up by an admin, set off at the sandbox phone, seen by everybody at once."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.acts import (
    Stopwatch,
    add_contact,
    message,
    new_phone,
    news,
    open_conversation,
    open_page_of,
    received,
    row_of,
    say,
    take_phone,
)

ANSWER = "The tandem is free on Sunday. We keep it for you."


def _add_keyword(page: Page, words: str, answer: str, joins: str) -> None:
    page.goto("/settings/automations/")
    page.get_by_role("link", name="Add automation").first.click()
    page.get_by_role("dialog", name="Add automation").get_by_role(
        "link", name=re.compile("^Keyword reply")
    ).click()
    dialog = page.get_by_role("dialog", name="Add keyword reply")
    dialog.get_by_label("Words").fill(words)
    dialog.get_by_label("Message").fill(answer)
    dialog.get_by_label("List to join").select_option(label=joins)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)


def test_a_keyword_from_the_phone_joins_the_list_and_is_answered_in_front_of_everybody(
    admin, agent, enter, measured
):
    name = add_contact(admin, "Tandem", "Rider", phone=new_phone())
    _add_keyword(admin, "tandem\ntwo seats", ANSWER, "VIP")
    expect(news(admin)).to_contain_text("tandem, two seats is saved.")
    expect(row_of(admin, "tandem, two seats")).to_contain_text("Keyword reply, joins VIP")
    phone = enter("agent@demo.test")
    take_phone(phone, name)
    open_conversation(agent, name)
    shown = Stopwatch(agent, "document.querySelector('#thread')?.innerText.includes('The tandem is free')")

    say(phone, "Tandem, please!")

    measured("keyword on the sandbox phone → its answer in the open thread", shown.stop())
    expect(message(agent, ANSWER)).to_contain_text("Automation")
    expect(message(agent, ANSWER)).to_contain_text(re.compile("Delivered|Read"))
    expect(received(phone, ANSWER)).to_be_visible()
    open_page_of(admin, name)
    expect(admin.get_by_role("link", name="VIP")).to_be_visible()
    admin.goto("/settings/automations/")
    expect(row_of(admin, "tandem, two seats").get_by_role("cell").nth(2)).to_have_text("1")


def test_a_person_who_said_stop_is_not_answered_and_the_thread_says_why(admin, enter):
    name = add_contact(admin, "Tandem", "Stopped", phone=new_phone())
    phone = enter("agent@demo.test")
    take_phone(phone, name)
    say(phone, "STOP")
    say(phone, "ride")

    open_conversation(admin, name)

    answer = message(admin, "You are on the list for the Saturday ride")
    expect(answer).to_contain_text("The contact is unsubscribed on this channel.")
    expect(received(phone, "You are on the list")).to_have_count(0)


def test_an_automation_is_switched_and_deleted_without_scripts(enter):
    page = enter("admin@demo.test", "/settings/automations/add/keyword/", java_script_enabled=False)
    page.get_by_label("Words").fill("unicycle")
    page.get_by_label("Message").fill("We have none.")
    page.get_by_role("button", name="Save").click()
    expect(row_of(page, "unicycle")).to_contain_text("On")

    row_of(page, "unicycle").get_by_role("button", name="More actions for unicycle").click()
    page.get_by_role("menuitem", name="Switch off").click()
    expect(row_of(page, "unicycle")).to_contain_text("Off")

    row_of(page, "unicycle").get_by_role("button", name="More actions for unicycle").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(row_of(page, "unicycle")).to_have_count(0)


def test_an_agent_reads_and_is_told_whom_to_ask(agent):
    agent.goto("/settings/automations/")

    expect(row_of(agent, "ride, saturday ride")).to_be_visible()
    expect(agent.get_by_text("Only admins can change automations. Ask Ana Ruiz.")).to_be_visible()
    expect(agent.get_by_role("link", name="Add automation")).to_have_count(0)
