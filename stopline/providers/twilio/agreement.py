"""Tells Twilio of opt-outs through its Consent Management API (twilio.com/docs/messaging/features/consent-api, looked
up 23 November 2026): up to 25 a request, 100 requests a minute, SMS, MMS and RCS together, no way to list them.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import cached_property

import aiohttp
import orjson

from stopline.providers import http
from stopline.providers.base import Listed, Way
from stopline.providers.errors import AddressDead, Misconfigured, TryLater
from stopline.providers.twilio import account, codes
from stopline.rules.words import CARRIER_CHANNELS, Channel

NOT_ENABLED = Misconfigured(
    "Twilio's Consent Management API is not switched on for this connection. Ask Twilio's support for it, then tick "
    "the box under Settings, Channels."
)


class TwilioAgreement:
    lists = False  # Twilio tells of an opt-out when it happens (21610, OptOutType), and has no list to read
    adds = True
    removes = True

    @cached_property
    def session(self) -> aiohttp.ClientSession:
        return http.client()

    async def listed(self, way: Way) -> AsyncIterator[Listed]:
        return
        yield

    async def add(self, way: Way, channel: Channel, address: str) -> None:
        await self._set(way, channel, address, "opt-out")

    async def remove(self, way: Way, channel: Channel, address: str) -> None:
        """Lifts Twilio's own block. A US toll-free number stays blocked until the person texts START or UNSTOP."""
        await self._set(way, channel, address, "opt-in")

    async def close(self) -> None:
        if "session" in self.__dict__:
            await self.session.close()

    async def _set(self, way: Way, channel: Channel, address: str, status: str) -> None:
        if channel not in CARRIER_CHANNELS:
            return  # a WhatsApp stop is the person's, at WhatsApp
        answer = await http.tell(
            self.session,
            f"{account.ACCOUNTS}/v1/Consents/Bulk",
            [("Items", item(way, address, status))],
            account.sign_in(way),
            form=True,
        )
        _check(answer)


def item(way: Way, address: str, status: str) -> str:
    """One contact's consent, as Twilio's form wants it. Raises Misconfigured without a sender or the API."""
    sender = account.setting(way, "messaging_service_sid") or way.sender
    if not way.settings.get("consent_api") or not sender:
        raise NOT_ENABLED
    told = {
        "contact_id": address,
        "correlation_id": uuid.uuid4().hex,
        "sender_id": sender,
        "status": status,
        "source": "others",
        "date_of_consent": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return orjson.dumps(told).decode()


def _check(answer: http.Answer) -> None:
    """Raises what a refusal means: of the whole request by its status, of the one item in it by its error code."""
    if answer.status not in (200, 201):
        if answer.status >= 500:
            raise TryLater
        code = answer.told("code")
        raise codes.raised(
            int(code) if code.isdigit() else 0,
            answer.status,
            answer.told("message"),
            http.retry_after(answer),
        )
    wrong = answer.told("items", 0, "error_messages", 0)
    match answer.told("items", 0, "error_code"), wrong:
        case "0", _:
            return
        case _, "INVALID_CONTACT_ID":
            raise AddressDead
        case _, "INVALID_SENDER_ID":
            raise Misconfigured("Twilio does not know this sender for consents. Check the Messaging Service.")
        case _:
            raise TryLater(f"Twilio did not take the opt-out ({wrong[:100] or 'no reason given'}).")
