"""The wire for messages, against servers that answer as servers do, and as they shouldn't."""

import asyncio
import contextlib
import itertools
import ssl
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from stopline.providers import wire
from stopline.providers.base import Permit, clock
from stopline.providers.errors import Misconfigured, OutcomeUnknown, PermitLapsed, TryLater
from stopline.rules.words import Channel
from tests import certificates, loopback

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


OURS = UUID(int=1)


def permit(looks=99, connection_id=OURS):
    """Good for so many looks."""
    seen = itertools.count(1)
    return Permit(
        message_id=uuid4(),
        attempt_id=uuid4(),
        channel=Channel.SMS,
        address="+12025550100",
        connection_id=connection_id,
        checked_at=datetime.now(UTC),
        deadline=clock() + 60,
        locked=lambda: next(seen) <= looks,
    )


class Server:
    """Answers each request with the next of its answers, as bytes; None ends the connection without one."""

    def __init__(self, *answers, after=None):
        self.answers, self.after = list(answers), after
        self.requests, self.connections = [], 0

    async def serve(self, reader, writer):
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                if (answer := self.answers.pop(0) if self.answers else OK) is None:
                    break
                writer.write(answer)
                await writer.drain()
                if self.after:
                    await self.after(writer)
                if b"close" in answer.lower() or b"HTTP/1.0" in answer:
                    break
        writer.close()


def exchange(server, *, tls=None, number=1, permits=(), path="/", host="127.0.0.1", **given):
    """What came of handing over so many messages one after the other: answers, or what was raised."""

    async def work():
        served = await asyncio.start_server(server.serve, host, 0, ssl=tls)
        port, line = served.sockets[0].getsockname()[1], wire.Wire(anywhere=True)
        found = []
        for each in permits or [permit() for _ in range(number)]:
            try:
                url = f"{'https' if tls else 'http'}://{host}:{port}{path}"
                found.append(
                    await line.hand_off(
                        each, url, given.get("payload", {"id": "x"}), given.get("headers", {})
                    )
                )
            except Exception as error:
                found.append(error)
        await line.close()
        served.close()
        return found

    return asyncio.run(asyncio.wait_for(work(), 20))


def test_a_message_goes_out_whole_and_its_answer_comes_back():
    server = Server(b"HTTP/1.1 202 Accepted\r\nContent-Length: 8\r\nRetry-After: 7\r\n\r\n" + b'{"a": 1}')

    (answer,) = exchange(server, path="/messages?x=1&y=a%20b", headers={"Authorization": "Bearer t"})

    assert (answer.status, answer.json(), answer.headers.get("retry-after")) == (202, {"a": 1}, "7")
    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /messages?x=1&y=a%20b HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nAuthorization: Bearer t\r\n" in head and b"\r\nContent-Type: application/json" in head
    assert b"\r\nStopline-Handoff-Started: " in head and body == b'{"id":"x"}'


def test_an_adapters_own_headers_take_the_place_of_the_usual_ones():
    server = Server()

    exchange(
        server, payload=b"<x/>", headers={"host": "far.example", "content-type": "text/xml", "Accept": "a/b"}
    )

    head = server.requests[0].partition(b"\r\n\r\n")[0].lower()
    assert head.count(b"\r\nhost: ") == head.count(b"\r\naccept: ") == head.count(b"\r\ncontent-type: ") == 1
    assert b"host: far.example" in head and b"accept: a/b" in head and b"content-type: text/xml" in head


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\0"])
def test_a_credential_that_would_become_a_header_of_its_own_never_leaves(break_):
    server = Server()

    (found,) = exchange(server, headers={"Authorization": f"Bearer a{break_}X-Evil: 1"})

    assert isinstance(found, Misconfigured) and server.requests == []


def test_a_large_message_arrives_whole():
    server = Server()
    body = bytes(range(256)) * 40_000

    (answer,) = exchange(server, payload=body, headers={"Content-Type": "application/octet-stream"})

    assert answer.status == 200 and server.requests[0].endswith(body)


def test_connections_are_kept():
    server = Server()

    assert [each.status for each in exchange(server, number=5)] == [200] * 5
    assert server.connections == 1


def test_a_permit_that_has_lapsed_lets_nothing_leave_and_costs_no_connection():
    server = Server()

    first, second, third = exchange(server, permits=[permit(), permit(looks=0), permit()])

    assert isinstance(second, PermitLapsed)
    assert first.status == third.status == 200
    assert len(server.requests) == 2 and server.connections == 1


def test_the_permit_is_looked_at_when_a_connection_is_in_hand():
    """Once, and in the same breath as the write: a connection that takes its time wears no permit out."""
    server = Server()

    (answer,) = exchange(server, permits=[permit(looks=1)])

    assert answer.status == 200


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            200,
            b"{}",
            id="chunked",
        ),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, b"{}", id="informed before"),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK, 200, b"{}", id="hinted before"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", id="nothing to say"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{} to the end",
            200,
            b"{} to the end",
            id="until it closes",
        ),
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", id="old"),
        pytest.param(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
            302,
            b"",
            id="leads elsewhere",
        ),
        pytest.param(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", 503, b"", id="busy"),
    ],
)
def test_every_form_of_an_answer_is_read(answer, status, body):
    found, following = exchange(Server(answer), number=2)

    assert (found.status, found.body) == (status, body)
    assert (following.status, following.body) == (200, b"{}")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(None, id="none at all"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{}", id="half of one"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n",
            id="half of the chunks",
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-", id="half of the headers"),
        pytest.param(b"HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n", id="only that one will come"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\nclose", id="another protocol"),
        pytest.param(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade, close\r\n\r\n",
            id="another one from here",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n" + b"x" * 5_000_000, id="without an end"
        ),
    ],
)
def test_without_a_whole_answer_the_outcome_is_unknown(answer):
    server = Server(answer)

    found, following = exchange(server, number=2)

    assert isinstance(found, OutcomeUnknown)
    assert following.status == 200 and len(server.requests) == 2, "the next one has a connection of its own"


def test_an_answer_nobody_asked_for_is_never_the_next_ones():
    server = Server(OK + b"HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n")

    first, second = exchange(server, number=2)

    assert (first.status, second.status) == (200, 200) and server.connections == 2


def test_a_message_never_waits_behind_the_rest_of_another():
    """What is put behind it in a buffer would leave long after its permit was looked at."""

    async def answers_early(reader, writer):
        early.connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await asyncio.sleep(30)

    early = Server()
    early.serve = answers_early

    async def work():
        served = await asyncio.start_server(early.serve, "127.0.0.1", 0)
        url, line = f"http://127.0.0.1:{served.sockets[0].getsockname()[1]}/", wire.Wire(anywhere=True)
        found = [(await line.hand_off(permit(), url, bytes(20_000_000), {})).status]
        found.append((await line.hand_off(permit(), url, b"{}", {})).status)
        await line.close()
        served.close()
        return found

    assert asyncio.run(work()) == [200, 200]
    assert early.connections == 2


def test_a_late_answer_is_never_the_next_ones(monkeypatch):
    monkeypatch.setattr(wire, "ANSWER_WITHIN", 0.2)

    class Slow(Server):
        async def serve(self, reader, writer):
            if not self.connections:
                self.answers = [b""]  # says nothing to the first

            await super().serve(reader, writer)

    server = Slow()
    first, second = exchange(server, number=2)

    assert isinstance(first, OutcomeUnknown) and second.status == 200 and server.connections == 2


def test_a_connection_the_server_has_closed_meanwhile_is_not_used():
    async def leave(writer):
        writer.close()
        await asyncio.sleep(0.05)

    server = Server(after=leave)

    async def work():
        served = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        url, line = f"http://127.0.0.1:{served.sockets[0].getsockname()[1]}/", wire.Wire(anywhere=True)
        statuses = []
        for _ in range(3):
            statuses.append((await line.hand_off(permit(), url, {}, {})).status)
            await asyncio.sleep(0.1)
        await line.close()
        served.close()
        return statuses

    assert asyncio.run(work()) == [200, 200, 200]
    assert server.connections == 3


def test_idle_connections_are_closed_in_time(monkeypatch):
    monkeypatch.setattr(wire, "KEPT_FOR", 0.1)
    server = Server()

    async def work():
        served = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        url, line = f"http://127.0.0.1:{served.sockets[0].getsockname()[1]}/", wire.Wire(anywhere=True)
        await asyncio.gather(*(line.hand_off(permit(), url, {}, {}) for _ in range(4)))
        kept = sum(len(each) for each in line.idle.values())
        await asyncio.sleep(0.5)
        left = dict(line.idle), line.sweep
        await line.close()
        served.close()
        return kept, left

    assert asyncio.run(work()) == (4, ({}, None))


def test_no_more_connections_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(wire, "ROOM", 3)

    async def work():
        with loopback.provider() as provider:
            line = wire.Wire(anywhere=True)
            found = await asyncio.gather(
                *(line.hand_off(permit(), f"{provider.url}/messages", {"id": str(n)}, {}) for n in range(20))
            )
            kept = sum(len(each) for each in line.idle.values())
            await line.close()
            return [each.status for each in found], kept, len(provider.got)

    assert asyncio.run(work()) == ([202] * 20, 3, 20)


def test_a_connection_whose_provider_hangs_takes_no_room_from_another(monkeypatch):
    """At the same host, too: one of a service's accounts may hang."""
    monkeypatch.setattr(wire, "ROOM", 2)
    hanging, other = UUID(int=1), UUID(int=2)

    async def answer(request):
        if (await request.json())["id"] == "hangs":
            await asyncio.sleep(30)
        return await loopback.accepts(request)

    async def work():
        with loopback.provider(answer) as provider:
            line, url = wire.Wire(anywhere=True), f"{provider.url}/messages"
            stuck = [
                asyncio.create_task(line.hand_off(permit(connection_id=hanging), url, {"id": "hangs"}, {}))
                for _ in range(6)
            ]
            await asyncio.sleep(0.1)
            async with asyncio.timeout(5):
                found = await line.hand_off(permit(connection_id=other), url, {"id": "goes"}, {})
            for each in stuck:
                each.cancel()
            await asyncio.gather(*stuck, return_exceptions=True)
            await line.close()
            return found.status

    assert asyncio.run(work()) == 202


def test_nobody_at_the_address_is_surely_not_taken():
    async def work():
        line = wire.Wire(anywhere=True)
        try:
            await line.hand_off(permit(), "http://127.0.0.1:9/", {}, {})
        finally:
            await line.close()

    with pytest.raises(TryLater, match="can't be reached"):
        asyncio.run(work())


@pytest.mark.parametrize("url", ["http://", "ftp://example.com/", "not a url", "https:///x", "http://a:b:c/"])
def test_what_is_no_address_is_said_to_be_none(url):
    with pytest.raises(Misconfigured):
        asyncio.run(wire.Wire().hand_off(permit(), url, {}, {}))


def test_a_private_address_is_refused_behind_the_names_resolution(monkeypatch):
    monkeypatch.delenv("STOPLINE_PRIVATE_NETWORKS", raising=False)
    with loopback.provider() as provider:
        port = provider.url.rpartition(":")[2]

        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(Misconfigured, match="not a public address"):
                asyncio.run(wire.Wire().hand_off(permit(), f"http://{host}:{port}/", {}, {}))

    assert provider.requests == []


@pytest.fixture
def own_trust():
    """Whom TLS trusts is read once a process; here once a test."""
    wire._tls.cache_clear()
    yield
    wire._tls.cache_clear()


def test_a_message_leaves_over_tls(certificate, trusted, own_trust):
    server = Server()

    found = exchange(server, tls=certificates.server_context(certificate), number=2, host="localhost")

    assert [each.status for each in found] == [200, 200] and server.connections == 1


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2"])
def test_nothing_leaves_to_whoever_has_no_certificate_of_that_name(certificate, host, own_trust, request):
    if host != "localhost":
        request.getfixturevalue("trusted")  # vouched for, and made out to another name
    server = Server()

    (found,) = exchange(server, tls=certificates.server_context(certificate), host=host)

    assert isinstance(found, TryLater) and isinstance(found.__cause__, ssl.SSLCertVerificationError)
    assert server.requests == []
