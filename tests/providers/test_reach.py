"""Where an account may make this installation talk to, looked at behind the name's resolution and on redirects."""

import asyncio
import socket

import pytest

from stopline.providers import http, reach
from stopline.providers.errors import Misconfigured
from tests import loopback

PUBLIC = ("8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")
PRIVATE = (
    "10.0.0.1",
    "127.0.0.1",
    "0.0.0.0",
    "169.254.169.254",  # where clouds keep their keys
    "fd00:ec2::254",
    "100.64.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b:1::10.0.0.1",
    "2002:7f00:1::1",
    "2001:0:7f00:1::1",
)


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch):
    monkeypatch.delenv("STOPLINE_PRIVATE_NETWORKS", raising=False)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_talked_to(address):
    assert reach.allowed(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_no_notation_of_a_private_address_may(address):
    assert not reach.allowed(address)


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3"])
def test_what_the_operator_has_named_may_be_talked_to(address, monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "10.1.2.0/24, fd00::/8")

    assert reach.allowed(address) and reach.allowed("fd00::1")
    assert not reach.allowed("10.1.3.1")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "https://",
        "https://user:pw@example.com/",
        "https://exa mple.com/",
        "https://example.com\\@10.0.0.1/",
        "http://8.8.8.8/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost/",
        "https://[",
    ],
)
def test_an_address_that_may_not_be_is_refused_when_it_is_entered(url):
    with pytest.raises(Misconfigured):
        reach.require_url(url)


def get(url):
    """What a GET meets that follows redirects."""

    async def work():
        async with http.client() as session, session.get(url) as got:
            return got.status

    return asyncio.run(work())


@pytest.fixture
def names(monkeypatch):
    """What names resolve to; each look takes the next of several addresses."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def look(host, port, *rest, **more):
        if isinstance(host, str) and host in known:
            address = known[host].pop(0) if len(known[host]) > 1 else known[host][0]
            return real(address, port, *rest, **more)
        return real(host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return known


def test_a_name_that_leads_to_a_private_address_is_refused(names):
    names["gateway.example"] = ["127.0.0.1"]
    with loopback.provider() as far:
        with pytest.raises(Misconfigured, match="not a public address"):
            get(far.url.replace("127.0.0.1", "gateway.example"))
        assert not far.requests


def test_a_name_that_leads_elsewhere_the_second_time_is_looked_at_again(names):
    """Entered while it was public, called when it isn't any more (DNS rebinding)."""
    names["gateway.example"] = ["8.8.8.8", "127.0.0.1"]
    with loopback.provider() as far:
        url = far.url.replace("127.0.0.1", "gateway.example")
        reach.require_url(url.replace("http:", "https:"))

        with pytest.raises(Misconfigured, match="not a public address"):
            get(url)
        assert not far.requests


def test_a_redirect_into_a_private_network_is_refused(monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.1/32")
    leads = loopback.answers(302, {}, {"Location": "http://127.0.0.2:9/latest/meta-data"})
    with loopback.provider(leads) as far, pytest.raises(Misconfigured, match=r"127\.0\.0\.2"):
        get(far.url)


def test_a_redirect_to_another_server_takes_no_sign_in_along(monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.1/32")

    async def work(url):
        headers = {"Authorization": "Basic secret"}
        async with http.client() as session, session.get(url, headers=headers) as got:
            return got.status

    with loopback.provider(loopback.answers(200)) as other, loopback.provider() as far:
        far.answer = loopback.answers(302, {}, {"Location": f"{other.url}/file"})
        assert asyncio.run(work(far.url)) == 200

    assert far.requests[0].headers["Authorization"] and "Authorization" not in other.requests[0].headers


@pytest.mark.parametrize(
    ("told", "least", "most"),
    [
        ("7", 7, 7),
        (" 120 ", 120, 120),
        ("Fri, 31 Dec 2100 23:59:59 GMT", 1e9, 1e10),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("9" * 500, 1e9, 1e10),
    ],
)
def test_retry_after_is_read_in_seconds_and_as_a_date(told, least, most):
    assert least <= http.retry_after(http.Answer(429, b"", {"Retry-After": told})) <= most


@pytest.mark.parametrize("told", ["", "soon", "-1", "1.5", "٣", "Fri, 99 Dec 2100"])
def test_a_retry_after_that_is_none_is_none(told):
    assert http.retry_after(http.Answer(429, b"", {"Retry-After": told})) is None
