"""The sandbox, the reference of the shape, keeps the contract of every adapter."""

from stopline.providers.base import Progress, Received, Unknown
from stopline.providers.errors import AddressDead, Misconfigured, OutcomeUnknown, TryLater
from stopline.rules.words import Channel, MessageState
from tests.providers.contract import Answered, Contract, Sample, json_request

HELLO = {"id": "m-1", "channel": "sms", "from": "+14155550123", "to": "+14155550100", "text": "Is it ready?"}
STATES = {
    "states": [
        {"id": "s-1", "message": "sb-1", "state": "delivered"},
        {"id": "s-2", "message": "sb-2", "state": "failed", "reason": "No such phone."},
        {"id": "s-3", "message": "sb-3", "state": "pondered"},
    ]
}


class TestSandbox(Contract):
    provider = "sandbox"
    signs = False
    accepted = Answered("accepted", 202, {"id": "sb-1"})
    provider_id = "sb-1"
    failures = (
        Answered("wrong token", 401, {}, Misconfigured),
        Answered("no such address", 422, {"detail": "No such phone."}, AddressDead, "No such phone."),
        Answered("no such address, no words", 422, {}, AddressDead, "does not exist"),
        Answered("too many", 429, {}, TryLater, headers={"Retry-After": "3"}, after_seconds=3),
        Answered("away", 503, {}, TryLater),
        Answered("anything else", 418, {}, OutcomeUnknown),
    )
    samples = (
        Sample(
            "message",
            json_request(HELLO),
            (Received("m-1", Channel.SMS, "+14155550123", "Is it ready?", {}),),
        ),
        Sample(
            "stop",
            json_request({**HELLO, "id": "m-2", "text": "STOP"}),
            (Received("m-2", Channel.SMS, "+14155550123", "STOP", {}),),
        ),
        Sample(
            "states",
            json_request(STATES),
            (
                Progress("sb-1:delivered", "sb-1", MessageState.DELIVERED, {}),
                Progress("sb-2:failed", "sb-2", MessageState.FAILED, {}, "No such phone."),
                Unknown("s-3", {}),
            ),
        ),
    )
    unknown = (json_request({"id": "t-1", "type": "typing", "from": "+14155550123"}),)

    def aim(self, monkeypatch, url):
        monkeypatch.setenv("STOPLINE_SANDBOX_URL", url)
