"""A connection's settings, as the session needs them."""

from __future__ import annotations

from dataclasses import dataclass, field

from stopline.providers.base import Way
from stopline.providers.errors import Misconfigured
from stopline.providers.smpp.pdu import Address

PORT, WINDOW, PER_SECOND = 2775, 10, 10
INTERNATIONAL, NETWORK, ALPHANUMERIC, ISDN = (
    1,
    3,
    5,
    1,
)  # type of number, numbering plan (SMPP 3.4, 5.2.5 and 5.2.6)
LONGEST_SHORT_CODE = 8


@dataclass(frozen=True, slots=True)
class Terms:
    host: str
    port: int
    tls: bool
    system_id: str
    password: str = field(repr=False)
    system_type: str
    window: int  # submit_sm without an answer at once
    per_second: int
    alphabet: str  # gsm or latin1: what data_coding 0 means
    long_texts: str  # udh or payload
    receipt_ids: str  # same, hex_then_decimal or decimal_then_hex
    national: bool  # senders of inbound messages come without their country code


def of(way: Way) -> Terms:
    """Raises Misconfigured."""
    told = way.settings
    host = str(told.get("host", "")).strip()
    if not host:
        raise Misconfigured("This connection has no host. Enter it under Settings, Channels.")
    return Terms(
        host=host,
        port=_number(told.get("port"), PORT, 65_535),
        tls=told.get("tls") is True,
        system_id=str(told.get("system_id", "")),
        password=way.credentials.get("password", ""),
        system_type=str(told.get("system_type", "")),
        window=_number(told.get("window"), WINDOW, 1_000),
        per_second=_number(told.get("per_second"), PER_SECOND, 10_000),
        alphabet=str(told.get("alphabet", "gsm")),
        long_texts=str(told.get("long_texts", "udh")),
        receipt_ids=str(told.get("receipt_ids", "same")),
        national=told.get("inbound_numbers") == "national",
    )


def _number(told: object, usual: int, most: int) -> int:
    return min(told, most) if isinstance(told, int) and told > 0 else usual


def sender(text: str) -> Address:
    """A number in international form, a short code, or a name of at most 11 characters."""
    if text.startswith("+") and text[1:].isdigit():
        return Address(text[1:], INTERNATIONAL, ISDN)
    if text.isascii() and text.isdigit():
        return Address(text, NETWORK if len(text) <= LONGEST_SHORT_CODE else INTERNATIONAL, ISDN)
    return Address(text, ALPHANUMERIC)


def recipient(number: str) -> Address:
    return Address(number.removeprefix("+"), INTERNATIONAL, ISDN)


def written_by(address: Address, *, national: bool) -> str:
    """Who wrote, for `addresses.phone`: with a plus where the number has its country code. Names and short codes as
    they are."""
    digits = address.text.strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) <= LONGEST_SHORT_CODE:
        return digits
    if address.ton == INTERNATIONAL or (address.ton != 2 and not national):
        return "+" + digits.removeprefix("00")
    return digits


def answered_id(id_: str, kind: str) -> str:
    """A message's id as its receipts will be compared: some gateways write it hexadecimal here, decimal there."""
    try:
        match kind:
            case "hex_then_decimal":
                return str(int(id_, 16))
            case "decimal_then_hex":
                return str(int(id_))
    except ValueError:
        pass
    return id_


def receipt_id(id_: str, kind: str) -> str:
    try:
        match kind:
            case "hex_then_decimal":
                return str(int(id_))
            case "decimal_then_hex":
                return str(int(id_, 16))
    except ValueError:
        pass
    return id_
