"""What a deliver_sm says, as the JSON that `receiver` reads and the inbox keeps.

{"kind": "message", "id", "from", "to", "text"}, {"kind": "receipt", "id", "message", "state", "error"} or, kept for
people, {"kind": "part" or "other", "id", …, "octets"}.
"""

from __future__ import annotations

import re
from typing import Any

from stopline.providers.smpp import pdu, terms, texts
from stopline.providers.smpp.pdu import Message
from stopline.providers.smpp.terms import Terms
from stopline.providers.smpp.texts import Part

KIND = 0x3C  # of esm_class (5.2.12)
RECEIPT, INTERMEDIATE = 0x04, 0x20
# Section 5.2.28, and appendix B of the specification for the words in a receipt's text
STATES = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}
ID = re.compile(r"\bid:\s*([^\s]{1,65})", re.IGNORECASE)
STATE = re.compile(r"\bstat:\s*(\w{1,10})", re.IGNORECASE)
ERROR = re.compile(r"\berr:\s*(\w{1,10})", re.IGNORECASE)

Told = dict[str, Any]


def receipt(message: Message, agreed: Terms) -> Told | None:
    """None where it is no receipt. Its TLVs say it best; else its text does (appendix B)."""
    tlv_id, tlv_state = message.tlv(pdu.RECEIPTED_MESSAGE_ID), message.tlv(pdu.MESSAGE_STATE)
    if message.esm_class & KIND not in (RECEIPT, INTERMEDIATE) and not (tlv_id and tlv_state):
        return None
    text = message.octets.decode("latin-1").replace("\x00", "")
    in_text = ID.search(text)
    id_ = tlv_id.rstrip(b"\x00").decode("latin-1") if tlv_id else in_text[1] if in_text else ""
    state = STATES.get(tlv_state[0], "") if tlv_state else (_first(STATE, text)).upper()
    id_ = terms.receipt_id(id_.replace("\x00", "")[:65], agreed.receipt_ids)
    if not id_ or not state:
        return other(message)
    return {
        "kind": "receipt",
        "id": f"{id_}:{state}",
        "message": id_,
        "state": state,
        "error": _first(ERROR, text),
    }


def part(message: Message) -> tuple[Part | None, bytes]:
    """Where it stands in a longer text, and its octets without a header."""
    if message.esm_class & pdu.UDH:
        return texts.cut_header(message.octets)
    told = [message.tlv(tag) for tag in (pdu.SAR_REFERENCE, pdu.SAR_TOTAL, pdu.SAR_NUMBER)]
    if all(told):
        return texts.part(*(int.from_bytes(each or b"") for each in told)), message.octets
    return None, message.octets


def written(id_: str, message: Message, octets: bytes, agreed: Terms) -> Told:
    """A text, or what is none."""
    text = texts.decode(octets, message.data_coding, agreed.alphabet)
    if text is None:
        return {**other(message), "id": id_}
    return {
        "kind": "message",
        "id": id_,
        "from": terms.written_by(message.source, national=agreed.national).replace("\x00", ""),
        "to": message.destination.text,
        "text": text,
    }


def other(message: Message, kind: str = "other") -> Told:
    return {
        "kind": kind,
        "from": message.source.text,
        "to": message.destination.text,
        "esm_class": message.esm_class,
        "data_coding": message.data_coding,
        "octets": message.octets.hex(),
    }


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""
