"""Chat with Support: the member reads the panel inside Stopline, so handing over means showing it there."""

from __future__ import annotations

from stopline.providers.base import Event, Outgoing, Permit, Receipt, Reply, Request, SendsNoMedia, Way
from stopline.rules.errors import NotFound
from stopline.rules.words import MessageState


class PanelSender:
    can_be_asked = True

    async def send(self, permit: Permit, message: Outgoing) -> Receipt:
        permit.check()
        return Receipt(str(message.id), MessageState.DELIVERED)

    async def find(self, message: Outgoing) -> Receipt | None:
        return None  # nothing leaves this installation: what isn't recorded as sent was not shown

    async def close(self) -> None:
        pass


class PanelReceiver(SendsNoMedia):
    """The panel speaks through the web door of a signed-in member, never through a webhook."""

    def verify(self, request: Request, way: Way) -> None:
        raise NotFound("There is no webhook for Chat with Support. Use the panel in the profile menu.")

    def read(self, request: Request) -> list[Event]:
        return []

    def handshake(self, request: Request, way: Way) -> Reply | None:
        return None
