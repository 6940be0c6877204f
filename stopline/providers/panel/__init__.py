"""Chat with Support, inside the installation."""

from stopline.providers.base import Provider
from stopline.providers.panel.sender import PanelReceiver, PanelSender
from stopline.rules.words import Channel

PANEL = Provider(
    "Chat with Support", (Channel.CHAT,), PanelSender, PanelReceiver, offered=False, webhook=False
)
