"""WhatsApp by Meta's Cloud API."""

from datetime import timedelta

from stopline.providers.base import Field, Provider, Reply
from stopline.providers.whatsapp_cloud.receiver import WhatsAppReceiver
from stopline.providers.whatsapp_cloud.sender import WhatsAppSender
from stopline.providers.whatsapp_cloud.templates import WhatsAppTemplates
from stopline.rules.words import Channel

WHATSAPP_CLOUD = Provider(
    "WhatsApp Cloud API",
    (Channel.WHATSAPP,),
    WhatsAppSender,
    WhatsAppReceiver,
    fields=(
        Field("phone_number_id", "Phone number ID", "In WhatsApp Manager, not the phone number itself."),
        Field("waba_id", "WhatsApp Business Account ID", "In WhatsApp Manager; its templates are listed."),
        Field("access_token", "Access token", "Of a system user, so that it doesn't expire.", secret=True),
        Field(
            "app_secret",
            "App secret",
            "In Meta's app dashboard, Settings, Basic. It proves that messages come from Meta.",
            secret=True,
        ),
        Field(
            "verify_token",
            "Verify token",
            "The same word as in Meta's webhook settings. Empty: the connection's own token.",
            secret=True,
            required=False,
        ),
    ),
    sender_label="Phone number",
    sender_help="The business phone number, as people see it.",
    thanks=Reply(200, b"OK"),
    window=timedelta(hours=24),
    templates=WhatsAppTemplates,
)
