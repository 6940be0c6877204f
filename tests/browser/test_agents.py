"""What an agent may not do is refused by every door, also to requests that no page would send."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import APIResponse, Page, expect

from tests.browser.acts import (
    UNCLEAR,
    add_contact,
    find_contact,
    new_phone,
    open_conversation,
    open_page_of,
    say,
    take_phone,
)

CSV = "Phone,Name,Unsubscribed\n{phone},Forged Import,yes\n"


@pytest.fixture
def contact(admin: Page) -> tuple[str, str]:
    """Name and id of a contact who is subscribed everywhere but by e-mail."""
    name = add_contact(
        admin, "Door", new_phone()[-7:], phone=new_phone(), email=f"{new_phone()[1:]}@example.com"
    )
    open_page_of(admin, name)
    contact_id = admin.url.rstrip("/").rpartition("/")[2]
    form = {"contact": contact_id, "channels": "email"}
    assert _post(admin, "/contacts/unsubscribe/", form).status == 200
    return name, contact_id


def test_every_door_answers_403_in_the_same_words_and_changes_nothing(admin, agent, contact):
    name, contact_id = contact
    conversation = _conversation_of(admin, name)
    proof = {"reason": "asked", "evidence": "They asked"}
    sms = {"contact": contact_id, "channels": "sms"}
    standings = {"was-sms": "subscribed", "standing-sms": "unsubscribed"}
    others = {"was-email": "unsubscribed", "standing-email": "subscribed"}

    for refused, what in (
        (_post(agent, "/contacts/unsubscribe/", sms), "unsubscribe"),
        (_post(agent, "/contacts/unsubscribe/", {"all": "1", "channels": "sms"}), "unsubscribe"),
        (_post(agent, "/contacts/resubscribe/", {**sms, "channels": "email", **proof}), "resubscribe"),
        (_post(agent, "/contacts/resubscribe/", {"all": "1", "channels": "email", **proof}), "resubscribe"),
        (_post(agent, f"/inbox/{conversation}/profile/", standings), "unsubscribe"),
        (_post(agent, f"/inbox/{conversation}/profile/", {**others, **proof}), "resubscribe"),
        (_post(agent, f"/contacts/{contact_id}/forget/", {}), "forget"),
        (agent.request.get(f"/contacts/unsubscribe/?contact={contact_id}"), "unsubscribe"),
        (agent.request.get(f"/contacts/resubscribe/?contact={contact_id}"), "resubscribe"),
    ):
        assert refused.status == 403, refused.url
        assert f"Only admins can {what} contacts. Ask Ana Ruiz." in refused.text(), refused.url
    badges = find_contact(admin, name)
    expect(badges.get_by_text("E-mail unsubscribed")).to_be_visible()
    expect(badges.get_by_text("unsubscribed")).to_have_count(1)


def test_a_member_of_no_account_is_told_nothing(open_browser, admin, contact):
    stranger = open_browser("/account/sign-in/")

    sent = _post(stranger, "/contacts/unsubscribe/", {"contact": contact[1], "channels": "sms"})

    assert "/account/sign-in/" in sent.url
    expect(find_contact(admin, contact[0]).get_by_text("unsubscribed")).to_have_count(1)


def test_an_import_that_unsubscribes_is_refused_and_one_that_does_not_is_taken(admin, agent):
    phone = new_phone()
    agent.goto("/contacts/import/")
    file = {"name": "forged.csv", "mimeType": "text/csv", "buffer": CSV.format(phone=phone).encode()}
    agent.get_by_label("CSV file").set_input_files(file)
    agent.get_by_role("button", name="Continue").click()
    expect(agent.get_by_text("Only admins can unsubscribe contacts. Ask Ana Ruiz.")).to_be_visible()
    expect(agent.get_by_role("combobox", name="Unsubscribed")).to_have_value("")

    forged = _post(
        agent, agent.url, {"column-0": "phone", "column-1": "name", "column-2": "unsubscribed:all"}
    )

    assert forged.status == 403
    assert "Only admins can unsubscribe contacts. Ask Ana Ruiz." in forged.text()
    agent.get_by_role("button", name="Import 1 row").click()
    expect(agent.get_by_text("The import is done")).to_be_visible()
    expect(find_contact(admin, "Forged Import").get_by_text("unsubscribed")).to_have_count(0)


def test_an_unclear_opt_out_is_dismissed_by_agents_and_confirmed_by_admins_only(admin, agent):
    name = add_contact(admin, "Unclear", "Door", phone=new_phone())
    take_phone(admin, name)
    say(admin, UNCLEAR)
    thread = open_conversation(agent, name)
    flagged = thread.get_by_role("group", name="Looks like an opt-out")
    locked = flagged.get_by_role("button", name="Unsubscribe")
    expect(locked).to_be_disabled()
    expect(locked).to_have_accessible_description("Only admins can unsubscribe contacts. Ask Ana Ruiz.")
    message_id = flagged.locator("xpath=ancestor::article").get_attribute("id").removeprefix("m-")

    refused = _post(agent, f"{agent.url.partition('?')[0]}messages/{message_id}/unsubscribe/", {})

    assert refused.status == 403
    assert "Only admins can unsubscribe contacts. Ask Ana Ruiz." in refused.text()
    flagged.get_by_role("button", name="Dismiss").click()
    expect(flagged).to_have_count(0)
    expect(thread.get_by_text("Looked like an opt-out; dismissed by Ben Okafor")).to_be_visible()
    expect(find_contact(admin, name).get_by_text("unsubscribed")).to_have_count(0)


def test_the_bulk_buttons_are_locked_too(agent):
    agent.goto("/contacts/")
    agent.get_by_role("checkbox", name=re.compile("^Select (?!all)")).first.check()
    bar = agent.get_by_role("region", name="Selection")

    expect(bar.get_by_role("button", name="Unsubscribe")).to_be_disabled()
    expect(bar.get_by_role("button", name="Resubscribe")).to_be_disabled()
    expect(bar.get_by_role("button", name="Add to list")).to_be_enabled()


def _conversation_of(page: Page, name: str) -> str:
    open_conversation(page, name)
    return re.search(r"/inbox/([0-9a-f-]{36})/", page.url)[1]


def _post(page: Page, url: str, form: dict[str, str]) -> APIResponse:
    """As this browser would: with its cookies and a valid CSRF token."""
    token = next(cookie["value"] for cookie in page.context.cookies() if "csrf" in cookie["name"])
    return page.request.post(url, form=form, headers={"X-CSRFToken": token})
