"""Many contacts: selected together, page by page, on lists."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.acts import add_contact, choose_channels, follow, new_phone, news, row_of


def test_several_are_unsubscribed_at_once_with_one_added_and_one_taken_away(admin):
    names = [add_contact(admin, "Several", last, phone=new_phone()) for last in ("One", "Two", "Three")]
    later = add_contact(admin, "Later", "Added", phone=new_phone())
    admin.goto("/contacts/?q=Several")
    for name in names:
        admin.get_by_role("checkbox", name=f"Select {name}").check()
    bar = admin.get_by_role("region", name="Selection")
    expect(bar).to_contain_text("3 selected")

    bar.get_by_role("button", name="Unsubscribe").click()
    dialog = admin.get_by_role("dialog", name="Unsubscribe contact")
    dialog.get_by_role("button", name="Remove Several Two").click()
    expect(dialog.get_by_role("group", name="Contacts")).not_to_contain_text("Several Two")
    finder = dialog.get_by_role("searchbox", name="Add another contact")
    finder.press_sequentially("Later Added", delay=20)  # letter by letter, as one types
    dialog.get_by_role("button", name="Add Later Added").click()
    expect(dialog.get_by_role("group", name="Contacts")).to_contain_text("Later Added")
    choose_channels(dialog, "SMS", "RCS")
    dialog.get_by_role("button", name="Mark unsubscribed").click()

    expect(news(admin)).to_contain_text("3 addresses of 3 contacts unsubscribed from SMS, RCS.")
    for name, gone in {"Several One": 2, "Several Two": 0, "Several Three": 2}.items():
        expect(row_of(admin, name).get_by_text("unsubscribed")).to_have_count(gone)
    expect(bar).to_be_hidden()
    admin.goto("/contacts/?q=Later+Added")
    expect(row_of(admin, later).get_by_text("unsubscribed")).to_have_count(2)


def test_the_selected_are_put_on_a_new_list_and_found_by_it(admin):
    names = [add_contact(admin, "Listed", last, phone=new_phone()) for last in ("One", "Two")]
    admin.goto("/contacts/?q=Listed")
    admin.get_by_role("checkbox", name="Select all on this page").check()
    admin.get_by_role("region", name="Selection").get_by_role("button", name="Add to list").click()
    dialog = admin.get_by_role("dialog", name="Add to list")
    dialog.get_by_label("New list").fill("Bell ringers")
    dialog.get_by_role("button", name="Add").click()

    expect(news(admin)).to_contain_text("Bell ringers")
    follow(admin, "Lists")
    expect(row_of(admin, "Bell ringers")).to_contain_text("2")
    follow(admin, "Bell ringers")
    for name in names:
        expect(row_of(admin, name)).to_contain_text("Bell ringers")


def test_pages_follow_one_another_and_lead_back(admin):
    admin.goto("/contacts/")
    first = _names(admin)
    pages = admin.get_by_role("navigation", name="Pages")

    pages.get_by_role("link", name="Older").click()
    expect(pages.get_by_role("link", name="Newer")).to_be_visible()
    second = _names(admin)
    assert len(first) == len(second) == 50
    assert not set(first) & set(second)
    pages.get_by_role("link", name="Newer").click()

    expect(pages.get_by_role("link", name="Newer")).to_have_count(0)
    assert _names(admin) == first
    admin.go_back()
    expect(pages.get_by_role("link", name="Newer")).to_be_visible()
    assert _names(admin) == second


def _names(page: Page) -> list[str]:
    return page.get_by_role("table").get_by_role("rowheader").all_inner_texts()
