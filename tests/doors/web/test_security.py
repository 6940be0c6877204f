"""What holds on every page: the content security policy, nothing inline, cookies, and errors in words."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import path

from stopline.project import urls as project

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "media-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "frame-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
OPEN = (
    "/account/sign-in/",
    "/account/password/forgotten/",
    "/account/password/sent/",
    "/account/password/changed/",
    "/account/password/new/0-x/",
    "/account/inactive/",
    "/nothing-here/",
)
SIGNED_IN = (
    "/settings/general/",
    "/settings/members/",
    "/settings/members/invite/",
    "/settings/replies/",
    "/settings/channels/",
    "/settings/profile/",
    "/account/password/",
    "/account/confirm/",
    "/account/sign-out/",
)
FACTORS = (
    "/account/2fa/app/",
    "/account/passkeys/add/",
    "/account/2fa/codes/new/",
)
pytestmark = pytest.mark.django_db


class Inline(HTMLParser):
    """Collects what a strict policy would block: scripts and styles inside the page, and event attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        data = named.get("type") == "application/json"
        if (tag == "script" and "src" not in named and not data) or tag == "style":
            self.found.append(tag)
        self.found += [f"{tag} {name}" for name in named if name == "style" or re.match(r"on|hx-on", name)]
        self.found += [
            f"{tag} {name}={value}"
            for name, value in attrs
            if (value or "").strip().lower().startswith("javascript:")
        ]


def check(response) -> None:
    given = dict(directive.split(" ", 1) for directive in response["Content-Security-Policy"].split("; "))
    assert given == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    page = Inline()
    page.feed(response.content.decode())
    assert page.found == []
    assert "<main" in response.content.decode()


@pytest.mark.parametrize("page", OPEN)
def test_pages_before_sign_in_have_the_policy_and_nothing_inline(client: Client, admin, page):
    check(client.get(page))


@pytest.mark.parametrize("page", SIGNED_IN)
def test_pages_of_members_have_the_policy_and_nothing_inline(admin, page):
    check(admin.get(page))


@pytest.mark.parametrize("page", FACTORS)
def test_pages_of_second_factors_ask_for_the_password_first(admin, page):
    asked = admin.get(page)
    assert asked["Location"].startswith("/account/confirm/")

    admin.post(asked["Location"], {"password": "correct horse battery"})

    if page != "/account/2fa/codes/new/":  # which needs a factor to stand in for
        check(admin.get(page))


def test_the_first_run_page_has_it_too(client: Client):
    check(client.get("/welcome/"))


def test_an_invitation_has_it_too(client: Client, admin):
    from stopline.apps.accounts import invitations
    from stopline.rules.words import Role

    _, token = invitations.invite(admin.member, "carol@example.com", Role.AGENT)

    check(client.get(f"/invitation/{token}/"))


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client: Client, admin, settings):
    client.get("/account/sign-in/")
    client.post("/account/sign-in/", {"login": admin.member.user.email, "password": "correct horse battery"})

    session, csrf = client.cookies[settings.SESSION_COOKIE_NAME], client.cookies[settings.CSRF_COOKIE_NAME]
    assert session["httponly"] and session["samesite"] == "Lax"
    assert csrf["samesite"] == "Lax"


def test_over_https_cookies_never_travel_in_the_open(client: Client, admin, settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True

    client.get("/account/sign-in/", secure=True)
    sign_in = {"login": admin.member.user.email, "password": "correct horse battery"}
    client.post("/account/sign-in/", sign_in, secure=True)
    client.post("/account/theme/", {"theme": "dark"}, secure=True)

    assert all(cookie["secure"] for cookie in client.cookies.values())


def test_every_form_that_changes_something_needs_its_token(admin):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = admin.cookies

    for page in (
        "/settings/general/",
        "/account/switch/",
        "/account/theme/",
        "/account/sign-out/",
        "/settings/members/invite/",
    ):
        assert strict.post(page, {}).status_code == 403, page


def test_nothing_changes_by_being_looked_at(admin, agent):
    for page in (f"/settings/members/{agent.member.id}/role/", "/account/switch/", "/account/theme/"):
        assert admin.get(page).status_code == 405, page


@pytest.mark.parametrize("who", ["client", "admin"])
def test_what_is_not_there_is_told_in_words(request, who, admin):
    response = request.getfixturevalue(who).get("/nothing-here/")

    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


class Broken:
    """Our pages and one that breaks."""

    @staticmethod
    def fails(request):
        raise RuntimeError("secret detail")

    urlpatterns = [path("breaks/", fails), *project.urlpatterns]
    handler500 = project.handler500


def test_a_fault_of_ours_is_told_without_its_details(settings):
    settings.ROOT_URLCONF = Broken
    browser = Client(raise_request_exception=False)

    response = browser.get("/breaks/")

    assert response.status_code == 500
    assert "This didn&#x27;t work" in response.content.decode()
    assert "secret detail" not in response.content.decode()
    check(response)
