"""Every provider Stopline knows: one line each."""

from stopline.providers.base import Provider
from stopline.providers.email import SERVICES, SMTP
from stopline.providers.panel import PANEL
from stopline.providers.sandbox import SANDBOX
from stopline.providers.smpp import SMPP
from stopline.providers.twilio import TWILIO
from stopline.providers.webhook import WEBHOOK
from stopline.providers.whatsapp_cloud import WHATSAPP_CLOUD

PROVIDERS: dict[str, Provider] = {
    "sandbox": SANDBOX,
    "panel": PANEL,
    "twilio": TWILIO,
    "whatsapp_cloud": WHATSAPP_CLOUD,
    "webhook": WEBHOOK,
    "smpp": SMPP,
    "smtp": SMTP,
    **SERVICES,
}
