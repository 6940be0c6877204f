"""A provider that reaches nobody but the sandbox phone; the reference of the shape."""

from stopline.providers.base import Provider
from stopline.providers.sandbox.agreement import SandboxAgreement
from stopline.providers.sandbox.receiver import SandboxReceiver
from stopline.providers.sandbox.sender import SandboxSender
from stopline.rules.words import CONSENT_CHANNELS

SANDBOX = Provider(
    "Sandbox",
    CONSENT_CHANNELS,
    SandboxSender,
    SandboxReceiver,
    sender_help="The number or address that the sandbox phone shows.",
    sender_required=False,
    agreement=SandboxAgreement,
)
