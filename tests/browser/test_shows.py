"""What Stopline is for, as a person meets it on the first day."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.acts import (
    CONFIRMATION,
    Stopwatch,
    choose_action,
    choose_channel,
    choose_channels,
    find_contact,
    follow,
    message,
    news,
    open_conversation,
    open_page_of,
    received,
    row_of,
    say,
    search,
    sign_in,
    take_phone,
    write,
)

ADMINS_ONLY = "Only admins can {} contacts. Ask Ana Ruiz."


def test_somebody_who_has_never_seen_it_finds_the_whole_way(open_browser, enter, measured):
    admin = open_browser("/")
    sign_in(admin, "admin@demo.test")

    _unsubscribe_from_sms(admin, "Priya Raman")
    _find_among_the_unsubscribed(admin, "Priya Raman")
    _write_by_whatsapp_instead(admin, "Priya Raman")
    _see_a_stop_arrive(admin, enter("agent@demo.test"), "Felix Albrecht", measured)
    _see_both_items_locked(enter("agent@demo.test"), "Priya Raman")
    _resubscribe_with_evidence(admin, "Priya Raman")
    _read_the_whole_story(admin, "Priya Raman")


def _unsubscribe_from_sms(page: Page, name: str) -> None:
    follow(page, "All contacts")
    search(page, name)
    row = row_of(page, name)
    choose_action(row, name, "Unsubscribe")
    dialog = page.get_by_role("dialog", name="Unsubscribe contact")
    button = dialog.get_by_role("button", name="Mark unsubscribed")
    expect(button).to_be_disabled()
    for channel in dialog.get_by_role("checkbox", include_hidden=True).all():
        expect(channel).not_to_be_checked()

    choose_channels(dialog, "SMS")
    expect(dialog.get_by_role("button", name="Channels")).to_contain_text("SMS")
    dialog.get_by_label("Reason").fill("Asked on the phone")
    expect(button).to_be_enabled()
    page.evaluate("window.sameDocument = true")
    button.click()

    expect(dialog).to_have_count(0)
    expect(news(page)).to_contain_text(f"{name} is unsubscribed from SMS.")
    expect(row.get_by_text("SMS unsubscribed")).to_be_visible()
    expect(row.get_by_text("unsubscribed")).to_have_count(1)  # MMS, RCS, WhatsApp and e-mail go on
    assert page.evaluate("window.sameDocument"), "the badge changed by a reload"
    tooltip = row.get_by_text("SMS unsubscribed").get_attribute("title")
    assert re.fullmatch(r"Unsubscribed since .+: marked by Ana Ruiz \(Asked on the phone\)", tooltip)


def _find_among_the_unsubscribed(page: Page, name: str) -> None:
    follow(page, "All contacts")
    total = page.get_by_role("main").get_by_role("status")
    expect(total).to_have_text(re.compile(r"^\d[\d,]{2,} contacts$"))
    everybody = total.inner_text()
    page.get_by_role("combobox", name="Status").select_option(label="Unsubscribed")

    expect(page).to_have_url(re.compile("status=unsubscribed"))
    expect(total).not_to_have_text(everybody)
    page.get_by_role("combobox", name="Channel").select_option(label="SMS")
    search(page, name)
    expect(row_of(page, name)).to_be_visible()
    page.get_by_role("combobox", name="Channel").select_option(label="WhatsApp")
    expect(page.get_by_role("heading", name="No contact matches")).to_be_visible()


def _write_by_whatsapp_instead(page: Page, name: str) -> None:
    thread = open_conversation(page, name)
    row = page.get_by_role("list", name="Conversations").get_by_role("link", name=re.compile(name))
    page.get_by_role("link", name=re.compile("^Closed")).click()
    expect(row.get_by_role("img", name="Unsubscribed")).to_be_visible()
    alert = thread.get_by_role("alert")
    expect(alert).to_contain_text(f"{name} is unsubscribed from SMS")
    expect(alert).to_contain_text(re.compile(r"Since .+: marked by Ana Ruiz \(Asked on the phone\)"))
    expect(alert.get_by_role("link", name="See the history")).to_be_visible()
    expect(alert.get_by_role("link", name="Resubscribe")).to_be_visible()
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_have_count(0)

    choose_channel(page, "WhatsApp")
    expect(alert).to_have_count(0)
    sent = write(page, "Is Thursday at ten still fine for your service?")

    expect(sent).to_contain_text("WhatsApp")
    expect(sent).to_contain_text(re.compile("Delivered|Read"))


def _see_a_stop_arrive(admin: Page, colleague: Page, name: str, measured) -> None:
    """On the sandbox phone, in another browser; the admin only looks at the thread."""
    thread = open_conversation(admin, name)
    choose_channel(admin, "SMS")
    expect(thread.get_by_role("textbox", name="Message", exact=True)).to_be_visible()
    take_phone(colleague, name)
    confirmations = received(colleague, CONFIRMATION).count()
    in_thread = message(admin, CONFIRMATION).count()
    alert = Stopwatch(
        admin, "document.querySelector('[role=alert]')?.innerText.includes('unsubscribed from SMS')"
    )

    say(colleague, "STOP")

    measured("STOP on the sandbox phone → alert in the other browser", alert.stop())
    expect(thread.get_by_role("alert")).to_contain_text(f"{name} is unsubscribed from SMS")
    expect(thread.get_by_text("Replied “STOP”: unsubscribed from SMS, MMS, RCS")).to_be_visible()
    expect(message(admin, CONFIRMATION)).to_have_count(in_thread + 1)
    expect(message(admin, CONFIRMATION).last).to_contain_text("Delivered")
    expect(received(colleague, CONFIRMATION)).to_have_count(confirmations + 1)
    say(colleague, "STOP")
    say(colleague, "Stop!!")
    expect(message(admin, "Stop!!")).to_be_visible()
    expect(received(colleague, "Stop!!")).to_be_visible()
    expect(received(colleague, CONFIRMATION)).to_have_count(confirmations + 1)


def _see_both_items_locked(agent: Page, name: str) -> None:
    row = find_contact(agent, name)
    row.get_by_role("button", name=f"More actions for {name}").click()

    for action in ("Unsubscribe", "Resubscribe"):
        item = row.get_by_role("menuitem", name=action, exact=True)
        expect(item).to_be_disabled()
        expect(item).to_have_accessible_description(ADMINS_ONLY.format(action.lower()))
        expect(item).to_contain_text(ADMINS_ONLY.format(action.lower()))
    agent.keyboard.press("Escape")
    open_conversation(agent, name)
    choose_channel(agent, "SMS")
    alert = agent.get_by_role("alert")
    expect(alert).to_contain_text(ADMINS_ONLY.format("resubscribe"))
    expect(alert.get_by_role("link", name="Resubscribe")).to_have_count(0)


def _resubscribe_with_evidence(page: Page, name: str) -> None:
    row = find_contact(page, name)
    choose_action(row, name, "Resubscribe")
    dialog = page.get_by_role("dialog", name="Resubscribe contact")
    expect(dialog).to_contain_text(re.compile(r"SMS: marked by Ana Ruiz \(Asked on the phone\) on \d"))
    expect(dialog).to_contain_text("Important: only resubscribe if")
    button = dialog.get_by_role("button", name="Resubscribe", exact=True)
    expect(button).to_be_disabled()
    choose_channels(dialog, "SMS")
    dialog.get_by_label("The contact asked to be contacted again").check()
    dialog.get_by_label("Evidence", exact=True).fill("In the shop, on Saturday: “text me when it's ready”.")
    dialog.get_by_label("File").set_input_files(
        {"name": "note.txt", "mimeType": "text/plain", "buffer": b"Text me when it's ready. Priya"}
    )
    button.click()

    expect(dialog).to_have_count(0)
    expect(news(page)).to_contain_text(f"{name} is subscribed again to SMS.")
    expect(row.get_by_text("unsubscribed")).to_have_count(0)


def _read_the_whole_story(page: Page, name: str) -> None:
    open_page_of(page, name)
    history = page.get_by_role("region", name="History")
    newest, before = (history.get_by_role("listitem").nth(place) for place in (0, 1))

    expect(history).to_contain_text("Times in Europe/London")
    expect(newest).to_contain_text("Subscribed again to SMS")
    expect(newest).to_contain_text("Changed by an admin · Ana Ruiz")
    expect(newest).to_contain_text("The contact asked to be contacted again")
    newest.get_by_text("Evidence", exact=True).click()
    expect(newest.get_by_text("“text me when it's ready”")).to_be_visible()
    with page.expect_download() as download:
        newest.get_by_role("link", name="note.txt").click()
    assert download.value.path().read_bytes() == b"Text me when it's ready. Priya"
    expect(before).to_contain_text("Unsubscribed from SMS")
    expect(before).to_contain_text("Asked on the phone")
