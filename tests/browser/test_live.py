"""What one browser does shows in every other one by itself, and how soon."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.acts import (
    Stopwatch,
    add_contact,
    choose_action,
    choose_channels,
    find_contact,
    message,
    new_phone,
    news,
    open_conversation,
    open_page_of,
    say,
    take_phone,
    write,
)


def test_a_message_shows_in_the_open_thread_and_in_the_list_of_everybody(admin, agent, enter, measured):
    name = add_contact(admin, "Live", "Writer", phone=new_phone())
    phone = enter("agent@demo.test")
    take_phone(phone, name)
    open_conversation(admin, name)
    in_thread = Stopwatch(admin, "document.querySelector('#thread')?.innerText.includes('Do you sell bells')")
    in_list = Stopwatch(
        agent, "document.querySelector('#conversations')?.innerText.includes('Do you sell bells')"
    )

    say(phone, "Do you sell bells?")

    measured("message on the sandbox phone → open thread", in_thread.stop())
    measured("message on the sandbox phone → list of another member", in_list.stop())
    expect(message(admin, "Do you sell bells?")).to_be_visible()
    row = _row(agent, name)
    expect(row).to_contain_text("Do you sell bells?")
    expect(agent.get_by_role("list", name="Conversations").get_by_role("listitem").first).to_contain_text(
        name
    )

    answer = write(admin, "We do. Brass or black?")
    expect(answer).to_contain_text(re.compile("Delivered|Read"))
    expect(row).to_contain_text("We do. Brass or black?")


def test_assignment_closing_and_reopening_show_in_the_other_browser(admin, agent, measured):
    name = add_contact(admin, "Live", "Assigned", phone=new_phone())
    for page in (admin, agent):
        open_conversation(page, name)
    write(admin, "Hello")
    assignment = agent.get_by_role("combobox", name="Assignment")
    watch = Stopwatch(agent, "document.querySelector('#assignee')?.selectedOptions[0].text.startsWith('Ben')")

    admin.get_by_role("combobox", name="Assignment").select_option(label="Ben Okafor")

    measured("assignment → other browser", watch.stop())
    expect(assignment.locator("option:checked")).to_have_text("Ben Okafor (you)")
    agent.get_by_role("button", name="Close", exact=True).click()
    expect(admin.get_by_role("button", name="Reopen")).to_be_visible()
    admin.get_by_role("button", name="Reopen").click()
    expect(agent.get_by_role("button", name="Close", exact=True)).to_be_visible()


def test_a_change_of_standing_shows_in_thread_list_profile_table_and_contact_page(enter, measured):
    doer, thread, table, page = (enter("admin@demo.test") for _ in range(4))
    name = add_contact(doer, "Live", "Standing", phone=new_phone())
    open_conversation(thread, name)
    write(thread, "Hello")
    thread.get_by_role("button", name="Show contact profile").first.click()
    row = find_contact(table, name)
    open_page_of(page, name)
    thread.get_by_role("textbox", name="Message", exact=True).fill("A draft that")
    watch = Stopwatch(
        thread, "document.querySelector('[role=alert]')?.innerText.includes('unsubscribed from SMS')"
    )

    choose_action(find_contact(doer, name), name, "Unsubscribe")
    dialog = doer.get_by_role("dialog", name="Unsubscribe contact")
    choose_channels(dialog, "SMS")
    watch.start()
    dialog.get_by_role("button", name="Mark unsubscribed").click()

    measured("unsubscribed in a dialog → alert in the other browser", watch.stop())
    expect(_row(thread, name).get_by_role("img", name="Unsubscribed")).to_be_visible()
    expect(thread.get_by_role("complementary", name="Contact profile")).to_contain_text("SMS unsubscribed")
    expect(row.get_by_text("SMS unsubscribed")).to_be_visible()
    expect(page.get_by_text("SMS unsubscribed")).to_be_visible()
    expect(page.get_by_role("region", name="History")).to_contain_text("Unsubscribed from SMS")

    _resubscribe_in_the_thread(thread, name)
    expect(thread.get_by_role("textbox", name="Message", exact=True)).to_have_value("A draft that")
    expect(row.get_by_text("unsubscribed")).to_have_count(0)


def test_a_menu_stays_open_while_the_list_behind_it_changes(enter):
    reader, doer = enter("admin@demo.test"), enter("admin@demo.test")
    name = add_contact(doer, "Live", "Menu", phone=new_phone())
    row = find_contact(reader, name)
    row.get_by_role("button", name=f"More actions for {name}").click()
    expect(row.get_by_role("menuitem", name="Unsubscribe")).to_be_visible()

    choose_action(find_contact(doer, name), name, "Unsubscribe")
    dialog = doer.get_by_role("dialog", name="Unsubscribe contact")
    choose_channels(dialog, "SMS")
    dialog.get_by_role("button", name="Mark unsubscribed").click()
    expect(news(doer)).to_contain_text("is unsubscribed from SMS")

    reader.wait_for_timeout(1000)  # the news has come meanwhile
    expect(row.get_by_role("menuitem", name="Unsubscribe")).to_be_visible()
    reader.keyboard.press("Escape")
    expect(row.get_by_text("SMS unsubscribed")).to_be_visible()


def test_support_and_a_member_talk_both_ways(admin, agent, measured):
    agent.get_by_role("button", name="Profile").click()
    agent.get_by_role("menuitem", name="Chat with Support").click()
    panel = agent.get_by_role("complementary", name="Chat with Support")
    asked = Stopwatch(admin, "document.querySelector('#conversations')?.innerText.includes('second till')")
    panel.get_by_label("Message to Support").fill("How do I add a second till?")
    asked.start()
    panel.get_by_role("button", name="Send").click()

    measured("message to Support → operator's Inbox", asked.stop())
    expect(panel.get_by_role("article").filter(has_text="How do I add a second till?")).to_be_visible()
    _row(admin, "Ben Okafor").click()
    expect(message(admin, "How do I add a second till?")).to_contain_text("Chat")
    expect(admin.get_by_role("alert")).to_have_count(0)
    answered = Stopwatch(agent, "document.querySelector('#support-messages')?.innerText.includes('Members')")
    sent = write(admin, "Under Settings, Members.")

    measured("answer of Support → panel", answered.stop())
    expect(panel.get_by_role("article").filter(has_text="Under Settings, Members.")).to_contain_text(
        "Ana Ruiz"
    )
    expect(sent).to_contain_text(re.compile("Delivered|Read"))
    panel.get_by_role("button", name="Close").click()
    write(admin, "Anything else?")
    expect(agent.get_by_role("img", name="Support has answered")).to_be_visible()


def _row(page: Page, name: str) -> Locator:
    return page.get_by_role("list", name="Conversations").get_by_role(
        "link", name=re.compile(re.escape(name))
    )


def _resubscribe_in_the_thread(page: Page, name: str) -> None:
    page.get_by_role("alert").get_by_role("link", name="Resubscribe").click()
    dialog = page.get_by_role("dialog", name="Resubscribe contact")
    dialog.get_by_label("The contact was unsubscribed by mistake").check()
    dialog.get_by_label("Evidence", exact=True).fill("It was another Live.")
    dialog.get_by_role("button", name="Resubscribe", exact=True).click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
