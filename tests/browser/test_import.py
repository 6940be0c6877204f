"""A file goes in, what is wrong with it comes out, and nobody is resubscribed on the way."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.acts import (
    add_contact,
    choose_action,
    choose_channels,
    find_contact,
    new_phone,
    news,
    search,
)

HEADER = "First name;Last name;Mobile;E-mail;Unsubscribed\n"


def test_bad_rows_are_listed_and_mended_and_the_unsubscribed_stay_so(admin, tmp_path):
    stopped, first, second, third = (new_phone() for _ in range(4))
    name = add_contact(admin, "Stopped", "Early", phone=stopped)
    _unsubscribe_from_sms(admin, name)
    rows = [
        f"Ila;Imported;{first};ila.imported@example.com;no",
        "Ole;Imported;12;;",
        f"Stopped;Renamed;{stopped};;no",
        f"Uma;Imported;{second};;yes",
        f"Ila;Twice;{first};;",
        "Eve;Imported;;eve at example.com;",
        f"Kim;Imported;{third};;perhaps",
    ]

    _upload(admin, "people.csv", HEADER + "\n".join(rows))
    expect(admin.get_by_role("combobox", name="Mobile")).to_have_value("phone")
    expect(admin.get_by_role("combobox", name="Unsubscribed")).to_have_value("unsubscribed:all")
    admin.get_by_role("button", name="Import 7 rows").click()

    expect(admin.get_by_text("The import is done")).to_be_visible()
    facts = {"Created": "2", "Known already": "1", "Unsubscribed": "1", "Bad rows": "4"}
    for term, number in facts.items():
        expect(_fact(admin, term)).to_have_text(re.compile(rf"^{number}\b"))
    bad = admin.get_by_role("row")
    for line, reason in (
        (3, "12"),
        (6, "Line 2 of this file has"),
        (7, "eve at example.com"),
        (8, "perhaps"),
    ):
        expect(bad.filter(has=admin.get_by_role("cell", name=str(line), exact=True))).to_contain_text(reason)
    mended = _mend(admin, tmp_path, {"12": new_phone(), "perhaps": "no"})
    expect(find_contact(admin, "Stopped Renamed").get_by_text("SMS unsubscribed")).to_be_visible()
    expect(find_contact(admin, "Uma Imported").get_by_text("unsubscribed")).to_have_count(4)

    _upload(admin, "mended.csv", mended)
    admin.get_by_role("button", name="Import 4 rows").click()
    expect(admin.get_by_text("The import is done")).to_be_visible()
    expect(find_contact(admin, "Ole Imported")).to_be_visible()
    expect(find_contact(admin, "Kim Imported")).to_be_visible()


def test_what_is_exported_can_be_imported_again_and_changes_nobody(admin, tmp_path):
    names = [add_contact(admin, "Roundtrip", each, phone=new_phone()) for each in ("One", "Two")]
    _unsubscribe_from_sms(admin, names[0])
    admin.goto("/contacts/")
    search(admin, "Roundtrip")
    with admin.expect_download() as download:
        admin.get_by_role("link", name="Export").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    exported = {row["Last name"]: row["SMS status"] for row in csv.DictReader(text.splitlines())}
    assert exported == {"One": "unsubscribed", "Two": "subscribed"}

    _upload(admin, "again.csv", text.replace("unsubscribed", "subscribed"))
    admin.get_by_role("button", name="Import 2 rows").click()

    expect(admin.get_by_text("The import is done")).to_be_visible()
    for term, number in {"Created": "0", "Known already": "2", "Unsubscribed": "0", "Bad rows": "0"}.items():
        expect(_fact(admin, term)).to_have_text(re.compile(rf"^{number}\b"))
    expect(find_contact(admin, names[0]).get_by_text("SMS unsubscribed")).to_be_visible()
    expect(find_contact(admin, names[1]).get_by_text("unsubscribed")).to_have_count(0)


def test_a_large_file_shows_how_far_it_is_and_fills_a_new_list(admin):
    rows = "".join(f"Large;Number {n};;large{n}@bulk.example;\n" for n in range(2000))
    _upload(admin, "large.csv", HEADER + rows)
    admin.get_by_label("List", exact=True).select_option(label="A new list")
    admin.get_by_label("Name of the new list").fill("Two thousand")
    admin.get_by_role("button", name="Import 2,000 rows").click()

    expect(admin.get_by_role("progressbar").or_(admin.get_by_text("The import is done"))).to_be_visible()
    expect(admin.get_by_text("The import is done")).to_be_visible(timeout=60_000)
    expect(_fact(admin, "Created")).to_have_text("2,000")
    admin.goto("/contacts/")
    admin.get_by_role("combobox", name="List").select_option(label="Two thousand")
    expect(admin.get_by_role("main").get_by_role("status")).to_have_text("2,000 contacts")


def test_a_file_that_is_none_is_refused_with_the_reason(admin, watch):
    watch.expected.add(422)
    _upload(admin, "picture.csv", "\x00\x01\x02 no text", expect_columns=False)

    expect(admin.get_by_role("alert")).to_be_visible()
    expect(admin.get_by_label("CSV file")).to_be_visible()


def _upload(page: Page, name: str, text: str, *, expect_columns: bool = True) -> None:
    page.goto("/contacts/")
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_label("CSV file").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    )
    with page.expect_navigation():
        page.get_by_role("button", name="Continue").click()
    if expect_columns:
        expect(page.get_by_role("heading", name="Name the columns")).to_be_visible()


def _mend(page: Page, folder: Path, repairs: dict[str, str]) -> str:
    """The file of bad rows, with some cells put right."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Download bad rows").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    rows = list(csv.reader(text.splitlines(), delimiter=";"))  # as in the file they come from
    assert [row[:2] for row in rows[:1]] == [["Line", "Reason"]] and len(rows) == 5
    return "\n".join(";".join(repairs.get(cell, cell) for cell in row) for row in rows)


def _fact(page: Page, term: str) -> Locator:
    """The number beside a term; what is in brackets explains it."""
    terms = page.get_by_role("region", name="Progress").get_by_role("term")
    at = terms.all_inner_texts().index(term)
    return page.get_by_role("region", name="Progress").get_by_role("definition").nth(at)


def _unsubscribe_from_sms(page: Page, name: str) -> None:
    choose_action(find_contact(page, name), name, "Unsubscribe")
    dialog = page.get_by_role("dialog", name="Unsubscribe contact")
    choose_channels(dialog, "SMS")
    dialog.get_by_role("button", name="Mark unsubscribed").click()
    expect(news(page)).to_contain_text(f"{name} is unsubscribed from SMS.")
