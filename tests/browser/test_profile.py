"""The profile beside a conversation: read, and with Modify changed."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.acts import add_contact, new_phone, news, open_conversation, write


def test_a_standing_is_changed_by_its_two_boxes_and_lifted_only_with_reason_and_evidence(admin, watch):
    watch.expected.add(422)
    name = add_contact(admin, "Profile", "Pane", phone=new_phone())
    thread = open_conversation(admin, name)
    write(admin, "Hello")
    pane = _opened(admin)
    pane.get_by_role("switch", name="Modify").check()
    sms = pane.get_by_role("group", name="SMS")
    expect(sms.get_by_label("Subscribed", exact=True)).to_be_checked()

    sms.get_by_label("Unsubscribed").check()
    expect(sms.get_by_label("Subscribed", exact=True)).not_to_be_checked()
    pane.get_by_label("First name").fill("Profiled")
    pane.get_by_role("button", name="Save", exact=True).click()

    renamed = "Profiled Pane"
    expect(news(admin)).to_contain_text(f"{renamed} saved.")
    expect(thread.or_(admin.get_by_role("region", name=f"Conversation with {renamed}"))).to_be_visible()
    expect(admin.get_by_role("alert")).to_contain_text("is unsubscribed from SMS")
    expect(pane.get_by_text("SMS unsubscribed")).to_be_visible()

    pane.get_by_role("switch", name="Modify").check()
    pane.get_by_role("group", name="SMS").get_by_label("Subscribed", exact=True).check()
    pane.get_by_role("button", name="Save", exact=True).click()
    expect(pane.get_by_role("alert")).to_contain_text("Choose a reason")
    pane.get_by_label("The contact asked to be contacted again").check()
    pane.get_by_label("Evidence", exact=True).fill("Called at noon")
    pane.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_role("alert")).to_have_count(0)
    expect(pane.get_by_text("SMS subscribed")).to_be_visible()


def test_agents_change_the_name_and_read_the_status_with_the_reason(agent):
    name = add_contact(agent, "Agents", "Pane", phone=new_phone())
    open_conversation(agent, name)
    pane = _opened(agent)
    pane.get_by_role("switch", name="Modify").check()

    expect(pane.get_by_text("Only admins can unsubscribe contacts. Ask Ana Ruiz.")).to_be_visible()
    expect(pane.get_by_role("group", name="SMS")).to_have_count(0)
    pane.get_by_label("Loyalty points").fill("120")
    pane.get_by_role("button", name="Save", exact=True).click()

    expect(news(agent)).to_contain_text(f"{name} saved.")
    expect(pane.get_by_text("120")).to_be_visible()
    expect(pane.get_by_text("None")).to_have_count(0)


def _opened(page: Page) -> Locator:
    page.get_by_role("button", name="Show contact profile").first.click()
    pane = page.get_by_role("complementary", name="Contact profile")
    expect(pane).to_be_visible()
    expect(page.get_by_role("button", name="Hide contact profile").first).to_be_visible()
    return pane
