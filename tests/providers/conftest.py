"""What adapters' tests share. Failing asserts of the contract explain themselves as those in test files do."""

import pytest

pytest.register_assert_rewrite("tests.providers.contract")

from tests import certificates  # noqa: E402 (behind the line above, which must come first)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return certificates.made(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(certificate, monkeypatch):
    """Whoever connects trusts the certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
