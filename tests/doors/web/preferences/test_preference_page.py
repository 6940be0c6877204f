"""The page behind the link in every message: what it shows, what it changes, and what nobody learns from it."""

import re
import tomllib
from io import BytesIO

import pytest
from django.core.cache import cache
from django.db.utils import OperationalError
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from psycopg.errors import LockNotAvailable

from stopline.apps.consent import links, preference_page, subscription
from stopline.apps.consent.models import Entry
from stopline.apps.contacts.models import Contact
from stopline.doors.web.preferences import limits, speech
from stopline.doors.worker import tasks
from stopline.rules.words import Channel
from tests import make

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
SEALED, SHORT = "A" * 86, "AAAAAAAAAA"


@pytest.fixture(autouse=True)
def _nobody_counted_yet():
    cache.clear()


@pytest.fixture
def ada(account) -> Contact:
    make.connection(account)
    return make.contact(account, phone="+14155550123", email="ada@example.com")


@pytest.fixture
def link(ada) -> str:
    return path(links.unsubscribe_url(ada.account_id, Channel.EMAIL, ada.email))


@pytest.fixture
def texted(ada) -> str:
    return path(links.short_url(ada.account_id, Channel.SMS, ada.phone))


def path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def standing(contact: Contact) -> dict[str, str]:
    rows = subscription.of(contact.account_id, contact.channels)
    return {channel: row.standing for (channel, _), row in rows.items()}


def unsubscribed(contact: Contact) -> set[str]:
    return {channel for channel, found in standing(contact).items() if found == "unsubscribed"}


def text(response) -> str:
    return response.content.decode()


# What it shows


def test_it_shows_the_account_and_every_channel_of_the_contact_masked(client, ada, link):
    page = text(client.get(link))

    assert "Your messages from Larkspur" in page
    for channel in ("E-mail", "SMS", "MMS", "WhatsApp", "RCS"):
        assert channel in page
    assert "a•••@example.com" in page and "+1 ••• 0123" in page
    assert ada.email not in page and "555" not in page and ada.first_name not in page


def test_it_shows_only_channels_the_account_has(client, account):
    make.connection(account, channels=["email", "sms"])
    ada = make.contact(account, email="ada@example.com")

    page = text(client.get(path(links.unsubscribe_url(account.id, Channel.EMAIL, ada.email))))

    assert "SMS" in page and "WhatsApp" not in page


def test_an_address_without_a_contact_has_its_own_channels(client, ada, link):
    Contact.objects.all().delete()

    page = text(client.get(link))

    assert "a•••@example.com" in page and "SMS" not in page


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a_scanner_that_follows_the_link_changes_nothing(client, ada, link, method):
    for _ in range(3):
        getattr(client, method)(f"{link}?List-Unsubscribe=One-Click&stop=all")

    assert unsubscribed(ada) == set()
    assert not Entry.objects.exists()


def test_it_needs_no_cookie_and_sets_none_and_is_nowhere_kept(client, link):
    response = client.get(link)

    assert not response.cookies
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy and "unsafe" not in policy
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"
    assert "noindex" in response["X-Robots-Tag"]
    assert "<script" not in text(response)


# One click (RFC 8058)


@pytest.mark.parametrize("encoding", ["multipart", "urlencoded", "none named", "small letters"])
def test_one_click_unsubscribes_at_once_without_cookie_or_redirect(ada, link, encoding):
    strict = Client(enforce_csrf_checks=True)
    plain = "application/x-www-form-urlencoded"

    match encoding:
        case "multipart":
            response = strict.post(link, ONE_CLICK)
        case "urlencoded":
            response = strict.post(link, "List-Unsubscribe=One-Click", content_type=plain)
        case "none named":
            response = strict.post(link, "List-Unsubscribe=One-Click", content_type="text/plain")
        case _:
            response = strict.post(link, "list-unsubscribe=one-click", content_type=plain)

    assert response.status_code == 200 and not response.cookies
    assert unsubscribed(ada) == {"email"}


def test_the_example_of_the_rfc_is_understood(ada, link):
    """RFC 8058, section 8.1, with its boundary and line ends."""
    body = (
        "--------------------------df0b23c8a2d9e5f1\r\n"
        'Content-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
        "One-Click\r\n"
        "--------------------------df0b23c8a2d9e5f1--\r\n"
    )
    kind = "multipart/form-data; boundary=------------------------df0b23c8a2d9e5f1"

    response = Client(enforce_csrf_checks=True).generic("POST", link, body.encode(), kind)

    assert response.status_code == 200
    assert unsubscribed(ada) == {"email"}


def test_without_its_last_slash_it_is_not_redirected_either(client, ada, link):
    response = client.post(link.rstrip("/"), ONE_CLICK)

    assert response.status_code == 200
    assert unsubscribed(ada) == {"email"}


def test_clicked_twice_is_decided_once(client, ada, link):
    for _ in range(2):
        assert client.post(link, ONE_CLICK).status_code == 200

    assert Entry.objects.count() == 1


def test_one_click_in_a_text_ends_what_a_stop_would(client, ada, texted):
    client.post(texted, ONE_CLICK)

    assert unsubscribed(ada) == {"sms", "mms", "rcs"}


def test_the_ledger_keeps_the_proof(ada, link, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    headers = {"X-Forwarded-For": "6.6.6.6, 203.0.113.7", "User-Agent": "Mail/1.0"}

    Client(headers=headers).post(link, ONE_CLICK)

    entry = Entry.objects.get()
    assert (entry.source, entry.actor_kind, entry.actor_name) == ("link", "person", ada.email)
    assert entry.contact_id == ada.id
    assert entry.evidence["ip"] == "203.0.113.7"
    assert entry.evidence["user_agent"] == "Mail/1.0"
    assert "One click" in entry.evidence["how"] and entry.evidence["received_at"]


def test_the_proof_of_the_page_says_what_the_person_read(client, account, ada, link):
    preference_page.change(
        make.member(account), colour="", wording="Noticias de Larkspur", link_in_texts=False
    )

    client.post(f"{link}?lang=es", {"stop": "email"})

    entry = Entry.objects.get()
    assert entry.evidence["how"] == "Their preference page" and entry.evidence["language"] == "es"
    assert "Noticias de Larkspur" in entry.evidence["wording"]
    assert "[Darse de baja]" in entry.evidence["wording"]


def test_where_a_hand_off_hangs_the_unsubscribe_is_kept_and_brought_into_force(
    client, ada, link, monkeypatch
):
    def waits(*args, **kwargs):
        raise OperationalError("canceling statement due to lock timeout") from LockNotAvailable()

    with monkeypatch.context() as hanging:
        hanging.setattr(subscription, "unsubscribe", waits)
        page = client.post(link, ONE_CLICK)

    assert page.status_code == 200 and "takes effect within a minute" in text(page)
    assert unsubscribed(ada) == set()
    job = ProcrastinateJob.objects.get(task_name=tasks.unsubscribe_by_link.name)
    assert ada.email not in str(job.args)

    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)  # the test's own
    tasks.unsubscribe_by_link(**job.args)

    assert unsubscribed(ada) == {"email"}


# The page's own buttons


def test_one_channel_or_everything_can_be_ended_also_at_the_other_addresses(client, ada, link):
    client.post(link, {"stop": "sms"})
    assert unsubscribed(ada) == {"sms"}

    page = text(client.post(link, {"stop": "all"}))

    assert unsubscribed(ada) == {"sms", "mms", "whatsapp", "rcs", "email"}
    assert "You are unsubscribed." in page


def test_the_own_address_can_be_subscribed_again_by_the_person(client, ada, link):
    client.post(link, ONE_CLICK)

    page = text(client.post(link, {"start": "email"}))

    assert unsubscribed(ada) == set()
    assert "You are subscribed again." in page
    last = Entry.objects.order_by("-position")[0]
    assert (last.source, last.actor_kind, last.standing) == ("link", "person", "subscribed")


@pytest.mark.parametrize("wish", ["sms", "whatsapp"])
def test_a_link_never_lifts_the_stop_of_another_address(client, ada, link, wish):
    client.post(link, {"stop": "all"})

    response = client.post(link, {"start": wish})

    assert response.status_code == 422
    assert unsubscribed(ada) == {"sms", "mms", "whatsapp", "rcs", "email"}


def test_subscribing_to_everything_again_stays_on_the_own_address(client, ada, link, texted):
    client.post(link, {"stop": "all"})

    client.post(texted, {"start": "all"})

    assert unsubscribed(ada) == {"email"}


def test_no_button_offers_what_the_link_may_not_do(client, ada, link):
    page = text(client.post(link, {"stop": "all"}))

    assert re.findall(r'name="start" value="(\w+)"', page) == ["email"]


@pytest.mark.parametrize("form", [{}, {"stop": "fax"}, {"start": ""}, {"List-Unsubscribe": "maybe"}])
def test_a_form_that_asks_for_nothing_changes_nothing(client, ada, link, form):
    response = client.post(link, form)

    assert response.status_code == 422 and "Nothing was changed" in text(response)
    assert not Entry.objects.exists()


def test_a_carrier_that_goes_on_blocking_is_told_to_the_person(client, account, ada, texted):
    from stopline.apps.consent.actors import Actor
    from stopline.rules.words import Source

    subscription.unsubscribe(
        account.id, [("sms", ada.phone)], source=Source.KEYWORD, actor=Actor.person(ada.phone)
    )

    assert "Text START" in text(client.post(texted, {"start": "sms"}))


def test_an_erased_person_sees_how_they_stand_and_can_change_it(client, account, ada, link):
    from stopline.apps.consent import erasure

    client.post(link, ONE_CLICK)
    erasure.forget(account.id, [ada.email])
    Contact.objects.all().delete()

    assert "Subscribe again" in text(client.get(link))
    client.post(link, {"start": "email"})
    assert "Unsubscribe" in text(client.get(link))


def test_a_very_large_body_is_not_read(client, ada, link):
    assert client.post(link, {"stop": "all", "more": "x" * 20_000}).status_code == 413
    assert not Entry.objects.exists()


# Wrong links


def test_every_wrong_link_has_the_same_answer(client, ada, link):
    real = path(link)
    withdrawn = links.token(ada.account_id, Channel.EMAIL, ada.email, at=None)
    preference_page.withdraw_links(make.member(ada.account))
    answers = [
        client.get(wrong)
        for wrong in (f"/u/{SEALED}/", f"/u/{SHORT}/", "/u/x/", "/u/", f"/u/{withdrawn[:-3]}AAA/", "/u/a/b/c")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({text(answer) for answer in answers}) == 1
    assert "This link doesn’t work" in text(answers[0]) and "Larkspur" not in text(answers[0])
    assert real


@pytest.mark.parametrize("wrong", [f"/u/{SEALED}/", f"/u/{SHORT}/"])
def test_a_post_to_a_wrong_link_is_the_same_nothing(client, wrong):
    assert client.post(wrong, ONE_CLICK).status_code == 404


def test_a_network_that_guesses_is_stopped_while_others_go_on(client, ada, link, texted, monkeypatch):
    monkeypatch.setattr(limits, "MISSES", 3)
    for _ in range(3):
        assert client.get(f"/u/{SHORT}/").status_code == 404

    blocked = client.get(f"/u/{SHORT}/")

    assert blocked.status_code == 429 and blocked["Retry-After"] == "600"
    assert client.get(texted).status_code == 429  # a right guess is not told from a wrong one
    assert client.get(texted, REMOTE_ADDR="203.0.113.9").status_code == 200
    assert client.post(link, ONE_CLICK).status_code == 200  # a sealed token is no guess
    assert unsubscribed(ada) == {"email"}


def test_a_network_is_the_64_of_an_ipv6_address():
    assert limits.network_of("2001:db8::1") == limits.network_of("2001:db8::ffff:1")
    assert limits.network_of("2001:db8::1") != limits.network_of("2001:db8:0:1::1")
    assert limits.network_of("203.0.113.1") != limits.network_of("203.0.113.2")


def test_a_link_used_too_often_still_unsubscribes(client, ada, link, monkeypatch):
    monkeypatch.setattr(limits, "USES", 2)
    for _ in range(2):
        assert client.get(link).status_code == 200

    assert client.get(link).status_code == 429
    assert client.post(link, {"start": "email"}).status_code == 429
    assert client.post(link, {"stop": "email"}).status_code == 200
    assert unsubscribed(ada) == {"email"}


# Languages


def test_the_languages_are_those_of_the_keyword_rules_and_all_complete():
    files = {path.stem: tomllib.loads(path.read_text()) for path in speech.FOLDER.glob("*.toml")}
    rules = speech.FOLDER.parents[3] / "rules/languages"

    codes = {
        tomllib.loads(path.read_text())["language"] for path in rules.glob("*.toml") if path.stem != "every"
    }

    assert {words["code"] for words in files.values()} == codes and len(codes) == 7
    english = files["english"]
    for words in files.values():
        assert words.keys() == english.keys()
        for name, told in words.items():
            assert (
                told.strip()
                and re.findall(r"{\w+}", told).sort() == re.findall(r"{\w+}", english[name]).sort()
            )


@pytest.mark.parametrize("language", speech.languages().values(), ids=lambda each: each.code)
def test_every_language_has_its_page_and_names_its_buttons_as_they_read(client, ada, link, language):
    client.post(link, ONE_CLICK)

    page = text(client.get(f"{link}?lang={language.code}"))

    assert f'<html lang="{language.code}">' in page and language.words["stop_all"] in page
    for label, told in re.findall(r'aria-label="([^"]+)">([^<]+)</button>', page):
        assert told.lower() in label.lower()  # WCAG 2.5.3
    assert not re.search(r"{\w+}", page)


@pytest.mark.parametrize(
    ("custom", "header", "query", "expected"),
    [
        ({}, "", "", "en"),
        ({}, "nl-BE,nl;q=0.9,en;q=0.8", "", "nl"),
        ({}, "ja, fr;q=0.3, de;q=0.7", "", "de"),
        ({"language": "German"}, "fr", "", "de"),
        ({"language": "italiano"}, "fr", "", "it"),
        ({"language": "German"}, "fr", "pt-BR", "pt"),
        ({"language": "Klingon"}, "es", "xx", "es"),
        ({}, "\x00;;q=,*", "", "en"),
    ],
)
def test_it_speaks_as_asked_as_the_contact_does_or_as_the_browser(
    client, ada, link, custom, header, query, expected
):
    Contact.objects.update(custom=custom)

    response = client.get(f"{link}?lang={query}", headers={"Accept-Language": header})

    assert response["Content-Language"] == expected


# The account's look


def test_the_logo_is_served_as_what_it_is_and_nothing_else(client, account, ada, link):
    png = b"\x89PNG\r\n\x1a\n<script>alert(1)</script>"
    admin = make.member(account)
    preference_page.change(admin, colour="#1a2b3c", wording="", link_in_texts=False, logo=png)

    page, logo, colour = client.get(link), client.get(f"{link}logo"), client.get(f"{link}colour.css")

    assert f'src="{link}logo?v=' in text(page) and "#1a2b3c" in text(colour)
    assert logo["Content-Type"] == "image/png" and logo["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in logo["Content-Security-Policy"] and logo.content == png
    assert colour["Content-Type"].startswith("text/css")


@pytest.mark.parametrize("what", ["logo", "colour.css"])
def test_a_wrong_link_has_no_logo_and_no_colour(client, what):
    assert client.get(f"/u/{SEALED}/{what}").status_code == 404


# Settings → Preference page


def picture(content: bytes = b"\x89PNG\r\n\x1a\n") -> BytesIO:
    file = BytesIO(content)
    file.name = "logo.svg"  # its name counts for nothing
    return file


def test_an_admin_sets_logo_colour_wording_and_the_link_in_texts(admin):
    sent = {"colour": "#1a2b3c", "wording": "News from us", "link_in_texts": "on", "logo": picture()}

    response = admin.post("/settings/preference-page/", sent, follow=True)

    page = links.preference_page(admin.account.id)
    assert "Preference page saved." in text(response)
    assert (page.colour, page.wording, page.link_in_texts, page.logo_type) == (
        "#1a2b3c",
        "News from us",
        True,
        "image/png",
    )
    assert admin.get("/settings/preference-page/preview/logo")["Content-Type"] == "image/png"
    assert "News from us" in text(admin.get("/settings/preference-page/preview/"))


def test_a_refused_logo_is_told_in_the_form(admin):
    response = admin.post("/settings/preference-page/", {"logo": picture(b"<svg/>")})

    assert response.status_code == 422 and "no PNG, JPEG or WebP" in text(response)


def test_agents_read_it_and_can_change_nothing(agent):
    assert "Only admins can change settings" in text(agent.get("/settings/preference-page/"))
    assert agent.post("/settings/preference-page/", {"wording": "mine"}).status_code == 403
    assert agent.post("/settings/preference-page/withdraw/").status_code == 403


def test_an_outsider_sees_their_own_account_only(admin, outsider):
    admin.post("/settings/preference-page/", {"wording": "News from us", "logo": picture()})

    assert "News from us" not in text(outsider.get("/settings/preference-page/"))
    assert outsider.get("/settings/preference-page/preview/logo").status_code == 404


def test_withdrawing_asks_first(admin, client, link):
    assert "stops working" in text(admin.get("/settings/preference-page/withdraw/"))
    assert client.get(link).status_code == 200

    admin.post("/settings/preference-page/withdraw/")

    assert links.preference_page(admin.account.id).links_since


def test_the_history_tells_of_the_link(admin, client, ada, link):
    client.post(link, ONE_CLICK)

    page = text(admin.get(f"/contacts/{ada.id}/"))

    assert "One click in the mail program" in page
