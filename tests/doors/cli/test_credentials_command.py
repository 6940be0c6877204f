"""`stopline credentials rotate` says what it did, and fails where somebody has to enter credentials again."""

import pytest
from cryptography.fernet import Fernet

from stopline.apps.sending import credentials as kept
from stopline.apps.sending.models import Connection
from stopline.doors.cli import credentials
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(settings, tmp_path, monkeypatch):
    monkeypatch.delenv("STOPLINE_CREDENTIALS_KEY", raising=False)
    settings.STOPLINE_DATA = tmp_path
    return make.connection(make.account(), credentials=kept.encrypt({"token": "s3cret"}))


def test_it_says_what_was_encrypted_anew_and_no_secret(connection, capsys, settings):
    assert credentials.rotate()

    said = capsys.readouterr().out
    assert "encrypted anew: 1." in said and "The old key is gone" in said
    assert "s3cret" not in said and (settings.STOPLINE_DATA / "credentials.key").read_text() not in said


def test_what_nobody_can_read_is_named_and_fails(connection, capsys):
    foreign = Fernet(Fernet.generate_key()).encrypt(b"{}").decode()
    Connection.objects.update(credentials=foreign)

    assert not credentials.rotate()
    assert "Sandbox: no key opens its credentials" in capsys.readouterr().err
