"""SMPP 3.4: any carrier or aggregator. README.md says what it needs and what is supported."""

from stopline.providers.base import Field, Provider
from stopline.providers.smpp.receiver import SmppReceiver
from stopline.providers.smpp.sender import SmppSender
from stopline.providers.smpp.terms import PER_SECOND, PORT, WINDOW
from stopline.rules.words import Channel

FIELDS = (
    Field("host", "Host", "Like smpp.carrier.example."),
    Field("port", "Port", kind="number", initial=str(PORT)),
    Field(
        "tls",
        "Encrypted (TLS)",
        "Without it the password and every text can be read on the way.",
        kind="flag",
        required=False,
        initial="on",
    ),
    Field("system_id", "System ID", "The name you sign in with, at most 15 characters."),
    Field("password", "Password", "At most 8 characters: SMPP carries no more.", secret=True),
    Field("system_type", "System type", "Only if the gateway asks for one.", required=False),
    Field(
        "per_second",
        "Messages a second",
        "What your contract allows, for each worker.",
        kind="number",
        initial=str(PER_SECOND),
    ),
    Field(
        "window",
        "Messages without an answer",
        "How many may be on their way at once.",
        kind="number",
        initial=str(WINDOW),
    ),
    Field(
        "alphabet",
        "Default alphabet",
        "What the gateway takes texts for that name no alphabet.",
        kind="choice",
        choices=(("gsm", "GSM 03.38 (usual)"), ("latin1", "Latin-1")),
        initial="gsm",
    ),
    Field(
        "long_texts",
        "Long texts",
        kind="choice",
        choices=(("udh", "In parts with a header (usual)"), ("payload", "Whole (message_payload)")),
        initial="udh",
    ),
    Field(
        "receipt_ids",
        "Message ids in receipts",
        "If delivery never shows, ask the gateway how it writes them.",
        kind="choice",
        choices=(
            ("same", "As in the answer (usual)"),
            ("hex_then_decimal", "Hexadecimal in the answer, decimal in the receipt"),
            ("decimal_then_hex", "Decimal in the answer, hexadecimal in the receipt"),
        ),
        initial="same",
    ),
    Field(
        "inbound_numbers",
        "Numbers of inbound messages",
        "Where the gateway doesn't say how it writes them.",
        kind="choice",
        choices=(("international", "With country code (usual)"), ("national", "Without country code")),
        initial="international",
    ),
)

SMPP = Provider(
    "SMPP",
    (Channel.SMS,),
    SmppSender,
    SmppReceiver,
    fields=FIELDS,
    sender_label="Sender",
    sender_help="A number like +14155550100, a short code, or a name of at most 11 letters.",
    webhook=False,
    listens=True,
)
