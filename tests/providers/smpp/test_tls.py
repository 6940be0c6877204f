"""SMPP over TLS, with a gateway on loopback that has a certificate: of the right name, the wrong one, or none."""

import asyncio
import socket
import ssl

import pytest

from stopline.providers.errors import Misconfigured, TryLater
from stopline.providers.smpp import line, session
from tests import certificates
from tests.certificates import server_context
from tests.providers.contract import permit
from tests.providers.smpp.smsc import BIND, DELIVER, RESP, SUBMIT, scripted
from tests.providers.smpp.test_session import listening, message, refusal, sending, until


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setenv("STOPLINE_PRIVATE_NETWORKS", "127.0.0.0/8")
    monkeypatch.setattr(line, "SHORTEST_PAUSE", 0.02)
    monkeypatch.setattr(session, "UNBIND_WITHIN", 0.1)


async def test_a_message_leaves_and_a_stop_arrives_over_tls(certificate, trusted):
    tls = {"tls": True, "host": "localhost"}
    async with scripted(tls=server_context(certificate)) as far, listening(far, **tls) as (heard, sender):
        sent = message(far, **tls)
        receipt = await sender.send(permit(sent), sent)
        far.deliver(71, b"STOP")
        await until(lambda: far.of(DELIVER | RESP))

        assert receipt.provider_id and len(far.of(SUBMIT)) == 1
        assert [each["text"] for each in heard] == ["STOP"]
        (wire,) = {writer.get_extra_info("ssl_object").version() for writer in far.sessions}
        assert wire in ("TLSv1.2", "TLSv1.3")


async def test_a_certificate_nobody_vouches_for_pauses_the_connection(certificate):
    async with scripted(tls=server_context(certificate)) as far, sending() as sender:
        error = await refusal(sender, message(far, tls=True, host="localhost"))

        assert type(error) is Misconfigured and "certificate" in str(error)
        assert not far.of(BIND), "the password must not be told to whoever answers"


async def test_a_certificate_of_another_name_is_refused(certificate, trusted):
    async with scripted(tls=server_context(certificate)) as far, sending() as sender:
        with aliased("gateway.example"):
            error = await refusal(sender, message(far, tls=True, host="gateway.example"))

        assert type(error) is Misconfigured and "certificate" in str(error)
        assert not far.of(BIND)


async def test_a_certificate_that_has_run_out_is_refused(tmp_path, monkeypatch):
    old = certificates.made(tmp_path, days=-1)
    monkeypatch.setenv("SSL_CERT_FILE", str(old[0]))
    async with scripted(tls=server_context(old)) as far, sending() as sender:
        error = await refusal(sender, message(far, tls=True, host="localhost"))

        assert type(error) is Misconfigured and "expired" in str(error)


async def test_a_version_of_tls_that_is_no_longer_safe_is_not_spoken(certificate, trusted):
    context = server_context(certificate)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    async with scripted(tls=context) as far, sending() as sender:
        assert type(await refusal(sender, message(far, tls=True, host="localhost"))) is TryLater
        assert not far.of(BIND)


async def test_a_gateway_that_hangs_up_in_the_handshake_is_tried_later(trusted):
    async def hangs_up(reader, writer):
        await reader.read(5)
        writer.transport.abort()

    server = await asyncio.start_server(hangs_up, "127.0.0.1", 0)
    async with server, sending() as sender:
        far = server.sockets[0].getsockname()[1]
        sent = message(type("Far", (), {"port": far}), tls=True, host="localhost")

        assert type(await refusal(sender, sent)) is TryLater


@pytest.mark.parametrize("tls", [True, False])
async def test_a_name_that_leads_into_a_private_network_is_not_called(tls, certificate, trusted, monkeypatch):
    monkeypatch.delenv("STOPLINE_PRIVATE_NETWORKS")
    async with scripted(tls=server_context(certificate) if tls else None) as far, sending() as sender:
        with aliased("gateway.example"):
            error = await refusal(sender, message(far, tls=tls, host="gateway.example"))

        assert type(error) is Misconfigured and "not a public address" in str(error)
        assert not far.sessions


async def test_a_name_is_resolved_once_for_each_call_so_that_what_was_looked_at_is_what_is_called(
    certificate, trusted
):
    async with scripted(tls=server_context(certificate)) as far, sending() as sender:
        with aliased("localhost", then="203.0.113.9") as asked:
            sent = message(far, tls=True, host="localhost")
            await sender.send(permit(sent), sent)

        assert asked == ["localhost"] and len(far.of(SUBMIT)) == 1


class aliased:  # noqa: N801 (reads as a verb)
    """While it lasts the name resolves to loopback, the second time to `then`; gives the names that were asked for."""

    def __init__(self, name, then="127.0.0.1"):
        self.name, self.then, self.asked = name, then, []

    def __enter__(self):
        self.loop = asyncio.get_running_loop()
        self.loop.getaddrinfo = self.getaddrinfo
        return self.asked

    def __exit__(self, *_):
        del self.loop.getaddrinfo

    async def getaddrinfo(self, host, port, **_):
        address = self.then if self.asked else "127.0.0.1"
        self.asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]
