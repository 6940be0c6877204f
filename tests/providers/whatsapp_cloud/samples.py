"""Bodies of Meta's webhook reference (developers.facebook.com, read 23 November 2026), to be put together."""

from datetime import UTC, datetime

from stopline.providers.base import OptOut
from stopline.rules.words import Channel, Source

WAMID = "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA="
SHEENA = "+16505551234"


def hook(value, field="messages"):
    metadata = {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"}
    whole = {"messaging_product": "whatsapp", "metadata": metadata, **value}
    change = {"value": whole, "field": field}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": [change]}],
    }


def message(kind, about, *, sender="16505551234", **more):
    return hook(
        {
            "contacts": [{"profile": {"name": "Sheena Nelson"}, "wa_id": sender}],
            "messages": [
                {"from": sender, "id": WAMID, "timestamp": "1749416383", "type": kind, kind: about, **more}
            ],
        }
    )


def status(state, errors=None):
    found = {
        "id": WAMID,
        "status": state,
        "timestamp": "1750263773",
        "recipient_id": "16505551234",
        "pricing": {"billable": True, "pricing_model": "PMP", "category": "marketing", "type": "regular"},
    }
    return {**found, "errors": errors} if errors else found


def preference(value):
    return {
        "contacts": [{"profile": {"name": "Sheena Nelson"}, "wa_id": "16505551234"}],
        "user_preferences": [
            {
                "wa_id": "16505551234",
                "detail": f"User requested to {value} marketing messages",
                "category": "marketing_messages",
                "value": value,
                "timestamp": 1731705721,
            }
        ],
    }


def _change(value, reason):
    return OptOut(
        f"preference:16505551234:1731705721:{value}",
        Channel.WHATSAPP,
        SHEENA,
        Source.PROVIDER,
        reason,
        {},
        stop=value == "stop",
        at=datetime(2024, 11, 15, 21, 22, 1, tzinfo=UTC),
    )


preference.stopped = _change("stop", "Stopped marketing messages in WhatsApp.")
preference.resumed = _change("resume", "Resumed marketing messages in WhatsApp.")


def error(code, words="", **more):
    """As the Graph API answers (Graph API error handling)."""
    return {
        "error": {
            "message": words or f"(#{code}) Something",
            "type": "OAuthException",
            "code": code,
            "error_data": {"messaging_product": "whatsapp", "details": words or "Details."},
            "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam",
            **more,
        }
    }
