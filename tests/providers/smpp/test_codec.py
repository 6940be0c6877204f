"""PDUs and texts: what we write an independent library reads, and the other way round; nothing hostile gets through."""

import asyncio
import contextlib
import struct

import pytest
import smpp34
from hypothesis import given
from hypothesis import strategies as st

from stopline.providers.base import Event
from stopline.providers.smpp import arrivals, pdu, statuses, terms, texts
from stopline.providers.smpp.pdu import Address, Malformed, Message
from stopline.providers.smpp.receiver import SmppReceiver
from stopline.rules import segments
from tests.providers.smpp.test_smpp import TestSmpp as Smpp

AGREED = terms.of(Smpp().way)
NUMBERS = st.text("0123456789", min_size=1, max_size=20)
ADDRESSES = st.builds(Address, NUMBERS, st.integers(0, 6), st.integers(0, 18))
TLVS = st.lists(st.tuples(st.integers(0x1400, 0x3FFF), st.binary(max_size=40)), max_size=3).map(tuple)
MESSAGES = st.builds(
    Message,
    ADDRESSES,
    ADDRESSES,
    st.binary(max_size=254),
    st.integers(0, 255),
    st.integers(0, 255),
    st.integers(0, 255),
    st.text("abc", max_size=5),
    TLVS,
)
GSM_TEXTS = st.text(sorted(segments.GSM_BASIC | segments.GSM_EXTENSION), max_size=700)


@given(MESSAGES)
def test_a_message_is_read_as_it_was_written(message):
    assert pdu.message(message.encode()) == message


@given(MESSAGES)
def test_the_independent_library_reads_what_we_write(message):
    theirs = smpp34.decode(pdu.Pdu(pdu.SUBMIT_SM, 7, body=message.encode()).encode())

    assert theirs.sequence_number == 7
    assert (theirs.source_addr, theirs.source_addr_ton) == (message.source.text, message.source.ton)
    assert (theirs.destination_addr, theirs.dest_addr_npi) == (
        message.destination.text,
        message.destination.npi,
    )
    assert (theirs.short_message, theirs.data_coding) == (message.short_message, message.data_coding)
    assert (theirs.esm_class, theirs.registered_delivery) == (message.esm_class, message.registered_delivery)
    assert [(each.tag, each.value) for each in theirs.tlvs] == list(message.tlvs)


@given(NUMBERS, NUMBERS, st.binary(max_size=254), TLVS)
def test_we_read_what_the_independent_library_writes(source, destination, text, tlvs):
    theirs = smpp34.DeliverSm(source, destination, text, tlvs=[smpp34.Tlv(*each) for each in tlvs])

    read = pdu.message(theirs.encode()[16:])

    assert (read.source.text, read.destination.text) == (source, destination)
    assert (read.short_message, read.tlvs) == (text, tlvs)


def heard(body: bytes) -> list[Event]:
    """As the line does with a deliver_sm."""
    message = pdu.message(body)
    told = arrivals.receipt(message, AGREED) or arrivals.written(
        "a1", message, arrivals.part(message)[1], AGREED
    )
    import orjson

    from stopline.providers.base import Request

    return SmppReceiver().read(Request(orjson.dumps(told), {}))


@given(
    st.one_of(st.binary(max_size=300), MESSAGES.map(Message.encode)),
    st.integers(0, 300),
    st.binary(max_size=3),
)
def test_a_hostile_body_is_malformed_or_an_event(body, place, noise):
    with contextlib.suppress(Malformed):
        (event,) = heard(body[:place] + noise + body[place + len(noise) :])
        assert "\x00" not in str(event.raw) and 0 < len(event.event_id) <= 160


@pytest.mark.parametrize("length", [0, 15, 70_001, 2**32 - 1])
def test_a_length_that_cannot_be_is_malformed_at_once(length):
    async def read():
        reader = asyncio.StreamReader()
        reader.feed_data(struct.pack(">IIII", length, 5, 0, 1))
        return await asyncio.wait_for(pdu.read(reader), 1)

    with pytest.raises(Malformed):
        asyncio.run(read())


@pytest.mark.parametrize("value", ["longer than it may", "\x00", "名"])
def test_a_field_that_cannot_be_written_is_malformed(value):
    with pytest.raises(Malformed):
        pdu.text(value, 9)


# Texts


@given(st.one_of(GSM_TEXTS, st.text(max_size=200)), st.integers(0, 255))
def test_the_parts_of_a_text_make_the_text_again(text, reference):
    data_coding, parts = texts.split(text, reference)

    if len(parts) == 1:
        joined = parts[0]
    else:
        cut = [texts.cut_header(part) for part in parts]
        assert [part for part, _ in cut] == [
            texts.Part(reference, len(parts), number) for number in range(1, len(parts) + 1)
        ]
        joined = b"".join(octets for _, octets in cut)
        assert all(len(part) <= 160 for part in parts)
    clean = text.encode("utf-16", "replace" if text.isascii() else "surrogatepass").decode(
        "utf-16", "replace"
    )
    assert texts.decode(joined, data_coding) == clean.replace("\x00", "")
    assert len(parts) == max(1, segments.count(text).segments)


@pytest.mark.parametrize(
    ("octets", "coding", "text"),
    [
        (b"Gr~\x1ee", 0, "Grüße"),
        (b"\x1be\x1b\x00\x80", 0, "€ \ufffd"),
        (b"STOP", 1, "STOP"),
        (b"caf\xe9", 3, "café"),
        ("Стоп".encode("utf-16-be"), 8, "Стоп"),
        ("Стоп".encode("utf-16-be"), 0x18, "Стоп"),
        ("Стоп".encode("iso8859_5"), 6, "Стоп"),
        (b"STOP", 0xF1, "STOP"),
        (b"STOP", 0x10, "STOP"),
        (b"\x00S\x04", 8, "S\ufffd"),
        (b"STOP", 0x2A, "STOP"),
        (b"\x01\x02", 4, None),
        (b"\x01\x02", 0xF5, None),
    ],
)
def test_a_text_is_read_by_its_coding(octets, coding, text):
    assert texts.decode(octets, coding) == text


def test_latin_1_gateways_are_spoken_to_in_latin_1():
    assert texts.split("Grüße @", 1, "latin1") == (0, ["Grüße @".encode("latin-1")])
    assert texts.split("5 €", 1, "latin1")[0] == texts.UCS_2
    assert texts.decode(b"Gr\xfc\xdfe", 0, "latin1") == "Grüße"


@pytest.mark.parametrize(
    ("octets", "part"),
    [
        (b"\x05\x00\x03\x07\x02\x01Hi", texts.Part(7, 2, 1)),
        (b"\x06\x08\x04\x01\x07\x02\x02Hi", texts.Part(263, 2, 2)),
        (b"\x0a\x05\x04\x00\x01\x00\x02\x00\x03\x07\x02\x01Hi"[:13] + b"Hi", None),
        (b"\x05\x00\x03\x07\x02\x03Hi", None),
        (b"\x05\x00\x03\x07\x01\x01Hi", None),
        (b"\x03\x24\x01\x01Hi", None),
    ],
)
def test_a_header_is_taken_off(octets, part):
    found, _ = texts.cut_header(octets)

    assert found == part


def test_what_is_no_header_stays():
    assert texts.cut_header(b"\xffHi") == (None, b"\xffHi")
    assert texts.cut_header(b"") == (None, b"")


# Receipts and addresses


def receipt(text=b"", **fields):
    made = smpp34.DeliverSm("1", "2", text, **{"esm_class": 4, **fields})
    return arrivals.receipt(pdu.message(made.encode()[16:]), AGREED)


TEXT = b"id:0000000012345678 sub:001 dlvrd:001 submit date:1601010100 done date:1601010101 stat:%b err:%b text:none"


def test_a_receipt_is_read_from_its_text():
    assert receipt(TEXT % (b"UNDELIV", b"034")) == {
        "kind": "receipt",
        "id": "0000000012345678:UNDELIV",
        "message": "0000000012345678",
        "state": "UNDELIV",
        "error": "034",
    }


def test_its_tlvs_say_it_better():
    tlvs = [
        smpp34.Tlv(smpp34.TLV_RECEIPTED_MESSAGE_ID, b"abc\0"),
        smpp34.Tlv(smpp34.TLV_MESSAGE_STATE, b"\x02"),
    ]

    for esm_class in (0, 4):  # some gateways forget to mark it
        told = receipt(TEXT % (b"UNDELIV", b"034"), tlvs=tlvs, esm_class=esm_class)
        assert (told["message"], told["state"]) == ("abc", "DELIVRD")


def test_a_receipt_that_says_nothing_is_kept():
    assert receipt(b"thank you")["kind"] == "other"


@pytest.mark.parametrize(
    ("answered", "told", "kind"),
    [
        ("1f", "0000000031", "hex_then_decimal"),
        ("31", "1F", "decimal_then_hex"),
        ("a-b", "a-b", "hex_then_decimal"),
    ],
)
def test_ids_in_two_notations_meet(answered, told, kind):
    assert terms.answered_id(answered, kind) == terms.receipt_id(told, kind)


@pytest.mark.parametrize(
    ("text", "ton", "national", "read"),
    [
        ("14155550123", 1, False, "+14155550123"),
        ("14155550123", 1, True, "+14155550123"),
        ("14155550123", 0, False, "+14155550123"),
        ("0014155550123", 0, False, "+14155550123"),
        ("4155550123", 0, True, "4155550123"),
        ("4155550123", 2, False, "4155550123"),
        ("72345", 0, False, "72345"),
        ("Lotto", 5, False, "Lotto"),
    ],
)
def test_a_number_is_never_given_a_country_by_guess(text, ton, national, read):
    assert terms.written_by(Address(text, ton), national=national) == read


def test_a_status_of_the_gateways_own_is_a_refusal_that_names_it():
    assert "0x00000400" in str(statuses.raised(0x400))
