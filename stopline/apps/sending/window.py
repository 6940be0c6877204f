"""Until when somebody may be written to freely, where the provider knows such a window (rules.window)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from stopline.apps.sending.models import Connection, Message
from stopline.providers.registry import PROVIDERS
from stopline.rules.errors import InvalidInput
from stopline.rules.window import ANSWERS, Window
from stopline.rules.words import Channel, MessageKind

NONE = Window(None)


def of(connection: Connection, contact_id: UUID, channel: str, address: str) -> Window:
    """The window opens to the number that was written to, so only what came by this connection counts."""
    provider = PROVIDERS.get(connection.provider)
    if channel != Channel.WHATSAPP or provider is None or provider.window is None:
        return NONE
    arrived = Message.objects.filter(
        account_id=connection.account_id,
        contact_id=contact_id,
        kind=MessageKind.INBOUND,
        channel=channel,
        address=address,
        connection_id=connection.id,
    )
    return Window(provider.window, arrived.order_by("-id").values_list("created_at", flat=True).first())


def require(
    connection: Connection | UUID,
    account_id: UUID,
    contact_id: UUID,
    channel: Channel,
    address: str,
    kind: MessageKind,
    parts: Mapping[str, Any],
    now: datetime,
) -> None:
    """Raises InvalidInput for free text outside the window."""
    if channel is not Channel.WHATSAPP or kind in ANSWERS or parts.get("template"):
        return
    if isinstance(connection, UUID):
        found = Connection.objects.filter(account_id=account_id, id=connection).first()
        if found is None:
            return
        connection = found
    if not of(connection, contact_id, channel, address).takes(kind, template=False, now=now):
        raise InvalidInput(
            "The contact has not written by WhatsApp in the last 24 hours, so WhatsApp takes only approved templates",
            "Choose a template, or write by another channel",
        )
