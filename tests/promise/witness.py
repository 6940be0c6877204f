"""What can be proved from outside: the sandbox's own receipts against the opt-outs that were acknowledged."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from stopline.providers.sandbox.receipts import SandboxReceipt


@dataclass(frozen=True)
class OptOut:
    """`acknowledged_ns`: when the answer to the person's STOP had arrived, in nanoseconds since 1970."""

    address: str
    acknowledged_ns: int


def say_stop(port: int, token: str, address: str, event_id: str, patience: float = 150) -> OptOut:
    """Sends STOP as a provider does: again and again, with the same id, until it is acknowledged."""
    message = {"id": event_id, "channel": "sms", "from": address, "to": "+14155550100", "text": "STOP"}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/inbound/sandbox/{token}", json.dumps(message).encode(), method="POST"
    )
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                acknowledged_ns = time.time_ns()
                if json.load(answer)["waiting"] == 0:  # else it is recorded, and not said to be in force
                    return OptOut(address, acknowledged_ns)
        except (OSError, urllib.error.URLError):
            time.sleep(0.2)
    raise AssertionError(f"STOP from {address} was never acknowledged")


class People(threading.Thread):
    """Say STOP one after the other, evenly over the whole time."""

    def __init__(self, port: int, token: str, addresses: Sequence[str], pause: float) -> None:
        super().__init__()
        self.port, self.token, self.addresses, self.pause = port, token, addresses, pause
        self.opt_outs: list[OptOut] = []

    def run(self) -> None:
        for address in self.addresses:
            self.opt_outs.append(say_stop(self.port, self.token, address, f"stop-{address}"))
            time.sleep(self.pause)


def last_after(
    receipts: Iterable[SandboxReceipt],
    opt_outs: Iterable[OptOut],
    confirmation: str,
    moment: Callable[[SandboxReceipt], int] = lambda receipt: receipt.started_ns,
) -> dict[str, float]:
    """Of each who opted out and had got anything: last hand-off minus acknowledgement, in seconds. Never positive.

    The confirmation is owed and doesn't count. `moment`: received_ns where the sender's own clock can't be believed;
    it is the later of the two, so it hides nothing.
    """
    acknowledged = {each.address: each.acknowledged_ns for each in opt_outs}
    last: dict[str, float] = {}
    for receipt in receipts:
        if receipt.text != confirmation and receipt.address in acknowledged:
            after = (moment(receipt) - acknowledged[receipt.address]) / 1e9
            last[receipt.address] = max(after, last.get(receipt.address, after))
    return last


def handed_over_twice(receipts: list[SandboxReceipt]) -> list[str]:
    return [
        message for message, times in Counter(receipt.message for receipt in receipts).items() if times > 1
    ]
