"""Bring your own: any gateway that speaks the signed JSON of docs/webhook-provider.md."""

from stopline.providers.base import Field, Provider
from stopline.providers.webhook.receiver import WebhookReceiver
from stopline.providers.webhook.sender import WebhookSender
from stopline.rules.words import CONSENT_CHANNELS

FIELDS = (
    Field(
        "url",
        "URL",
        "Where your gateway takes messages, like https://gateway.example.com/messages.",
        kind="url",
    ),
    Field(
        "signing_secret",
        "Signing secret",
        "whsec_ and at least 24 random bytes in base64. Both sides sign with it.",
        secret=True,
    ),
    Field(
        "previous_secret",
        "Previous signing secret",
        "While you replace the secret, enter the old one here: both sign and both are accepted.",
        secret=True,
        required=False,
    ),
)

WEBHOOK = Provider(
    "Webhook (bring your own)",
    CONSENT_CHANNELS,
    WebhookSender,
    WebhookReceiver,
    fields=FIELDS,
    sender_help="What your gateway gets as `from`: a number, a name, a mailbox.",
    sender_required=False,
)
