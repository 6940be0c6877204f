"""The words of the house: one spelling each, used by code, database, pages, API and documents alike."""

from dataclasses import dataclass
from enum import StrEnum


class AddressKind(StrEnum):
    """What a channel reaches."""

    PHONE = "phone"  # E.164, one number serves SMS, MMS, WhatsApp and RCS
    EMAIL = "email"
    USER = "user"  # a member of this installation, for Chat with Support only


class Channel(StrEnum):
    SMS = "sms"
    MMS = "mms"
    WHATSAPP = "whatsapp"
    RCS = "rcs"
    EMAIL = "email"
    CHAT = "chat"  # Chat with Support, inside the installation; no subscription is kept for it

    @property
    def label(self) -> str:
        return CHANNELS[self].label


@dataclass(frozen=True, slots=True)
class ChannelKind:
    label: str
    address_kind: AddressKind
    icon: str  # a Lucide icon's name
    carrier: bool = False  # carriers keep one opt-out for all of these on a number
    texts: bool = False  # billed and counted in SMS segments
    subscription: bool = True


CHANNELS: dict[Channel, ChannelKind] = {
    Channel.SMS: ChannelKind("SMS", AddressKind.PHONE, "message-square", carrier=True, texts=True),
    Channel.MMS: ChannelKind("MMS", AddressKind.PHONE, "image", carrier=True),
    Channel.WHATSAPP: ChannelKind("WhatsApp", AddressKind.PHONE, "message-circle"),
    Channel.RCS: ChannelKind("RCS", AddressKind.PHONE, "messages-square", carrier=True),
    Channel.EMAIL: ChannelKind("E-mail", AddressKind.EMAIL, "mail"),
    Channel.CHAT: ChannelKind("Chat", AddressKind.USER, "life-buoy", subscription=False),
}
CONSENT_CHANNELS = tuple(channel for channel, kind in CHANNELS.items() if kind.subscription)
CARRIER_CHANNELS = tuple(channel for channel, kind in CHANNELS.items() if kind.carrier)


class Standing(StrEnum):
    SUBSCRIBED = "subscribed"  # may be messaged; also what the absence of any record means
    UNSUBSCRIBED = "unsubscribed"  # said stop, or was stopped by an admin, a bounce or a complaint
    PENDING = "pending"  # double opt-in asked for and not yet confirmed

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Source(StrEnum):
    """Who or what decided a change of standing. The value is kept in the ledger for ever."""

    KEYWORD = "keyword"  # the person wrote STOP, START or a relative of theirs
    ADMIN = "admin"  # a member with the admin role, by hand
    IMPORT = "import"  # a column of an imported file
    ADDRESS_CHANGED = "address_changed"  # an unsubscribed contact was given another address
    ERASED = "erased"  # the suppression kept after a contact was erased
    API = "api"  # an account's own system
    LINK = "link"  # the person used an unsubscribe link or the preference page
    COMPLAINT = "complaint"  # the person reported spam
    BOUNCE = "bounce"  # the address does not exist
    PROVIDER = "provider"  # the provider reported an opt-out

    @property
    def label(self) -> str:
        return SOURCE_LABELS[self]


SOURCE_LABELS = {
    Source.KEYWORD: "Replied by message",
    Source.ADMIN: "Changed by an admin",
    Source.IMPORT: "Imported file",
    Source.ADDRESS_CHANGED: "Address changed",
    Source.ERASED: "Kept after erasure",
    Source.API: "API",
    Source.LINK: "Unsubscribe link",
    Source.COMPLAINT: "Spam complaint",
    Source.BOUNCE: "Bounced",
    Source.PROVIDER: "Opted out at the provider",
}


class ResubscribeReason(StrEnum):
    """The only two reasons for which an admin may lift an unsubscribe by hand."""

    ASKED = "asked"
    MISTAKE = "mistake"

    @property
    def label(self) -> str:
        if self is ResubscribeReason.ASKED:
            return "The contact asked to be contacted again"
        return "The contact was unsubscribed by mistake"


class Role(StrEnum):
    ADMIN = "admin"
    AGENT = "agent"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class MessageKind(StrEnum):
    """Why a message exists; the gate treats some kinds differently."""

    REPLY = "reply"  # written by a member
    OPT_OUT_CONFIRMATION = "opt_out_confirmation"  # the one message allowed after STOP
    OPT_IN_CONFIRMATION = "opt_in_confirmation"  # says once that messages resume
    HELP = "help"  # the answer to HELP, owed even to people who are unsubscribed
    AUTOMATION = "automation"  # sent by a rule, held while an opt-out is unclear
    BROADCAST = "broadcast"  # marketing, to many at once
    NOTICE = "notice"  # service, to many at once
    INBOUND = "inbound"

    @property
    def automated(self) -> bool:
        """Whether no person chose to send it just now, so that an unclear opt-out holds it back."""
        return self in (MessageKind.AUTOMATION, MessageKind.BROADCAST, MessageKind.NOTICE)

    @property
    def marketing(self) -> bool:
        """Whether the hours and the frequency that people are left in peace by hold for it."""
        return self is MessageKind.BROADCAST


class MessageState(StrEnum):
    RECEIVED = "received"  # inbound
    QUEUED = "queued"
    HANDING_OVER = "handing_over"  # claimed by a worker, under a lease
    SENT = "sent"  # the provider took it
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    REFUSED = "refused"  # by the gate; `refusal` says why
    UNKNOWN = "unknown"  # handed over, answer lost; never sent again blindly
    CANCELLED = "cancelled"  # its broadcast was cancelled before its turn came

    @property
    def label(self) -> str:
        return STATE_LABELS.get(self, self.value.capitalize())


STATE_LABELS = {MessageState.HANDING_OVER: "Sending", MessageState.UNKNOWN: "Outcome unknown"}

# A report may arrive late or twice: a state is only ever replaced by one of a higher rank.
PROGRESS = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ)


class Refusal(StrEnum):
    """Why the gate refused. The words are shown to people, so each says what they can do."""

    UNSUBSCRIBED = "unsubscribed"
    PENDING = "pending"
    HELD = "held"
    CAPPED = "capped"
    HOURS = "hours"  # not now: it waits
    TOO_LATE = "too_late"
    NOT_PERMITTED = "not_permitted"

    @property
    def label(self) -> str:
        return REFUSAL_LABELS[self]


REFUSAL_LABELS = {
    Refusal.UNSUBSCRIBED: "The contact is unsubscribed on this channel. Use another channel, or ask an admin "
    "to resubscribe the contact with a recorded reason and evidence.",
    Refusal.PENDING: "The contact has not confirmed the subscription yet. Wait for the confirmation.",
    Refusal.HELD: "The contact's last message looks like an opt-out. Read it in the Inbox and unsubscribe the "
    "contact or dismiss it; automated messages wait until then.",
    Refusal.CAPPED: "The contact has had as many marketing messages on this channel as the account allows for now. "
    "Send it later, or change the frequency under Settings, Broadcasts.",
    Refusal.HOURS: "It is outside the hours in which this may be sent to the contact. It leaves when they begin.",
    Refusal.TOO_LATE: "The confirmation of an opt-out may only leave within five minutes of it "
    "(47 CFR 64.1200(a)(12)). Nothing needs to be done: the opt-out is in force.",
    Refusal.NOT_PERMITTED: "This confirmation was sent already, or its opt-out was lifted since. "
    "Nothing needs to be done.",
}
