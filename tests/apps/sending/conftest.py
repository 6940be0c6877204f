import pytest

from stopline.providers.registry import PROVIDERS
from tests.apps.sending.filling import EVERYTHING


@pytest.fixture
def everything(monkeypatch):
    """A provider with every kind of field, in the registry by its one line."""
    monkeypatch.setitem(PROVIDERS, "everything", EVERYTHING)


@pytest.fixture
def keys(settings, tmp_path, monkeypatch):
    """A data folder with keys of its own."""
    monkeypatch.delenv("STOPLINE_CREDENTIALS_KEY", raising=False)
    settings.STOPLINE_DATA = tmp_path
    return tmp_path / "credentials.key"
