"""Texts as short messages: GSM 03.38 (3GPP TS 23.038, unpacked: one octet a character, an escape one more) or UCS-2,
cut into parts joined by a user data header (3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8).
"""

from __future__ import annotations

from dataclasses import dataclass

from stopline.rules import segments

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65
}  # fmt: skip
ESCAPE = 0x1B
GSM = {char: bytes([place]) for place, char in enumerate(BASIC) if place != ESCAPE}
GSM |= {char: bytes([ESCAPE, place]) for char, place in EXTENSION.items()}
FROM_EXTENSION = {place: char for char, place in EXTENSION.items()}

DEFAULT, ASCII, BINARY, LATIN_1, OCTETS, UCS_2 = 0, 1, 2, 3, 4, 8  # data_coding (SMPP 3.4, 5.2.19)
CODECS = {ASCII: "ascii", LATIN_1: "latin-1", 6: "iso8859_5", 7: "iso8859_8", UCS_2: "utf-16-be"}
MOST_PARTS = 255
CONCATENATED, CONCATENATED_16 = 0x00, 0x08  # information elements of a user data header


class TooLong(Exception):
    """A text can be cut into 255 parts at most."""


@dataclass(frozen=True, slots=True)
class Part:
    """Where a short message stands in a longer text."""

    reference: int
    total: int
    number: int  # from 1


def encode(text: str, alphabet: str = "gsm") -> tuple[int, list[tuple[bytes, int]]]:
    """data_coding, and each character's octets with the units it takes of a segment.

    `alphabet` is what the other side takes for data_coding 0: gsm or latin1.
    """
    if all(char in GSM for char in text):
        if alphabet == "gsm":
            return DEFAULT, [(GSM[char], len(GSM[char])) for char in text]
        if all(ord(char) < 256 for char in text):
            return DEFAULT, [(char.encode("latin-1"), len(GSM[char])) for char in text]
    return UCS_2, [(_ucs_2(char), 2 if ord(char) > 0xFFFF else 1) for char in text]


def split(text: str, reference: int, alphabet: str = "gsm") -> tuple[int, list[bytes]]:
    """data_coding and the octets of each part, with its header where there are several. Raises TooLong."""
    data_coding, chars = encode(text, alphabet)
    wide = data_coding == UCS_2
    single, most = (
        (segments.UCS2_SINGLE, segments.UCS2_PART) if wide else (segments.GSM_SINGLE, segments.GSM_PART)
    )
    if sum(units for _, units in chars) <= single:
        return data_coding, [b"".join(octets for octets, _ in chars)]
    parts, used = [bytearray()], 0
    for octets, units in chars:
        if (
            used + units > most
        ):  # an escape or a surrogate pair cut in two would arrive as two wrong characters
            parts.append(bytearray())
            used = 0
        parts[-1] += octets
        used += units
    if len(parts) > MOST_PARTS:
        raise TooLong
    return data_coding, [
        _header(reference, len(parts), number) + bytes(part) for number, part in enumerate(parts, 1)
    ]


def decode(octets: bytes, data_coding: int, alphabet: str = "gsm") -> str | None:
    """A text that came; None where it is no text. An unknown coding is read as Latin-1: a STOP is seen all the same."""
    kind = _kind(data_coding)
    if kind in (BINARY, OCTETS):
        return None
    if kind == DEFAULT and alphabet == "gsm":
        return _from_gsm(octets)
    return octets.decode(CODECS.get(kind, "latin-1"), "replace").replace("\x00", "")


def cut_header(octets: bytes) -> tuple[Part | None, bytes]:
    """Takes a user data header off. What is no header is left as it is."""
    if not octets or octets[0] >= len(octets):
        return None, octets
    header, rest = octets[1 : octets[0] + 1], octets[octets[0] + 1 :]
    found, place = None, 0
    while place + 2 <= len(header):
        name, size = header[place], header[place + 1]
        value = header[place + 2 : place + 2 + size]
        if (name, len(value)) in ((CONCATENATED, 3), (CONCATENATED_16, 4)):
            found = part(int.from_bytes(value[:-2]), value[-2], value[-1])
        place += 2 + size
    return found, rest


def part(reference: int, total: int, number: int) -> Part | None:
    """None for one that can't be, and for the only one."""
    return Part(reference, total, number) if 1 <= number <= total and total > 1 else None


def _header(reference: int, total: int, number: int) -> bytes:
    return bytes([5, CONCATENATED, 3, reference & 0xFF, total, number])


def _ucs_2(char: str) -> bytes:
    return char.encode("utf-16-be", "replace") if not 0xD800 <= ord(char) <= 0xDFFF else b"\xff\xfd"


def _kind(data_coding: int) -> int:
    """GSM message classes (0x10 to 0x1F, 0xF0 to 0xFF) say the alphabet in their bits 2 and 3 (TS 23.038, 4)."""
    if data_coding & 0xF0 == 0xF0:
        return OCTETS if data_coding & 0x04 else DEFAULT
    if data_coding & 0xF0 == 0x10:
        return {0x04: OCTETS, 0x08: UCS_2}.get(data_coding & 0x0C, DEFAULT)
    return data_coding


def _from_gsm(octets: bytes) -> str:
    found, escaped = [], False
    for octet in octets:
        if octet == ESCAPE and not escaped:
            escaped = True
            continue
        if escaped:
            found.append(FROM_EXTENSION.get(octet, " "))
        else:
            found.append(BASIC[octet] if octet < 128 else "\ufffd")
        escaped = False
    return "".join(found)
