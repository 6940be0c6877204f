"""What a person writes, and what comes of it: STOP, START, HELP, and what only looks like one."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.acts import (
    CONFIRMATION,
    UNCLEAR,
    add_contact,
    choose_channel,
    find_contact,
    follow,
    message,
    new_phone,
    news,
    open_conversation,
    received,
    say,
    take_phone,
    write,
)

RESUMED = "You are subscribed again."


def test_what_was_queued_before_a_stop_is_not_sent_after_it(admin, enter):
    name = add_contact(admin, "Queued", "Before", phone=new_phone())
    phone, settings = enter("agent@demo.test"), enter("admin@demo.test", "/settings/channels/")
    open_conversation(admin, name)
    _pause(settings)
    try:
        by_sms = write(admin, "Your saddle has arrived.", "SMS")
        by_whatsapp = write(admin, "Your saddle is here.", "WhatsApp")
        expect(by_sms).to_contain_text("Queued")
        expect(by_whatsapp).to_contain_text("Queued")
        choose_channel(admin, "SMS")

        take_phone(phone, name)
        say(phone, "STOP")
        expect(admin.get_by_role("alert")).to_contain_text(f"{name} is unsubscribed from SMS")
    finally:
        _resume(settings)

    expect(by_sms).to_contain_text("Refused")
    expect(by_sms).to_contain_text(
        "The contact is unsubscribed on this channel. Use another channel, or ask an admin"
    )
    expect(by_whatsapp).to_contain_text(re.compile("Delivered|Read"))
    expect(received(phone, CONFIRMATION)).to_have_count(1)
    expect(received(phone, "Your saddle")).to_have_count(0)


def test_an_unclear_message_is_flagged_and_one_click_of_an_admin_unsubscribes(admin, enter):
    name = add_contact(admin, "Unclear", "Asker", phone=new_phone())
    phone = enter("agent@demo.test")
    take_phone(phone, name)
    thread = open_conversation(admin, name)

    say(phone, UNCLEAR)

    row = admin.get_by_role("list", name="Conversations").get_by_role("link", name=re.compile(name))
    expect(row).to_contain_text("Looks like an opt-out")
    flagged = thread.get_by_role("group", name="Looks like an opt-out")
    flagged.get_by_role("button", name="Unsubscribe").click()
    expect(news(admin)).to_contain_text(f"{name} unsubscribed from SMS, MMS, RCS.")
    expect(thread.get_by_role("alert")).to_contain_text(f"{name} is unsubscribed from SMS")
    expect(flagged).to_have_count(0)
    expect(row).not_to_contain_text("Looks like an opt-out")
    expect(row.get_by_role("img", name="Unsubscribed")).to_be_visible()
    expect(received(phone, CONFIRMATION)).to_have_count(0)  # it was no STOP: an admin decided


def test_start_resubscribes_and_says_so_once(admin, enter):
    name = add_contact(admin, "Back", "Again", phone=new_phone())
    phone = enter("agent@demo.test")
    take_phone(phone, name)
    thread = open_conversation(admin, name)
    say(phone, "Arrêt s'il vous plaît")
    expect(thread.get_by_role("alert")).to_contain_text(f"{name} is unsubscribed from SMS")
    expect(received(phone, CONFIRMATION)).to_have_count(1)

    say(phone, "START")

    expect(thread.get_by_text("Replied “START”: subscribed again to SMS, MMS, RCS")).to_be_visible()
    expect(thread.get_by_role("alert")).to_have_count(0)
    expect(received(phone, RESUMED)).to_have_count(1)
    say(phone, "START")
    expect(write(admin, "Welcome back!")).to_contain_text(re.compile("Delivered|Read"))
    expect(received(phone, "Welcome back!")).to_have_count(1)
    expect(received(phone, RESUMED)).to_have_count(1)


def test_help_is_answered_also_to_who_is_unsubscribed(admin, enter):
    name = add_contact(admin, "Help", "Seeker", phone=new_phone())
    phone = enter("agent@demo.test")
    take_phone(phone, name)
    say(phone, "STOP")
    expect(received(phone, CONFIRMATION)).to_have_count(1)
    shown = phone.get_by_role("log", name="Messages on this phone").get_by_role("article").count()

    say(phone, "help")

    expect(phone.get_by_role("log", name="Messages on this phone").get_by_role("article")).to_have_count(
        shown + 2
    )
    open_conversation(admin, name)
    expect(message(admin, "Answer to HELP")).to_contain_text("Delivered")
    expect(admin.get_by_role("alert")).to_contain_text("unsubscribed from SMS")


def test_an_ordinary_message_of_somebody_unknown_makes_a_contact_and_no_opt_out(admin, enter):
    number = new_phone()
    phone = enter("agent@demo.test")
    take_phone(phone, number)

    say(phone, "Is the shop next to the bus stop at 5? Don't stop selling bells!")

    row = find_contact(admin, number)
    expect(row.get_by_text("unsubscribed")).to_have_count(0)
    follow(admin, "Inbox")
    line = admin.get_by_role("list", name="Conversations").get_by_role(
        "link", name=re.compile("bus stop at 5")
    )
    expect(line).to_contain_text("1")
    expect(line).not_to_contain_text("Looks like an opt-out")


def _pause(page: Page) -> None:
    page.get_by_role("button", name="Pause Sandbox").click()
    expect(page.get_by_text("Paused by Ana Ruiz")).to_be_visible()


def _resume(page: Page) -> None:
    page.get_by_role("button", name="Resume Sandbox").click()
    expect(page.get_by_text("Active", exact=True).first).to_be_visible()
    expect(page.get_by_text("Paused by Ana Ruiz")).to_have_count(0)
