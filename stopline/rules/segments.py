"""How many SMS segments a text takes.

Sources: 3GPP TS 23.038 section 6.2.1 (GSM 7-bit default alphabet and its extension table) and UCS2;
3GPP TS 23.040 section 9.2.3.24.1 (a concatenated message spends 6 octets of each segment on its header).
"""

from dataclasses import dataclass
from typing import Literal

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("\f^{}\\[~]|€")  # each is sent as escape + character: two septets

GSM_SINGLE, GSM_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67


@dataclass(frozen=True)
class Segments:
    encoding: Literal["GSM-7", "UCS-2"]
    units: int  # septets in GSM-7, 16-bit units in UCS-2
    segments: int
    left: int  # units that fit before one more segment is needed


def count(text: str) -> Segments:
    """Segments of a text; the empty text takes none."""
    if all(char in GSM_BASIC or char in GSM_EXTENSION for char in text):
        sizes = [2 if char in GSM_EXTENSION else 1 for char in text]
        return Segments("GSM-7", sum(sizes), *_pack(sizes, GSM_SINGLE, GSM_PART))
    sizes = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return Segments("UCS-2", sum(sizes), *_pack(sizes, UCS2_SINGLE, UCS2_PART))


def _pack(sizes: list[int], single: int, part: int) -> tuple[int, int]:
    """(segments, units left in the last one)."""
    total = sum(sizes)
    if total <= single:
        return (1 if sizes else 0), single - total
    segments, used = 1, 0
    for size in sizes:
        if (
            used + size > part
        ):  # An escape or a surrogate pair cut in two would arrive as two wrong characters.
            segments, used = segments + 1, 0
        used += size
    return segments, part - used
