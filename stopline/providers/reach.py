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

from stopline.providers.errors import Misconfigured

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def allowed(address: str) -> bool:
    """Whether an IP address may be talked to."""
    found: Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if any(found in network for network in _private_networks()):
        return True
    return found.is_global and not found.is_multicast


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
