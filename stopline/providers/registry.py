"""Every provider Stopline knows: one line each."""

from collections.abc import Callable
from dataclasses import dataclass

from stopline.providers.base import Receiver, Sender
from stopline.providers.panel.sender import PanelReceiver, PanelSender
from stopline.providers.sandbox.receiver import SandboxReceiver
from stopline.providers.sandbox.sender import SandboxSender
from stopline.rules.words import Channel


@dataclass(frozen=True, slots=True)
class Provider:
    label: str
    channels: tuple[Channel, ...]
    sender: Callable[[], Sender]  # made once a worker, inside its event loop
    receiver: Callable[[], Receiver]


SANDBOX_CHANNELS = (Channel.SMS, Channel.MMS, Channel.WHATSAPP, Channel.RCS, Channel.EMAIL)

PROVIDERS: dict[str, Provider] = {
    "sandbox": Provider("Sandbox", SANDBOX_CHANNELS, SandboxSender, SandboxReceiver),
    "panel": Provider("Chat with Support", (Channel.CHAT,), PanelSender, PanelReceiver),
}
