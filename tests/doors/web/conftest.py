"""The cast, each in a browser of their own: the admin and the agent of one account, and the outsider."""

from __future__ import annotations

import pytest
from django.test import Client

from stopline.apps.accounts.models import Account, Member
from tests import make


class Browser(Client):
    """Signed in as `member`. `htmx` asks as htmx does."""

    def __init__(self, member: Member, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.member = member
        self.force_login(member.user)

    @property
    def account(self) -> Account:
        return self.member.account

    @property
    def htmx(self) -> Client:
        again = Client(headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/"})
        again.cookies = self.cookies
        return again


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    """Names without a hash: nothing has to be collected first."""
    files = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": files}


@pytest.fixture
def account(db) -> Account:
    return make.account(is_operator=True)


@pytest.fixture
def admin(account) -> Browser:
    return Browser(make.member(account, "admin"))


@pytest.fixture
def agent(account) -> Browser:
    return Browser(make.member(account, "agent"))


@pytest.fixture
def outsider(db) -> Browser:
    return Browser(make.member(make.account("Elsewhere"), "admin", name="Eve Outside"))
