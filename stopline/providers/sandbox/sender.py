"""Hands messages to the sandbox gateway over HTTP, as to any provider."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any
from urllib.parse import quote

import aiohttp

from stopline.providers import http
from stopline.providers.base import Outgoing, Permit, Receipt
from stopline.providers.errors import AddressDead, Misconfigured, OutcomeUnknown, TryLater
from stopline.providers.wire import Wire


def gateway_url() -> str:
    return (
        os.environ.get("STOPLINE_SANDBOX_URL")
        or f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/sandbox/gateway"
    )


class SandboxSender:
    can_be_asked = True

    def __init__(self) -> None:
        self.wire = Wire(anywhere=True)  # the operator's own, not an account's

    @cached_property
    def session(self) -> aiohttp.ClientSession:
        return http.client(anywhere=True)

    async def send(self, permit: Permit, message: Outgoing) -> Receipt:
        payload: dict[str, Any] = {
            "id": str(message.id),
            "channel": message.channel,
            "from": message.way.sender,
            "to": message.address,
            "text": message.text,
        }
        if message.media:
            payload["media"] = [
                {"url": each.url, "content_type": each.content_type, "name": each.name}
                for each in message.media
            ]
        return _receipt(
            await self.wire.hand_off(permit, f"{gateway_url()}/messages", payload, _token(message))
        )

    async def find(self, message: Outgoing) -> Receipt | None:
        url = f"{gateway_url()}/messages/{quote(str(message.id))}"
        answer = await http.ask(self.session, "GET", url, _token(message))
        return None if answer.status == 404 else _receipt(answer)

    async def close(self) -> None:
        await self.wire.close()
        if "session" in self.__dict__:
            await self.session.close()


def _token(message: Outgoing) -> dict[str, str]:
    return {"Authorization": f"Bearer {message.way.token}"}


def _receipt(answer: http.Answer) -> Receipt:
    match answer.status:
        case 200 | 202:
            return Receipt(answer.needed("id"))
        case 401 | 403 | 404:
            raise Misconfigured("The sandbox did not know this connection's token.")
        case 422:
            raise AddressDead(answer.told("detail"))
        case 429 | 503:
            raise TryLater(after_seconds=http.retry_after(answer))
        case _:
            raise OutcomeUnknown
