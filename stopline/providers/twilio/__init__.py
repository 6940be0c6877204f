"""Twilio: SMS, MMS, WhatsApp and RCS through its Messages API. README.md says what it needs."""

from datetime import timedelta

from stopline.providers.base import Field, Provider, Reply
from stopline.providers.twilio.agreement import TwilioAgreement
from stopline.providers.twilio.receiver import TwilioReceiver
from stopline.providers.twilio.sender import TwilioSender
from stopline.providers.twilio.templates import TwilioTemplates
from stopline.rules.words import Channel

FIELDS = (
    Field("account_sid", "Account SID", "Begins with AC. On the first page of the Twilio Console."),
    Field(
        "auth_token",
        "Auth token",
        "Beside the Account SID. Twilio signs what it sends us with it, so it is needed with an API key as well.",
        secret=True,
    ),
    Field(
        "api_key_sid",
        "API key SID",
        "Begins with SK. With an API key, messages leave under it.",
        required=False,
    ),
    Field(
        "api_key_secret", "API key secret", "Shown once, when the key is made.", secret=True, required=False
    ),
    Field(
        "messaging_service_sid",
        "Messaging Service SID",
        "Begins with MG. Needed for RCS without a sender of its own, and to tell Twilio of opt-outs.",
        required=False,
    ),
    Field("rcs_sender", "RCS sender", "Its id in the Twilio Console, like brand_xyz_agent.", required=False),
    Field(
        "consent_api",
        "Tell Twilio of opt-outs",
        "Your Twilio account must have the Consent Management API; ask Twilio's support for it.",
        required=False,
        kind="flag",
    ),
)

TWILIO = Provider(
    "Twilio",
    (Channel.SMS, Channel.MMS, Channel.WHATSAPP, Channel.RCS),
    TwilioSender,
    TwilioReceiver,
    fields=FIELDS,
    sender_label="Number",
    sender_help="Your Twilio number like +14155550100, a short code or a name. Empty: the Messaging Service chooses.",
    sender_required=False,
    agreement=TwilioAgreement,
    window=timedelta(hours=24),
    templates=TwilioTemplates,
    # Twilio reads the answer to a message as TwiML and logs an error for anything else; this says: nothing to send.
    thanks=Reply(200, b'<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml"),
)
