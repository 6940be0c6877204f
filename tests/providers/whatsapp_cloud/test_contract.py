"""WhatsApp keeps the contract of every adapter, with the samples of Meta's webhook reference."""

import hashlib
import hmac
from dataclasses import replace

from stopline.providers.base import InboundMedia, OptOut, Progress, Received, Unknown
from stopline.providers.errors import (
    AddressDead,
    MessageRefused,
    Misconfigured,
    OptedOutAtProvider,
    OutcomeUnknown,
    TryLater,
    TryPersonLater,
)
from stopline.providers.whatsapp_cloud import graph
from stopline.rules.keywords import Intent
from stopline.rules.words import Channel, MessageState, Source
from tests.providers.contract import Answered, Contract, Sample, json_request
from tests.providers.whatsapp_cloud.samples import SHEENA, WAMID, error, hook, message, preference, status

WA = Channel.WHATSAPP


def received(text, **fields):
    return Received(WAMID, WA, SHEENA, text, {}, name="Sheena Nelson", **fields)


def told(text, **fields):
    """What Stopline puts into words itself: never read as an opt-out."""
    return received(text, intent=Intent.NONE, **fields)


def sample(name, kind, about, *events, **more):
    return Sample(name, json_request(message(kind, about, **more)), events)


class TestWhatsAppCloud(Contract):
    provider = "whatsapp_cloud"
    sender = "+15550783881"
    settings = {"phone_number_id": "106540352242922", "waba_id": "102290129340398"}
    credentials = {
        "access_token": "EAAJBmadeupaccesstoken",
        "app_secret": "madeupappsecret",
        "verify_token": "madeupverifytoken",
    }
    accepted = Answered(
        "accepted",
        200,
        {
            "messaging_product": "whatsapp",
            "contacts": [{"input": "+16505551234", "wa_id": "16505551234"}],
            "messages": [{"id": WAMID}],
        },
    )
    provider_id = WAMID
    failures = (
        Answered("131050 stopped", 400, error(131050), OptedOutAtProvider, "stopped"),
        Answered(
            "131049 marketing cap", 400, error(131049), TryPersonLater, "marketing", after_seconds=86400
        ),
        Answered(
            "131048 spam limit", 429, error(131048), TryLater, "blocked or reported", after_seconds=3600
        ),
        Answered("131056 pair rate", 400, error(131056), TryPersonLater, "short time", after_seconds=10),
        Answered("130429 throughput", 429, error(130429), TryLater, "faster", after_seconds=5),
        Answered(
            "130429 with Retry-After",
            429,
            error(130429),
            TryLater,
            headers={"Retry-After": "9"},
            after_seconds=9,
        ),
        Answered("80007 account's calls", 400, error(80007), TryLater, after_seconds=300),
        Answered("4 app's calls", 400, error(4), TryLater, after_seconds=300),
        Answered("2 overloaded", 503, error(2), TryLater),
        Answered("131000 unknown failure", 500, error(131000), TryLater),
        Answered("131016 out of service", 500, error(131016), TryLater),
        Answered("131026 undeliverable", 400, error(131026), AddressDead, "blocked you"),
        Answered("131047 window", 400, error(131047), MessageRefused, "Use a template"),
        Answered("0 no token", 401, error(0), Misconfigured, "access token"),
        Answered("190 expired token", 401, error(190), Misconfigured, "expired"),
        Answered("10 no permission", 403, error(10), Misconfigured, "permission"),
        Answered("200 no permission", 403, error(200), Misconfigured, "permission"),
        Answered("368 restricted", 403, error(368), Misconfigured, "policy"),
        Answered("131031 locked", 403, error(131031), Misconfigured, "locked"),
        Answered("131042 payment", 400, error(131042), Misconfigured, "bill"),
        Answered("100 wrong number id", 400, error(100, error_subcode=33), Misconfigured, "phone number ID"),
        Answered(
            "100 wrong parameter", 400, error(100, "Invalid parameter"), MessageRefused, "Invalid parameter"
        ),
        Answered("132000 count", 400, error(132000), MessageRefused, "variables"),
        Answered("132001 missing", 404, error(132001), MessageRefused, "approved"),
        Answered("132005 too long", 400, error(132005), MessageRefused, "Shorten"),
        Answered("132007 policy", 400, error(132007), MessageRefused, "policy"),
        Answered("132012 format", 400, error(132012), MessageRefused, "fill it in"),
        Answered("132015 paused", 400, error(132015), MessageRefused, "paused"),
        Answered("132016 disabled", 400, error(132016), MessageRefused, "disabled"),
        Answered(
            "a code nobody knows", 400, error(131999, "New rule"), MessageRefused, "New rule (error 131999)"
        ),
        Answered("no such number", 404, {}, Misconfigured, "phone number ID"),
        Answered("away", 503, b"", TryLater),
        Answered("bad gateway", 502, b"<html>", OutcomeUnknown),
        Answered("no id", 200, {"messages": [{}]}, OutcomeUnknown),
    )
    samples = (
        sample(
            "text",
            "text",
            {"body": "Does it come in another color?"},
            received("Does it come in another color?"),
        ),
        sample("stop", "text", {"body": "STOP"}, received("STOP")),
        sample(
            "reply",
            "text",
            {"body": "Yes"},
            received("Yes", reply_to="wamid.ours"),
            context={"from": "15550783881", "id": "wamid.ours"},
        ),
        sample(
            "quick reply of a template",
            "button",
            {"payload": "Unsubscribe", "text": "Unsubscribe"},
            received("Unsubscribe", reply_to="wamid.ours"),
            context={"from": "15550783881", "id": "wamid.ours"},
        ),
        sample(
            "button",
            "interactive",
            {"type": "button_reply", "button_reply": {"id": "cancel-button", "title": "Cancel"}},
            received("Cancel"),
        ),
        sample(
            "list",
            "interactive",
            {
                "type": "list_reply",
                "list_reply": {
                    "id": "priority_express",
                    "title": "Priority Mail Express",
                    "description": "Next Day",
                },
            },
            received("Priority Mail Express"),
        ),
        sample(
            "form",
            "interactive",
            {"type": "nfm_reply", "nfm_reply": {"response_json": "{}", "body": "Sent", "name": "flow"}},
            told("Sent"),
        ),
        sample(
            "image",
            "image",
            {
                "caption": "Taj Mahal",
                "mime_type": "image/jpeg",
                "sha256": "SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI=",
                "id": "1003383421387256",
                "url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1003383421387256",
            },
            received("Taj Mahal", media=(InboundMedia("image/jpeg", url="1003383421387256"),)),
        ),
        sample(
            "voice",
            "audio",
            {"mime_type": "audio/ogg; codecs=opus", "sha256": "x", "id": "1908647269898587", "voice": True},
            received("", media=(InboundMedia("audio/ogg; codecs=opus", url="1908647269898587"),)),
        ),
        sample(
            "document",
            "document",
            {
                "filename": "Invoice.pdf",
                "mime_type": "application/pdf",
                "sha256": "x",
                "id": "1376223850470843",
            },
            received("", media=(InboundMedia("application/pdf", "Invoice.pdf", url="1376223850470843"),)),
        ),
        sample(
            "video",
            "video",
            {"caption": "Look", "mime_type": "video/mp4", "sha256": "x", "id": "2754859441498128"},
            received("Look", media=(InboundMedia("video/mp4", url="2754859441498128"),)),
        ),
        sample(
            "sticker",
            "sticker",
            {"mime_type": "image/webp", "sha256": "x", "id": "1187171249893463", "animated": False},
            received("", media=(InboundMedia("image/webp", url="1187171249893463"),)),
        ),
        sample(
            "location",
            "location",
            {
                "address": "101 Forest Ave, Palo Alto, CA 94301",
                "latitude": 37.442,
                "longitude": -122.1616,
                "name": "Stop & Shop",
            },
            told("Location: Stop & Shop, 101 Forest Ave, Palo Alto, CA 94301 (37.442, -122.1616)"),
        ),
        sample(
            "contacts",
            "contacts",
            [
                {
                    "name": {"first_name": "Barbara", "formatted_name": "Barbara J. Johnson"},
                    "phones": [{"phone": "+16505559999", "wa_id": "16505559999", "type": "HOME"}],
                }
            ],
            told("Contact: Barbara J. Johnson, +16505559999"),
        ),
        sample(
            "reaction",
            "reaction",
            {"message_id": "wamid.ours", "emoji": "👍"},
            told("Reacted with 👍", reply_to="wamid.ours"),
        ),
        sample(
            "reaction taken back",
            "reaction",
            {"message_id": "wamid.ours"},
            told("Took a reaction back", reply_to="wamid.ours"),
        ),
        sample(
            "unsupported",
            "unsupported",
            {"type": "poll_creation"},
            told(
                "(A message that WhatsApp doesn't pass on to businesses: poll creation. Ask for it as text.)"
            ),
            errors=[{"code": 131051, "title": "Message type unknown", "message": "Message type unknown"}],
        ),
        Sample(
            "a number of Mexico's as WhatsApp writes it",
            json_request(message("text", {"body": "ALTO"}, sender="5215512345678")),
            (Received(WAMID, WA, "+525512345678", "ALTO", {}, name="Sheena Nelson"),),
        ),
        Sample(
            "states",
            json_request(hook({"statuses": [status("sent"), status("delivered"), status("read")]})),
            (
                Progress(f"{WAMID}:sent", WAMID, MessageState.SENT, {}),
                Progress(f"{WAMID}:delivered", WAMID, MessageState.DELIVERED, {}),
                Progress(f"{WAMID}:read", WAMID, MessageState.READ, {}),
            ),
        ),
        Sample(
            "failed",
            json_request(
                hook({"statuses": [status("failed", [{"code": 131049, "title": "Held", "message": "Held"}])]})
            ),
            (
                Progress(
                    f"{WAMID}:failed",
                    WAMID,
                    MessageState.FAILED,
                    {},
                    "WhatsApp held it back because the contact has had enough marketing messages lately, from any "
                    "business. Send it again later.",
                ),
            ),
        ),
        Sample(
            "failed because the person has stopped us",
            json_request(hook({"statuses": [status("failed", [{"code": 131050, "title": "Stopped"}])]})),
            (
                Progress(
                    f"{WAMID}:failed",
                    WAMID,
                    MessageState.FAILED,
                    {},
                    "The contact has stopped this business's marketing messages in WhatsApp.",
                ),
                OptOut(
                    f"{WAMID}:stop",
                    WA,
                    SHEENA,
                    Source.PROVIDER,
                    "WhatsApp refused a message: the contact has stopped this business's marketing messages.",
                    {},
                    provider_id=WAMID,
                ),
            ),
        ),
        Sample(
            "stop of marketing",
            json_request(hook(preference("stop"), "user_preferences")),
            (preference.stopped,),
        ),
        Sample(
            "resume of marketing",
            json_request(hook(preference("resume"), "user_preferences")),
            (preference.resumed,),
        ),
        Sample(
            "two entries, three changes, one of them unknown",
            json_request(
                {
                    "object": "whatsapp_business_account",
                    "entry": [
                        *message("text", {"body": "One"})["entry"],
                        {
                            "id": "102290129340398",
                            "changes": [
                                hook({"statuses": [status("read")]})["entry"][0]["changes"][0],
                                {"field": "flows", "value": {"event": "FLOW_STATUS_CHANGE"}},
                            ],
                        },
                    ],
                }
            ),
            (
                received("One"),
                Progress(f"{WAMID}:read", WAMID, MessageState.READ, {}),
                Unknown("a164cceca9295788b401551941e95e18c8ff3eac6c21665a4243dbaa8b2bec8d", {}),
            ),
        ),
    )
    unknown = (
        json_request(
            {
                "object": "whatsapp_business_account",
                "entry": [
                    {
                        "id": "102290129340398",
                        "time": 1751247548,
                        "changes": [
                            {
                                "field": "message_template_status_update",
                                "value": {
                                    "event": "APPROVED",
                                    "message_template_id": 1689556908129832,
                                    "message_template_name": "order_confirmation",
                                    "message_template_language": "en-US",
                                    "reason": "NONE",
                                },
                            }
                        ],
                    }
                ],
            }
        ),
        json_request(message("hologram", {"body": "?"})),
        json_request(
            message("system", {"body": "changed", "wa_id": "16505550000", "type": "user_changed_number"})
        ),
        json_request(hook({"statuses": [status("pondered")]})),
        json_request(hook({"errors": [{"code": 130429, "title": "Rate limit hit"}]})),
        json_request({"object": "page", "entry": [{"id": "1"}]}),
        json_request({"object": "whatsapp_business_account", "entry": []}),
        # A person who hides their number: there is a business-scoped user id and no phone number.
        json_request(
            hook(
                {
                    "contacts": [{"profile": {"name": "Sheena", "username": "sheena"}, "user_id": "US.1349"}],
                    "messages": [
                        {"id": WAMID, "from_user_id": "US.1349", "type": "text", "text": {"body": "Hello"}}
                    ],
                }
            )
        ),
    )

    def aim(self, monkeypatch, url):
        monkeypatch.setattr(graph, "GRAPH", url)

    def sign(self, request, way):
        signature = hmac.new(way.credentials["app_secret"].encode(), request.body, hashlib.sha256).hexdigest()
        return replace(request, headers={**request.headers, "x-hub-signature-256": f"sha256={signature}"})
