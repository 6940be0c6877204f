"""Hands messages to SMPP gateways, over one session a connection and worker."""

from __future__ import annotations

import asyncio
import itertools
import random
from dataclasses import replace

from stopline.providers.base import Outgoing, Permit, Receipt, Take, Way
from stopline.providers.errors import MessageRefused, Misconfigured, OutcomeUnknown
from stopline.providers.smpp import pdu, terms, texts
from stopline.providers.smpp.line import Line
from stopline.providers.smpp.terms import Terms

RECEIPT = 0x01  # registered_delivery: tell how it ended, whichever way (SMPP 3.4, 5.2.17)
LARGEST_PAYLOAD = 65_535  # octets


class SmppSender:
    can_be_asked = False  # query_sm asks by the gateway's id, which is what a lost answer loses

    def __init__(self) -> None:
        self.lines: dict[object, Line] = {}
        self.closing: set[asyncio.Task[None]] = set()
        self.references = itertools.cycle(range(256))
        for _ in range(random.randrange(256)):  # noqa: S311 (not for a secret): workers begin apart
            next(self.references)

    async def send(self, permit: Permit, message: Outgoing) -> Receipt:
        """The permit is looked at again where the first octet is written (`Session.submit`)."""
        permit.check()
        line = self._line(message.way)
        parts = bodies(message, line.terms, next(self.references))
        return Receipt(await line.send(permit, parts) or str(message.id))

    async def find(self, message: Outgoing) -> Receipt | None:
        raise OutcomeUnknown

    async def listen(self, way: Way, take: Take) -> None:
        """Keeps the session open and hands over what comes, until it is cancelled. Raises Misconfigured."""
        line = self._line(way)
        line.way, line.take = way, take
        try:
            await line.keep()
        finally:
            if self.lines.get(way.id) is line:
                del self.lines[way.id]
            await line.close()

    async def close(self) -> None:
        lines, self.lines = list(self.lines.values()), {}
        await asyncio.gather(*(line.close() for line in lines), *self.closing, return_exceptions=True)

    def _line(self, way: Way) -> Line:
        """A changed connection gets a new line. Raises Misconfigured."""
        line = self.lines.get(way.id)
        if line and line.terms == terms.of(way) and not line.closed.is_set():
            return line
        if line:
            closing = asyncio.create_task(line.close())
            self.closing.add(closing)
            closing.add_done_callback(self.closing.discard)
        self.lines[way.id] = Line(way)
        return self.lines[way.id]


def bodies(message: Outgoing, agreed: Terms, reference: int) -> list[bytes]:
    """The submit_sm of a message, in order. Raises MessageRefused, Misconfigured."""
    if message.media or message.template:
        raise MessageRefused("SMPP carries text only. Leave the file out, or choose another channel.")
    if not message.text:
        raise MessageRefused("The message is empty. Write something.")
    source, destination = terms.sender(message.way.sender), terms.recipient(message.address)
    blank = pdu.Message(source, destination, registered_delivery=RECEIPT)
    try:
        if agreed.long_texts == "payload":
            made = [_whole(message.text, agreed, blank)]
        else:
            made = _parts(message.text, agreed, reference, blank)
        return [each.encode() for each in made]
    except texts.TooLong as error:
        raise MessageRefused("The message is longer than SMPP can carry. Shorten it.") from error
    except pdu.Malformed as error:
        raise Misconfigured(
            "The connection's sender can't be sent: at most 20 letters and digits. Change it under Settings, Channels."
        ) from error


def _parts(text: str, agreed: Terms, reference: int, blank: pdu.Message) -> list[pdu.Message]:
    data_coding, octets = texts.split(text, reference, agreed.alphabet)
    esm_class = pdu.UDH if len(octets) > 1 else 0
    made = [
        replace(
            blank, short_message=each, data_coding=data_coding, esm_class=esm_class, registered_delivery=0
        )
        for each in octets
    ]
    return [*made[:-1], replace(made[-1], registered_delivery=RECEIPT)]


def _whole(text: str, agreed: Terms, blank: pdu.Message) -> pdu.Message:
    """Short ones as ever; long ones in one message_payload, which the gateway cuts."""
    data_coding, chars = texts.encode(text, agreed.alphabet)
    octets = b"".join(each for each, _ in chars)
    if len(octets) > LARGEST_PAYLOAD:
        raise texts.TooLong
    payload = len(texts.split(text, 0, agreed.alphabet)[1]) > 1
    if payload:
        return replace(blank, data_coding=data_coding, tlvs=((pdu.MESSAGE_PAYLOAD, octets),))
    return replace(blank, data_coding=data_coding, short_message=octets)
