"""What a file really is, whatever its sender calls it, and what each channel carries.

The kind is read from the first bytes. What isn't known here, and everything a browser would run (HTML, SVG, scripts),
becomes `application/octet-stream`: kept and handed out, never shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from stopline.rules.words import Channel

LARGEST = 16 * 1024 * 1024  # bytes of one file
UNKNOWN = "application/octet-stream"
LONGEST_NAME = 120

# Media types by their first bytes (WHATWG MIME Sniffing Standard, sections 6.1 to 6.4, and the formats' own).
MARKS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"#!AMR", "audio/amr"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)
RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
# What is trusted where the bytes allow it: nothing of it is ever shown as a page.
TEXTS = ("text/plain", "text/csv", "text/calendar", "text/vcard", "text/x-vcard")
OFFICE = "application/vnd.openxmlformats-officedocument."
ZIPPED = {
    f"{OFFICE}wordprocessingml.document": ".docx",
    f"{OFFICE}spreadsheetml.sheet": ".xlsx",
    f"{OFFICE}presentationml.presentation": ".pptx",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/zip": ".zip",
}
OLD_OFFICE = {
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
}
ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/wav": ".wav",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    "video/webm": ".webm",
    "video/ogg": ".ogv",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "text/calendar": ".ics",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    **ZIPPED,
    **OLD_OFFICE,
}
WORDS = {"image": "Picture", "audio": "Sound", "video": "Video"}
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
# Whatever would end a header, leave a folder or turn the reading direction around.
HOSTILE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff/\\]")


@dataclass(frozen=True, slots=True)
class Limit:
    """How many files go with one message, and how many bytes they have together."""

    files: int
    size: int


# Carriers take MMS of about 5 MB through Twilio (its page on MMS limits); WhatsApp and RCS take one file a message.
LIMITS: dict[str, Limit] = {
    Channel.MMS: Limit(10, 5 * 1024 * 1024),
    Channel.WHATSAPP: Limit(1, LARGEST),
    Channel.RCS: Limit(1, LARGEST),
    Channel.EMAIL: Limit(10, LARGEST),
}


def kind(content: bytes, said: str = "") -> str:
    """The media type, from the bytes; `said` decides only where they leave it open and it can do no harm."""
    said = said.partition(";")[0].strip().lower()
    if found := _marked(content, said):
        return found
    if content.startswith(b"PK\x03\x04"):
        return said if said in ZIPPED else "application/zip"
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") and said in OLD_OFFICE:
        return said
    return said if said in TEXTS and _text(content) else UNKNOWN


def name(given: str, content_type: str) -> str:
    """A file name without folders and control characters, with an ending that fits its kind."""
    clean = " ".join(HOSTILE.sub(" ", given.rpartition("/")[2].rpartition("\\")[2]).split()).strip(". ")
    ending = ENDINGS.get(content_type, "")
    if not clean:
        return f"{word(content_type).lower()}{ending}"
    stem, dot, tail = clean.rpartition(".")
    if dot and stem and len(tail) <= 10:
        return f"{stem[: LONGEST_NAME - 11]}.{tail}"
    return f"{clean[: LONGEST_NAME - 11]}{ending}"


def word(content_type: str) -> str:
    """What people call it: Picture, Video, Sound, File."""
    return WORDS.get(content_type.partition("/")[0].lower(), "File")


def shows(content_type: str) -> str:
    """How a page shows it: image, audio, video; "" as a file to save."""
    if content_type in PICTURES:
        return "image"
    main = content_type.partition("/")[0]
    return main if main in ("audio", "video") and content_type in ENDINGS else ""


def size(count: int) -> str:
    if count < 1024:
        return f"{count} bytes"
    return f"{count / 1024:.0f} KB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB"


def _marked(content: bytes, said: str) -> str:
    for mark, found in MARKS:
        if content.startswith(mark):
            # One container for both: its sender knows whether there is a picture in it.
            return "video/ogg" if found == "audio/ogg" and said == "video/ogg" else found
    if content[:4] == b"RIFF":
        return RIFF.get(content[8:12], "")
    if content[4:8] == b"ftyp":
        return _iso(content[8:12], said)
    return ""


def _iso(brand: bytes, said: str) -> str:
    """ISO 14496-12: the same box for films and sounds."""
    if brand.startswith((b"heic", b"heix", b"avif", b"mif1")):
        return ""
    if brand.startswith(b"M4A") or said in ("audio/mp4", "audio/x-m4a", "audio/m4a"):
        return "audio/mp4"
    return "video/3gpp" if brand.startswith(b"3g") else "video/mp4"


def _text(content: bytes) -> bool:
    try:
        return "\x00" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False
