"""All contacts: what each of the cast sees, finds and can do."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stopline.apps.contacts import lists
from tests import make

pytestmark = pytest.mark.django_db
PAGE = "/contacts/"


def page(browser, query="", **options):
    response = browser.get(f"{PAGE}{query}", **options)
    return response.content.decode()


def test_members_see_their_contacts_and_nobody_elses(admin, agent, outsider):
    make.contact(admin.account, "Adalbert")
    make.contact(outsider.account, "Eveline")

    for browser in (admin, agent):
        assert "Adalbert" in page(browser) and "Eveline" not in page(browser)
    assert "Adalbert" not in page(outsider)


def test_somebody_signed_out_is_led_to_the_sign_in(client, db):
    assert "/account/login" in client.get(PAGE).url or "next=" in client.get(PAGE).url


def test_a_badge_says_since_when_and_why(admin):
    make.contact(admin.account, "Ada", sms="unsubscribed")

    shown = page(admin)

    assert "SMS unsubscribed" in shown
    assert "Unsubscribed since " in shown and "marked by Test" in shown
    assert "Subscribed: never unsubscribed" in shown


def test_status_means_at_least_one_channel_or_the_chosen_one(admin):
    make.contact(admin.account, "Stopped", sms="unsubscribed")
    make.contact(admin.account, "Willing")

    assert "Stopped" in page(admin, "?status=unsubscribed")
    assert "Willing" not in page(admin, "?status=unsubscribed")
    assert "Stopped" not in page(admin, "?status=unsubscribed&channel=whatsapp")
    assert "Stopped" in page(admin, "?status=subscribed&channel=whatsapp")
    assert "Stopped" not in page(admin, "?status=subscribed")


@pytest.mark.parametrize(
    "text", ["gue", "Guérin", "helene@", "(212) 555-0143", "5550143", "+1 212 555 01 43"]
)
def test_search_finds_by_any_part_people_type(admin, text):
    make.contact(
        admin.account, "Hélène", last_name="Guérin", phone="+12125550143", email="helene@example.org"
    )
    make.contact(admin.account, "Boris")

    shown = admin.get(PAGE, {"q": text}).content.decode()

    assert "Hélène Guérin" in shown and "Boris" not in shown


def test_a_list_narrows_too(admin):
    vips = lists.create(admin.account, "VIP")
    lists.add(vips, [make.contact(admin.account, "Ada")])
    make.contact(admin.account, "Boris")

    shown = page(admin, f"?list={vips.id}")

    assert "Ada" in shown and "Boris" not in shown


def test_a_filter_that_does_not_exist_is_told(admin):
    response = admin.get(PAGE, {"status": "gone"})

    assert response.status_code == 422
    assert "The status “gone” doesn&#x27;t exist" in response.content.decode()


def test_htmx_gets_the_rows_and_a_clean_url(admin):
    make.contact(admin.account, "Ada")

    response = admin.htmx.get(
        PAGE, {"q": "ada", "status": "", "channel": ""}, headers={"HX-Trigger": "filters"}
    )

    assert "<h1" not in response.content.decode() and "Ada" in response.content.decode()
    assert response["HX-Push-Url"] == "/contacts/?q=ada"


def test_a_live_refresh_leaves_the_url_alone(admin):
    response = admin.htmx.get(PAGE, {"q": "ada"}, headers={"HX-Trigger": "contacts"})

    assert "HX-Push-Url" not in response


def test_an_admin_is_offered_what_can_be_done(admin):
    make.contact(
        admin.account,
        "Ada",
        sms="unsubscribed",
        mms="unsubscribed",
        whatsapp="unsubscribed",
        rcs="unsubscribed",
    )
    make.contact(admin.account, "Ben")

    shown = page(admin)

    assert shown.count('aria-label="More actions for ') == 2
    assert shown.count('href="/contacts/unsubscribe/?contact=') == 1
    assert shown.count('href="/contacts/resubscribe/?contact=') == 1


def test_an_agent_reads_why_not_and_whom_to_ask(agent, admin):
    make.contact(agent.account, "Ada")

    shown = page(agent)

    assert "Only admins can unsubscribe contacts. Ask Ana Ruiz." in shown
    assert "Only admins can resubscribe contacts. Ask Ana Ruiz." in shown
    assert 'href="/contacts/unsubscribe/?contact=' not in shown


def test_a_hundred_contacts_cost_as_many_queries_as_two(admin):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            page(admin)
        return len(queries)

    for _ in range(2):
        make.contact(admin.account, sms="unsubscribed")
    few = cost()
    for _ in range(40):
        make.contact(admin.account, email="unsubscribed")

    assert cost() == few <= 14


def test_pages_follow_each_other(admin, monkeypatch):
    from stopline.doors.web.contacts import listing

    monkeypatch.setattr(listing, "SIZE", 2)
    _first, second, _third = (make.contact(admin.account, name) for name in ("One", "Two", "Three"))

    shown = page(admin)
    assert "Three" in shown and "Two" in shown and ">One<" not in shown

    older = page(admin, f"?after={second.id}")
    assert ">One<" in older and ">Two<" not in older and 'rel="prev"' in older


def test_an_empty_account_is_told_what_to_do_first(admin):
    assert "No contacts yet" in page(admin)
    assert "No contact matches" in page(admin, "?q=zz")
