"""Which hosts an account may make this installation talk to: public ones only (no server-side request forgery).

Looked at when a socket is opened, behind the name's resolution, so a name that resolves differently the second
time gains nothing. An operator who runs a gateway in their own network names it in STOPLINE_PRIVATE_NETWORKS
(comma-separated, like 10.1.2.0/24).
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from typing import Any
from urllib.parse import urlsplit

from stopline.providers.errors import Misconfigured

NO_URL = "This is not a web address. Write it like https://gateway.example.com/messages."
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# All public IPv6 addresses are in here (RFC 4291 section 2.4), and 6to4 (RFC 3056), which would carry any IPv4 address.
PUBLIC_6, SIX_TO_FOUR = ipaddress.IPv6Network("2000::/3"), ipaddress.IPv6Network("2002::/16")
# How a host without IPv4 sees one with nothing else (RFC 6052): what counts is the IPv4 address inside.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def allowed(address: str) -> bool:
    """Whether an IP address may be talked to."""
    found = _meant(ipaddress.ip_address(address.partition("%")[0]))
    if _named(str(found)):
        return True
    if isinstance(found, ipaddress.IPv6Address) and (found not in PUBLIC_6 or found in SIX_TO_FOUR):
        return False
    return found.is_global and not found.is_multicast


def _meant(found: Address) -> Address:
    """The IPv4 address inside an IPv6 one that stands for it."""
    if isinstance(found, ipaddress.IPv4Address):
        return found
    inside = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF) if found in NAT64 else found.ipv4_mapped
    return inside or found


def _named(address: str) -> bool:
    """Whether it lies in a network that the operator has named."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return any(found in network for network in _private_networks())


def require(address: str) -> None:
    """Raises Misconfigured for an address that isn't public."""
    if not allowed(address):
        raise Misconfigured(
            f"{address} is not a public address. Use a public host name, or ask the operator of this installation "
            "to allow its network (STOPLINE_PRIVATE_NETWORKS)."
        )


def socket_factory(info: Any) -> socket.socket:
    """For aiohttp's TCPConnector: opens a socket to a public address only."""
    family, kind, protocol, _, address = info
    require(str(address[0]))
    opened = socket.socket(family, kind, protocol)
    opened.setblocking(False)
    return opened


def require_url(url: str) -> None:
    """For a URL that an account gives us: https to public hosts, or http into networks the operator has named.

    Raises Misconfigured. A host that can't be resolved just now passes: it is looked at again whenever a socket is
    opened to it.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Misconfigured(NO_URL) from error
    if parts.scheme not in ("https", "http") or not host or any(each in url for each in " \t\r\n\\"):
        raise Misconfigured(NO_URL)
    if parts.username is not None or parts.password is not None:
        raise Misconfigured("Leave name and password out of the address; there are fields for them.")
    found = _addresses(host, port)
    for address in found:
        require(address)
    if parts.scheme == "http" and not (found and all(_named(address) for address in found)):
        raise Misconfigured("Use https://: over http:// others could read and change what is sent.")


def _addresses(host: str, port: int | None) -> set[str]:
    """What a host resolves to, nothing where it doesn't."""
    try:
        return {str(each[4][0]) for each in socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return set()


async def resolve(host: str, port: int) -> tuple[str, int]:
    """A public address of a host, for protocols that take an address. Connect to it, not to the name, and verify
    the name in the certificate. Raises Misconfigured.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise Misconfigured(f"The host name {host} can't be found. Check it for a typing mistake.") from error
    address = str(found[0][4][0])
    require(address)
    return address, port


def _private_networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    given = os.environ.get("STOPLINE_PRIVATE_NETWORKS", "")
    return [ipaddress.ip_network(each.strip()) for each in given.split(",") if each.strip()]
