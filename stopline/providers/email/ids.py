"""Message-IDs of ours: made so that a bounce, a complaint, a reply or a mail client's unsubscribe finds its message."""

from __future__ import annotations

import re
from uuid import UUID

# The local part of our Message-IDs (RFC 5322 section 3.6.4). The prefix tells them from anybody else's.
OURS = re.compile(r"stopline\.([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@", re.IGNORECASE)
# A return path of ours (variable envelope return path): bounces+<32 hex digits>@example.com.
RETURN_PATH = re.compile(r"\+([0-9a-f]{32})@", re.IGNORECASE)
# What a mail client writes that follows our List-Unsubscribe mailto.
UNSUBSCRIBE = re.compile(r"unsubscribe\s+([0-9a-f]{32})\s*", re.IGNORECASE)
MOST_REFERENCES = 10  # of a long thread the first and the last are named
ANY = re.compile(r"<([^<>\s]{1,400})>")


def message_id(message: UUID, sender: str) -> str:
    """`<stopline.UUID@domain of the sender>`."""
    return f"<stopline.{message}@{sender.rpartition('@')[2]}>"


def return_path(message: UUID, mailbox: str) -> str:
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{message.hex}@{domain}"


def ours(text: str) -> str:
    """The id of the last message of ours that a text names, "" where it names none."""
    found = OURS.findall(text)
    return found[-1].lower() if found else ""


def of_return_path(address: str) -> str:
    found = RETURN_PATH.search(address)
    return str(UUID(hex=found[1])) if found else ""


def of_unsubscribe(subject: str) -> str:
    found = UNSUBSCRIBE.fullmatch(subject.strip())
    return str(UUID(hex=found[1])) if found else ""


def thread(references: str, in_reply_to: str, own: str) -> str:
    """What an answer refers to, the answered mail last (RFC 5322 section 3.6.4); "" where that has no Message-ID."""
    last = ANY.findall(own)
    if not last:
        return ""
    earlier = [each for each in ANY.findall(references) or ANY.findall(in_reply_to)[:1] if each != last[0]]
    kept = [*earlier[:1], *earlier[1:][-(MOST_REFERENCES - 2) :], last[0]]
    return " ".join(f"<{each}>" for each in kept)


def answered(in_reply_to: str, references: str) -> str:
    """Which message a reply answers: ours by its id, any other by its Message-ID, "" where it names none."""
    if found := ours(in_reply_to) or ours(references):
        return found
    named = ANY.findall(in_reply_to) or ANY.findall(references)
    return named[-1][:120] if named else ""
