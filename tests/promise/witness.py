"""What can be proved from outside: the sandbox's own receipts against the opt-outs that were acknowledged."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections import Counter
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


def leaks(receipts: list[SandboxReceipt], opt_outs: list[OptOut], confirmation: str) -> list[SandboxReceipt]:
    """Hand-offs that started after the opt-out of their address was acknowledged; the confirmation is owed."""
    acknowledged = {each.address: each.acknowledged_ns for each in opt_outs}
    return [
        receipt
        for receipt in receipts
        if receipt.text != confirmation and receipt.started_ns > acknowledged.get(receipt.address, 2**63)
    ]


def handed_over_twice(receipts: list[SandboxReceipt]) -> list[str]:
    return [
        message for message, times in Counter(receipt.message for receipt in receipts).items() if times > 1
    ]
