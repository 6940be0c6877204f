"""The nouns of the way out and in, a file for each family."""

from stopline.apps.accounts.tenancy import account_of_token, new_token
from stopline.apps.sending.models.agreement import Comparison, ProviderOptOut
from stopline.apps.sending.models.connection import Connection, InboundEvent, MessageTemplate, Route
from stopline.apps.sending.models.message import LATER_PRIORITY, QUEUE_PRIORITY, MediaFile, Message
from stopline.apps.sending.models.stream import Content, SendingRules, Stream

__all__ = [
    "LATER_PRIORITY",
    "QUEUE_PRIORITY",
    "Comparison",
    "Connection",
    "Content",
    "InboundEvent",
    "MediaFile",
    "Message",
    "MessageTemplate",
    "ProviderOptOut",
    "Route",
    "SendingRules",
    "Stream",
    "account_of_token",
    "new_token",
]
