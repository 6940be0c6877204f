"""Posts messages to the account's own gateway, signed (docs/webhook-provider.md is the contract)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from stopline.providers import errors, http, standard_webhooks
from stopline.providers.base import Outgoing, Permit, Receipt, Way
from stopline.providers.webhook import secrets
from stopline.providers.wire import Wire

LONGEST_ID, LONGEST_DETAIL = 120, 500
CODES = {
    "opted_out": errors.OptedOutAtProvider,
    "address_dead": errors.AddressDead,
    "refused": errors.MessageRefused,
    "misconfigured": errors.Misconfigured,
}
NOT_THERE = "Nothing takes messages at this connection's URL ({}). Check it under Settings, Channels."


class WebhookSender:
    can_be_asked = False  # the contract asks gateways for one door only

    def __init__(self) -> None:
        self.wire = Wire()

    async def send(self, permit: Permit, message: Outgoing) -> Receipt:
        url, body = str(message.way.settings.get("url", "")), orjson.dumps(payload(message))
        headers = {"Content-Type": "application/json", **_signed(message.way, str(message.id), body)}
        answer = await self.wire.hand_off(permit, url, body, headers)
        return _receipt(answer, str(message.id))

    async def find(self, message: Outgoing) -> Receipt | None:
        raise errors.OutcomeUnknown

    async def close(self) -> None:
        await self.wire.close()


def payload(message: Outgoing) -> dict[str, Any]:
    """What a gateway gets; what a message doesn't have is left out. Raises MessageRefused for a file without a URL."""
    if not all(media.url for media in message.media):
        raise errors.MessageRefused(
            "A gateway fetches files by their address, and this one has none. Attach it again."
        )
    media = [
        {"url": each.url, "content_type": each.content_type, "name": each.name} for each in message.media
    ]
    template = message.template and {
        "name": message.template.name,
        "language": message.template.language,
        "variables": dict(message.template.variables),
    }
    always = {
        "type": "message.send",
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "id": str(message.id),
        "channel": message.channel.value,
        "from": message.way.sender,
        "to": message.address,
        "text": message.text,
    }
    more = {
        "subject": message.subject,
        "html": message.html,
        "headers": dict(message.headers),
        "media": media,
        "template": template,
    }
    return always | {name: value for name, value in more.items() if value}


def _signed(way: Way, id_: str, body: bytes) -> dict[str, str]:
    """The message's id is the webhook's: a gateway that sees it twice knows that it has the message already."""
    try:
        return standard_webhooks.sign(secrets.of(way), id_, body)
    except standard_webhooks.BadSecret as error:
        raise errors.Misconfigured(f"{error} Enter it again under Settings, Channels.") from error


def _receipt(answer: http.Answer, id_: str) -> Receipt:
    match answer.status:
        case 204:
            return Receipt(id_)
        case 409:  # it has this id already: an earlier answer was lost on its way
            return Receipt((answer.told("id") or id_)[:LONGEST_ID])
        case status if 200 <= status < 300:
            return Receipt(answer.needed("id")[:LONGEST_ID])
        case 429 | 503:
            raise errors.TryLater(after_seconds=http.retry_after(answer))
        case 408:
            raise errors.OutcomeUnknown
        case status if 300 <= status < 500:
            raise _refusal(answer)
        case _:
            raise errors.OutcomeUnknown


def _refusal(answer: http.Answer) -> errors.ProviderError:
    detail = answer.told("detail").replace("\x00", "")[:LONGEST_DETAIL]
    if named := CODES.get(answer.told("code")):
        return named(detail)
    match answer.status:
        case 401 | 403:
            return errors.Misconfigured(
                detail or "The gateway does not accept this connection's signing secret."
            )
        case 404 | 405 | 410:
            return errors.Misconfigured(detail or NOT_THERE.format(answer.status))
        case status if status < 400:
            return errors.Misconfigured(
                "The URL leads elsewhere (a redirect). Enter the address it leads to."
            )
    return errors.MessageRefused(detail)
