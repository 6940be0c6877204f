"""What a person does at the screen, named as they would say it. Everything is found by role and name."""

from __future__ import annotations

import re
import time
from itertools import count
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect

PASSWORD = "stopline-demo"
CONFIRMATION = "You are unsubscribed and will get no more messages here."
UNCLEAR = "I never signed up for this, how did you get my number"
_numbers = count(1)


def follow(page: Page, link: str) -> None:
    """A link to another page, and waits until that has come whole: before, its scripts don't listen."""
    with page.expect_navigation():
        page.get_by_role("link", name=link, exact=True).click()


def new_phone() -> str:
    """A number that nobody in the demo has, out of the range reserved for fiction (+1 XXX 555 01XX)."""
    number = next(_numbers)
    return f"+1{701 + number // 100}55501{number % 100:02}"


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()


def add_contact(page: Page, first: str, last: str, *, phone: str = "", email: str = "") -> str:
    """Adds a contact under All contacts; its name."""
    page.goto("/contacts/")
    page.get_by_role("link", name="Add contact").click()
    dialog = page.get_by_role("dialog", name="Add contact")
    dialog.get_by_label("First name").fill(first)
    dialog.get_by_label("Last name").fill(last)
    dialog.get_by_label("Phone").fill(phone)
    dialog.get_by_label("E-mail").fill(email)
    dialog.get_by_role("button", name="Add contact").click()
    expect(dialog).to_have_count(0)
    expect(news(page)).to_contain_text(f"{first} {last} added.")
    return f"{first} {last}"


def news(page: Page) -> Locator:
    return page.get_by_role("status", name="News")


def find_contact(page: Page, name: str) -> Locator:
    """The contact's row in All contacts."""
    page.goto(f"/contacts/?{urlencode({'q': name})}")
    return row_of(page, name)


def search(page: Page, text: str) -> None:
    """In All contacts, and waits for what is found."""
    with page.expect_response(re.compile(r"/contacts/\?.*\bq=")):
        page.get_by_role("searchbox", name="Search contacts").fill(text)
    expect(page).to_have_url(re.compile(r"\bq="))


def row_of(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=re.compile(re.escape(name))))


def choose_action(row: Locator, name: str, action: str) -> None:
    """From the three-dots menu of a row."""
    row.get_by_role("button", name=f"More actions for {name}").click()
    row.get_by_role("menuitem", name=action, exact=True).click()


def choose_channels(dialog: Locator, *labels: str) -> None:
    """In the drop-down Channels of a dialog."""
    dialog.get_by_role("button", name="Channels").click()
    for label in labels:
        dialog.get_by_role("checkbox", name=label, exact=True).check()
    dialog.page.keyboard.press("Escape")


def open_page_of(page: Page, name: str) -> None:
    """The contact page."""
    find_contact(page, name).get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def open_conversation(page: Page, name: str) -> Locator:
    """In the Inbox, by New message: it opens the one there is, or a new one."""
    page.goto("/inbox/")
    page.get_by_role("link", name="New message").click()
    dialog = page.get_by_role("dialog", name="New message")
    dialog.get_by_role("searchbox", name="Find a contact to write to").fill(name)
    dialog.get_by_role("button", name=re.compile(re.escape(name))).click()
    expect(page.get_by_role("region", name=f"Conversation with {name}")).to_be_visible()
    return page.get_by_role("region", name=f"Conversation with {name}")


def write(page: Page, text: str, channel: str = "") -> Locator:
    """Sends a message from the composer; its line in the thread."""
    if channel:
        choose_channel(page, channel)
    page.get_by_role("textbox", name="Message", exact=True).fill(text)
    page.get_by_role("button", name="Send", exact=True).click()
    return message(page, text)


def choose_channel(page: Page, channel: str) -> None:
    switcher = page.get_by_role("combobox", name="Channel", exact=True)
    label = switcher.get_by_role("option", name=re.compile(rf"^{re.escape(channel)}\b")).inner_text()
    with page.expect_response(re.compile("/composer/")):
        switcher.select_option(label=label)
    expect(switcher).to_have_value(channel_value(channel))


def channel_value(label: str) -> str:
    return label.lower().replace("-", "")


def message(page: Page, text: str) -> Locator:
    """A message of the thread."""
    return page.get_by_role("log", name="Messages", exact=True).get_by_role("article").filter(has_text=text)


def take_phone(page: Page, who: str, channel: str = "SMS") -> None:
    """The sandbox phone of a contact."""
    page.goto("/sandbox/")
    page.get_by_role("combobox", name="Contact").fill(who)
    page.get_by_role("combobox", name="Channel").select_option(label=channel)
    expect(phone_screen(page)).to_be_visible()


def say(page: Page, text: str) -> None:
    """As the contact whose phone one holds."""
    page.get_by_role("textbox", name="Message").fill(text)
    with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        page.get_by_role("button", name="Send as contact").click()
    assert answered.value.ok, answered.value.text()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("")
    expect(page.get_by_text("Taken by the endpoint.")).to_be_visible()


def phone_screen(page: Page) -> Locator:
    return page.get_by_role("log", name="Messages on this phone")


def received(page: Page, text: str) -> Locator:
    """What the phone shows that says `text`."""
    return phone_screen(page).get_by_role("article").filter(has_text=text)


class Stopwatch:
    """How long until a page shows something, to the millisecond: the page itself notes when."""

    def __init__(self, page: Page, shown: str) -> None:
        """`shown` is JavaScript that is true once it is to be seen."""
        self.page = page
        page.evaluate(
            f"""() => {{
                const look = () => {{ if ({shown}) {{ window.shownAt ??= Date.now(); watcher.disconnect(); }} }};
                const watcher = new MutationObserver(look);
                watcher.observe(document, {{ subtree: true, childList: true, characterData: true, attributes: true }});
                window.shownAt = undefined;
            }}"""
        )
        self.start()

    def start(self) -> None:
        self.since = time.time()

    def stop(self, within: float = 10) -> float:
        """Seconds. Fails when nothing was shown `within` seconds."""
        deadline = time.monotonic() + within
        while not (at := self.page.evaluate("window.shownAt")):
            assert time.monotonic() < deadline, f"not shown within {within} seconds"
            self.page.wait_for_timeout(20)
        return at / 1000 - self.since
