"""The Reports page and its files, as members meet them."""

import csv
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from stopline.apps.reports import report
from stopline.rules.words import Source
from tests import make
from tests.apps.reports.made import asked, message, stop

pytestmark = [
    pytest.mark.django_db,
    # A file is sent from an asynchronous iterator, which the test client reads at once.
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators"),
]


def text(response):
    return response.content.decode()


def read(response):
    """The rows of a CSV file; it is sent while it is made."""
    body = b"".join(response).decode()
    assert body.startswith("\ufeff")
    return list(csv.reader(body.removeprefix("\ufeff").splitlines()))


@pytest.fixture
def ada(account):
    contact = make.contact(account)
    message(contact, timezone.now())
    stop(contact)
    return contact


@pytest.mark.parametrize("role", ["admin", "agent"])
def test_every_member_may_read_them(role, ada, request):
    page = text(request.getfixturevalue(role).get("/reports/"))

    assert "<h1>Reports</h1>" in page
    for heading in ("Messages", "Subscriptions", "Time to honour an opt-out", "Provider disagreement"):
        assert re.search(rf"<h2[^>]*>{heading}</h2>", page)
    assert 'href="/reports/" aria-current="page"' in page


def test_who_is_not_signed_in_is_led_there(client, account):
    assert client.get("/reports/?range=7-days").url == "/account/sign-in/?next=%2Freports%2F%3Frange%3D7-days"


def test_a_member_of_another_account_sees_nothing_of_it(outsider, ada):
    page = text(outsider.get("/reports/"))

    assert page.count("Nothing in this range") >= 4
    assert "Replied by message" not in page
    for name in (
        "messages/messages-by-channel",
        "subscriptions/unsubscribed-by-reason",
        "opt-outs/hand-offs-after-opt-outs",
    ):
        assert len(read(outsider.get(f"/reports/{name}.csv"))) == 1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("range=forever", "There is no range “forever”"),
        ("from=2026-05-01&to=soon", "“soon” is no day"),
        ("zone=Mars/Olympus", "There is no time zone “Mars/Olympus”"),
        ("channel=chat", "There is no channel “chat”"),
    ],
)
@pytest.mark.parametrize("path", ["/reports/", "/reports/messages/messages-over-time.csv"])
def test_what_can_not_be_a_range_is_refused_in_words(admin, path, query, said):
    response = admin.get(f"{path}?{query}")

    assert response.status_code == 422
    assert said in text(response)


def test_the_ranges_keep_channel_and_zone(admin):
    page = text(admin.get("/reports/?range=7-days&channel=sms&zone=Asia/Tokyo"))

    assert 'href="/reports/?range=last-month&amp;channel=sms&amp;zone=Asia%2FTokyo"' in page
    assert re.search(r'<a class="tabs__tab" href="[^"]*range=7-days[^"]*" aria-current="page">', page)
    assert '<option value="sms" selected>' in page
    assert 'value="Asia/Tokyo"' in page


def test_the_file_of_a_table_has_what_the_page_shows(admin, account, ada):
    page = text(admin.get("/reports/"))
    [address] = re.findall(r'href="(/reports/messages/messages-by-channel\.csv[^"]*)"', page)

    response = admin.get(address.replace("&amp;", "&"))

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    today = timezone.localdate()
    named = f"messages-by-channel-{today - timedelta(days=29)}-{today}.csv"
    assert response["Content-Disposition"] == f'attachment; filename="{named}"'
    assert read(response)[:2] == [
        [
            *("Channel", "Sent", "Delivered", "Delivery rate", "Read", "Failed", "Refused"),
            *("Outcome unknown", "Inbound"),
        ],
        ["SMS", "1", "1", "1", "0", "0", "0", "0", "0"],
    ]


def test_every_table_of_the_page_has_its_file(admin, account, ada):
    for section in report.sections(asked(account, str(timezone.localdate()))):
        for table in section.tables:
            rows = read(admin.get(f"/reports/{section.name}/{table.name}.csv"))
            assert len(rows[0]) == len(table.columns)


@pytest.mark.parametrize("subject", ["messages", "nothing"])
def test_a_file_that_is_none_is_told(admin, subject):
    response = admin.get(f"/reports/{subject}/everything.csv")

    assert response.status_code == 404
    assert "No report has a table named “everything”" in text(response)


def test_a_reason_that_looks_like_a_formula_runs_in_no_spreadsheet(admin, account):
    stop(make.contact(account), source=Source.ADMIN, reason='=HYPERLINK("https://example.com")')

    [_, row] = read(admin.get("/reports/subscriptions/unsubscribed-by-reason.csv"))

    assert row == ["Changed by an admin", '\'=HYPERLINK("https://example.com")', "1"]


def test_a_hand_off_behind_an_opt_out_is_told_in_words_and_icon(admin, account, ada):
    message(ada, timezone.now() + timedelta(seconds=1))

    page = text(admin.get("/reports/"))

    [figure] = re.findall(r'<div class="reports__figure reports__figure--bad">.*?</div>', page)
    assert "Hand-offs after an opt-out" in figure
    assert "icon--circle-alert" in figure


def test_nothing_of_the_page_can_be_changed_by_it(admin):
    assert admin.post("/reports/").status_code == 405
