"""Links to the preference page can't be guessed, tell nothing, and end when they are withdrawn."""

import base64
import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from stopline.apps.consent import erasure, links, preference_page
from stopline.apps.consent.models import Link, PreferencePage
from stopline.rules.errors import InvalidInput, NotAllowed
from stopline.rules.words import Channel
from tests import make

ADDRESS = "ada@example.com"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 50


def of(url: str) -> str:
    """The token or code in a link."""
    return url.rstrip("/").rpartition("/")[2]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("make_url", "channel", "address"),
    [(links.unsubscribe_url, Channel.EMAIL, ADDRESS), (links.short_url, Channel.SMS, "+14155550123")],
)
def test_a_link_opens_the_page_of_its_address(make_url, channel, address, settings):
    settings.PUBLIC_URL = "https://stopline.example"
    account = make.account()

    url = make_url(account.id, channel, address)

    found = links.held(of(url))
    assert url.startswith("https://stopline.example/u/") and url.endswith("/")
    assert (found.account, found.channel, found.address) == (account, channel, address)


@pytest.mark.django_db
def test_a_sealed_token_tells_neither_address_nor_account():
    account = make.account()

    token = links.token(account.id, Channel.EMAIL, ADDRESS)

    raw = base64.urlsafe_b64decode(token + "==")
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
    assert ADDRESS.encode() not in raw and account.id.bytes not in raw and b"example" not in raw
    assert account.id.hex not in token


def test_tokens_of_addresses_of_similar_length_look_alike():
    account = UUID(int=7)

    lengths = {len(links.token(account, Channel.EMAIL, f"{'a' * size}@example.com")) for size in range(1, 12)}

    assert len(lengths) == 1


@pytest.mark.django_db
def test_a_token_changed_in_any_place_opens_nothing():
    token = links.token(make.account().id, Channel.EMAIL, ADDRESS)

    for place in range(len(token) - 1):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert links.held(changed) is None


@pytest.mark.django_db
@given(st.text(max_size=700) | st.text(min_size=links.SHORT, max_size=links.SHORT))
@example("\x00" * links.SHORT)
def test_whatever_is_typed_opens_nothing_and_breaks_nothing(text):
    assert links.held(text) is None


@pytest.mark.django_db
def test_a_token_of_another_installation_opens_nothing(settings):
    token = links.token(make.account().id, Channel.EMAIL, ADDRESS)

    settings.SECRET_KEY = "another installation's"

    assert links.held(token) is None


@pytest.mark.django_db
def test_a_replaced_secret_still_opens_the_links_made_under_it(settings):
    token = links.token(make.account().id, Channel.EMAIL, ADDRESS)

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one", [settings.SECRET_KEY]

    assert links.held(token) is not None


@pytest.mark.django_db
def test_a_text_always_carries_the_same_short_link():
    account, other = make.account(), make.account("Elsewhere")

    first = links.short_url(account.id, Channel.SMS, "+14155550123")

    assert links.short_url(account.id, Channel.SMS, "+14155550123") == first
    assert links.short_url(other.id, Channel.SMS, "+14155550123") != first
    assert re.fullmatch(r"[A-Za-z0-9]{10}", of(first))


@pytest.mark.django_db
def test_a_code_that_two_accounts_drew_opens_neither():
    for account in (make.account(), make.account("Elsewhere")):
        Link.objects.create(account=account, code="AAAAAAAAAA", channel="sms", address="+14155550123")

    assert links.held("AAAAAAAAAA") is None


@pytest.mark.django_db
def test_links_withdrawn_open_nothing_and_new_ones_do():
    admin = make.member(make.account())
    account = admin.account
    before = timezone.now() - timedelta(minutes=1)
    token = links.token(account.id, Channel.EMAIL, ADDRESS, at=before)
    elsewhere = links.token(make.account("Elsewhere").id, Channel.EMAIL, ADDRESS, at=before)
    code = of(links.short_url(account.id, Channel.SMS, "+14155550123"))
    Link.objects.update(made_at=before)

    preference_page.withdraw_links(admin)

    assert links.held(token) is None and links.held(code) is None
    assert links.held(elsewhere) is not None
    assert links.held(links.token(account.id, Channel.EMAIL, ADDRESS)) is not None
    renewed = of(links.short_url(account.id, Channel.SMS, "+14155550123"))
    assert renewed != code and links.held(renewed) is not None


@pytest.mark.django_db
def test_a_short_link_goes_with_an_erased_address():
    account = make.account()
    links.short_url(account.id, Channel.SMS, "+14155550123")

    erasure.forget(account.id, ["+14155550123"])

    assert not Link.objects.exists()


@pytest.mark.django_db
def test_an_agent_can_neither_change_the_page_nor_withdraw_its_links():
    agent = make.member(make.account(), "agent")

    with pytest.raises(NotAllowed):
        preference_page.change(agent, colour="", wording="", link_in_texts=True)
    with pytest.raises(NotAllowed):
        preference_page.withdraw_links(agent)


@pytest.mark.django_db
def test_a_page_keeps_its_logo_until_another_is_given_or_it_is_removed():
    admin = make.member(make.account())
    change = {"colour": "#1A2B3C", "wording": " Hello \r\nyou ", "link_in_texts": True}

    preference_page.change(admin, **change, logo=PNG)
    kept = preference_page.change(admin, **change)
    assert (kept.logo_type, kept.colour, kept.wording) == ("image/png", "#1a2b3c", "Hello \nyou")

    preference_page.change(admin, **change, remove_logo=True)
    assert bytes(PreferencePage.objects.get().logo) == b""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"colour": "blue"}, "not a colour"),
        ({"colour": "#ffee00"}, "too light"),
        ({"wording": "x" * 601}, "601 characters"),
        ({"logo": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}, "no PNG, JPEG or WebP"),
        ({"logo": b"GIF89a" + bytes(20)}, "no PNG, JPEG or WebP"),
        ({"logo": PNG + bytes(200_000)}, "200 kB"),
    ],
)
def test_what_cannot_be_used_is_told(changes, words):
    admin = make.member(make.account())

    with pytest.raises(InvalidInput, match=words):
        preference_page.change(admin, **{"colour": "", "wording": "", "link_in_texts": False, **changes})


def test_contrast_is_that_of_wcag():
    assert preference_page.contrast("#000000") == pytest.approx(21)
    assert preference_page.contrast("#ffffff") == pytest.approx(1)
    assert preference_page.contrast("#767676") == pytest.approx(4.54, abs=0.01)
