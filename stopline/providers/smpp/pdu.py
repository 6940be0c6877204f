"""SMPP 3.4 on the wire: Short Message Peer to Peer Protocol Specification v3.4, 12 October 1999, issue 1.2.

Only what a transceiver needs. Numbers are big-endian; a text field ends with a NUL (section 3.1).
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass

HEADER = struct.Struct(">IIII")  # length of the whole, command, status, sequence number
LARGEST = 70_000  # bytes; a message_payload holds at most 65,535
RESPONSE = 0x80000000

# Section 5.1.2.1
GENERIC_NACK, SUBMIT_SM, DELIVER_SM = 0x80000000, 0x00000004, 0x00000005
UNBIND, BIND_TRANSCEIVER, ENQUIRE_LINK, ALERT = 0x00000006, 0x00000009, 0x00000015, 0x00000102

# Section 5.3.2
MESSAGE_PAYLOAD, RECEIPTED_MESSAGE_ID, MESSAGE_STATE = 0x0424, 0x001E, 0x0427
SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER = 0x020C, 0x020E, 0x020F

UDH = 0x40  # in esm_class: the text begins with a user data header (5.2.12)
VERSION = 0x34
LONGEST_SHORT_MESSAGE = 254


class Malformed(Exception):
    """What came is no PDU."""


@dataclass(frozen=True, slots=True)
class Pdu:
    command: int
    sequence: int
    status: int = 0
    body: bytes = b""

    @property
    def is_response(self) -> bool:
        return bool(self.command & RESPONSE)

    def encode(self) -> bytes:
        return HEADER.pack(HEADER.size + len(self.body), self.command, self.status, self.sequence) + self.body


@dataclass(frozen=True, slots=True)
class Address:
    """A number or name with its type of number and numbering plan (5.2.5, 5.2.6)."""

    text: str
    ton: int = 0
    npi: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """The body of submit_sm and deliver_sm, which are laid out alike (4.4.1, 4.6.1)."""

    source: Address
    destination: Address
    short_message: bytes = b""
    data_coding: int = 0
    esm_class: int = 0
    registered_delivery: int = 0
    service_type: str = ""
    tlvs: tuple[tuple[int, bytes], ...] = ()

    def tlv(self, tag: int) -> bytes | None:
        return next((value for found, value in self.tlvs if found == tag), None)

    @property
    def octets(self) -> bytes:
        """The text, wherever it is carried."""
        payload = self.tlv(MESSAGE_PAYLOAD)
        return self.short_message if payload is None or self.short_message else payload

    def encode(self) -> bytes:
        if len(self.short_message) > LONGEST_SHORT_MESSAGE:
            raise Malformed(f"a short_message has at most {LONGEST_SHORT_MESSAGE} octets")
        parts = [text(self.service_type, 6), _address(self.source), _address(self.destination)]
        # protocol_id, priority_flag, schedule_delivery_time, validity_period, replace_if_present_flag, default message
        parts += [bytes([self.esm_class, 0, 0, 0, 0, self.registered_delivery, 0, self.data_coding, 0])]
        parts += [bytes([len(self.short_message)]), self.short_message]
        parts += [struct.pack(">HH", tag, len(value)) + value for tag, value in self.tlvs]
        return b"".join(parts)


def message(body: bytes) -> Message:
    """Reads a submit_sm or deliver_sm. Raises Malformed."""
    reading = Reading(body)
    service_type = reading.text(6)
    source, destination = _read_address(reading), _read_address(reading)
    esm_class, _, _ = reading.bytes(3)
    reading.text(17), reading.text(17)
    registered, _, data_coding, _ = reading.bytes(4)
    short = reading.bytes(reading.bytes(1)[0])
    return Message(
        source, destination, short, data_coding, esm_class, registered, service_type, _tlvs(reading)
    )


def bind(system_id: str, password: str, system_type: str) -> bytes:
    """The body of bind_transceiver (4.1.5). Raises Malformed for what is too long."""
    return b"".join(
        [text(system_id, 16), text(password, 9), text(system_type, 13), bytes([VERSION, 0, 0]), text("", 41)]
    )


def text(value: str, size: int) -> bytes:
    """A text field of at most `size` octets, the final NUL among them. Raises Malformed."""
    try:
        found = value.encode("latin-1")
    except UnicodeEncodeError as error:
        raise Malformed("a field holds characters that SMPP can't carry") from error
    if b"\x00" in found or len(found) >= size:
        raise Malformed(f"a field has at most {size - 1} characters")
    return found + b"\x00"


async def read(reader: asyncio.StreamReader) -> Pdu:
    """The next PDU. Raises Malformed, and asyncio.IncompleteReadError where the other side hung up."""
    length, command, status, sequence = HEADER.unpack(await reader.readexactly(HEADER.size))
    if not HEADER.size <= length <= LARGEST:
        raise Malformed(f"a PDU of {length} bytes")
    return Pdu(command, sequence, status, await reader.readexactly(length - HEADER.size))


class Reading:
    """Reads a body from its beginning. Every method raises Malformed where there is too little of it."""

    def __init__(self, body: bytes) -> None:
        self.body, self.place = body, 0

    def bytes(self, count: int) -> bytes:
        found = self.body[self.place : self.place + count]
        if len(found) < count:
            raise Malformed("a PDU that ends too early")
        self.place += count
        return found

    def text(self, size: int) -> str:
        """A text field. Longer ones than the specification allows are met in practice, so twice that is read."""
        end = self.body.find(b"\x00", self.place, self.place + 2 * size)
        if end < 0:
            raise Malformed("a text field without end")
        found, self.place = self.body[self.place : end], end + 1
        return found.decode("latin-1")

    @property
    def left(self) -> int:
        return len(self.body) - self.place


def _address(address: Address) -> bytes:
    return bytes([address.ton, address.npi]) + text(address.text, 21)


def _read_address(reading: Reading) -> Address:
    ton, npi = reading.bytes(2)
    return Address(reading.text(21), ton, npi)


def _tlvs(reading: Reading) -> tuple[tuple[int, bytes], ...]:
    found = []
    while reading.left:
        tag, length = struct.unpack(">HH", reading.bytes(4))
        found.append((tag, reading.bytes(length)))
    return tuple(found)
