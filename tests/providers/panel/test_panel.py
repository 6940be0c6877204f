"""Chat with Support keeps as much of the contract as it has: it hands over by showing, and has no webhook."""

import pytest

from stopline.providers.base import Request
from stopline.providers.registry import PROVIDERS
from stopline.rules.errors import NotFound
from stopline.rules.words import MessageState
from tests.providers.contract import Contract


class TestPanel(Contract):
    provider = "panel"
    sender = ""
    http = False
    signs = False

    def aim(self, monkeypatch, url):
        pass

    def test_a_message_is_handed_over_once_on_every_channel(self, channel):
        message = self.outgoing(channel, self.way)

        receipt = self.send(message)

        assert (receipt.provider_id, receipt.state) == (str(message.id), MessageState.DELIVERED)

    test_a_provider_out_of_reach_is_tried_later = None  # it never is

    def test_the_webhook_it_does_not_have_is_not_found(self):
        with pytest.raises(NotFound):
            PROVIDERS["panel"].receiver().verify(Request(b"{}", {}), self.way)
