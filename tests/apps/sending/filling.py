"""A provider of every kind of field, as an adapter might ask for them, and what an admin types."""

from __future__ import annotations

from typing import Any

from stopline.apps.sending.filled import Typed
from stopline.providers.base import Field, Provider
from stopline.providers.sandbox.receiver import SandboxReceiver
from stopline.providers.sandbox.sender import SandboxSender
from stopline.rules.words import Channel

FIELDS = (
    Field("account", "Account id", "On the first page."),
    Field("url", "Address of the gateway", kind="url", required=False),
    Field("window", "Messages at once", kind="number", required=False, initial="10"),
    Field("tls", "Encrypt", kind="flag", required=False),
    Field(
        "region", "Region", kind="choice", choices=(("eu", "Europe"), ("us", "United States")), required=False
    ),
    Field("note", "Note", kind="long", required=False),
    Field("token", "Access token", secret=True),
    Field("signing", "Signing secret", secret=True, required=False),
    Field("pem", "Private key", kind="long", secret=True, required=False),
)
EVERYTHING = Provider(
    "Everything", (Channel.SMS, Channel.MMS, Channel.EMAIL), SandboxSender, SandboxReceiver, fields=FIELDS
)
VALUES = {"field_account": "AC1", "field_token": "s3cret-token"}


def typed(**changed: Any) -> Typed:
    """What is needed and nothing more; the values of `values` on top of it."""
    values = {**VALUES, **changed.pop("values", {})}
    return Typed(
        **{"name": "Bridge", "sender": "+1 415 555 0100", "channels": ["sms"], "values": values, **changed}
    )
